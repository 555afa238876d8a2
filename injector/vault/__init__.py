"""Vault: references, login, and reading of secrets; the only package that knows Vault's HTTP API.

``client`` is the one module that imports hvac, so everything else here is pure and cheap to import.
"""
