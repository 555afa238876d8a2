"""What the HTTPS servers of the controller and the injector share."""
