"""The API server, asynchronously: what the controller and the injector share; the command line has `sealer.cluster`."""
