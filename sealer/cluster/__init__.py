"""The only door from `sealer` to Kubernetes. Importing a module of this package imports `kubernetes`."""
