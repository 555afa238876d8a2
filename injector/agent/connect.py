"""From a configuration to how Vault is reached, and how to log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.agent.container import below
from injector.vault.auth_config import auth_from
from injector.vault.settings import Connection, connect_with

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from injector.agent.settings import AgentConfig
    from injector.vault.auth import Auth


def connection_of(config: AgentConfig, root: Path, environ: Mapping[str, str]) -> Connection:
    """Return how to reach Vault.

    Args:
        config: The configuration.
        root: Where the container's file system begins.
        environ: What counts below the configuration.

    Raises:
        VaultSettingsError: A setting cannot be used.

    """
    vault = config.vault

    def placed(path: str | None) -> str | None:
        return str(below(root, path)) if path else None

    return connect_with(
        environ,
        address=vault.address,
        namespace=vault.namespace,
        ca_cert=placed(vault.ca_cert),
        ca_path=placed(vault.ca_path),
        client_cert=placed(vault.client_cert),
        client_key=placed(vault.client_key),
        tls_server_name=vault.tls_server_name,
        skip_verify=vault.tls_skip_verify,
        proxy=vault.proxy,
        timeout=None if vault.timeout is None else f"{vault.timeout:f}s",
        max_retries=vault.max_retries,
    )


def auth_of(config: AgentConfig, root: Path, environ: Mapping[str, str]) -> Auth:
    """Return how to log in; credentials are read at each login.

    Args:
        config: The configuration.
        root: Where the container's file system begins.
        environ: Where some methods find credentials.

    Raises:
        VaultSettingsError: The mount path is none, or a setting of the method is missing or not known.

    """
    auth = config.auth
    return auth_from(
        auth.kind,
        auth.mount_path,
        auth.params,
        place=lambda path: below(root, path),
        environ=environ,
        namespace=auth.namespace,
    )
