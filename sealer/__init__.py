"""Sealer: secrets for teams that run Kubernetes from git. Sealing core and command line."""

__version__ = "0.1.0"
