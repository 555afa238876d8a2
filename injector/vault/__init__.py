"""Vault: references, logins, reading and leases; the only package that knows Vault's HTTP API.

``door`` is the one module that imports hvac, and ``client`` leads there; `operations.open_client` imports it when it is
asked for. Everything else is cheap to import.
"""
