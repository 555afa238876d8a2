"""From a generator's ``spec.vault`` and the environment to a connection and a login, with one look at a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import AppRoleLogin, KubernetesLogin, Source, VaultSource
from injector.vault.auth import (
    AppRoleAuth,
    Auth,
    Credential,
    FileCredential,
    GivenCredential,
    KubernetesAuth,
    TokenAuth,
    mount_point,
)
from injector.vault.environment import text_of
from injector.vault.settings import Connection, connect_with

if TYPE_CHECKING:
    from collections.abc import Mapping


def connection_of(source: VaultSource, environ: Mapping[str, str], home: Path) -> Connection:
    """Return how to reach Vault.

    Raises:
        VaultSettingsError: There is no address, or a setting cannot be used.

    """
    return connect_with(
        environ,
        address=source.address,
        namespace=source.namespace,
        ca_cert=str(_expanded(source.ca_cert, home)) if source.ca_cert else None,
        skip_verify=source.skip_verify,
    )


def auth_of(source: VaultSource, environ: Mapping[str, str], home: Path) -> Auth:
    """Return how to log in.

    Args:
        source: ``spec.vault``.
        environ: The environment.
        home: The user's home, for ``~/`` and for the token that ``vault login`` leaves there.

    Raises:
        GeneratorError: A variable is not set, or there is no token at all.
        VaultSettingsError: The mount is none.

    """
    login = source.login
    if isinstance(login, KubernetesLogin):
        token = FileCredential(_expanded(login.token_path, home), "service-account token")
        return KubernetesAuth(login.role, token, mount_point(login.mount))
    if isinstance(login, AppRoleLogin):
        secret_id = _credential(login.secret_id, "secret id", environ, home) if login.secret_id else None
        return AppRoleAuth(_credential(login.role_id, "role id", environ, home), secret_id, mount_point(login.mount))
    if login.token is not None:
        return TokenAuth(_credential(login.token, "token", environ, home))
    return TokenAuth(_own_token(environ, home))


def _own_token(environ: Mapping[str, str], home: Path) -> Credential:
    """Find the token as the ``vault`` command does (https://developer.hashicorp.com/vault/docs/commands)."""
    if given := text_of(environ, "TOKEN"):
        return GivenCredential(given.strip())
    file = home / ".vault-token"
    if file.is_file():
        return FileCredential(file, "token")
    raise GeneratorError("there is no token for vault", hint="set VAULT_TOKEN, or give spec.vault.auth")


def _credential(source: Source, what: str, environ: Mapping[str, str], home: Path) -> Credential:
    if source.file is not None:
        return FileCredential(_expanded(source.file, home), what)
    if source.env is None:
        return GivenCredential(source.value or "")
    value = environ.get(source.env, "").strip()
    if not value:
        raise GeneratorError(f"the environment variable {source.env}, for the {what}, is not set or empty")
    return GivenCredential(value)


def _expanded(path: str, home: Path) -> Path:
    return home / path[2:] if path.startswith("~/") else Path(path)
