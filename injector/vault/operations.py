"""All that an agent asks of Vault, and the way to a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from injector.vault.protocol import SecretReader
from sealer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault.answers import Answer, TokenLease, VaultLease, WrappedToken
    from injector.vault.auth import Auth
    from injector.vault.protocol import Forwarded
    from injector.vault.settings import Connection
    from injector.vault.verbatim import Json

MOST_CONNECTIONS = 10


class VaultOperations(SecretReader, Protocol):
    """A Vault for many threads. Each method is one try; the `VaultError` it raises says what another would be worth."""

    def login_wrapped(self, auth: Auth, ttl: str) -> WrappedToken:
        """Log in for somebody else: Vault keeps the token, and gives it to who shows what is returned."""

    def use_token(self, lease: TokenLease, *, own: bool = True) -> None:
        """Take up a token that another process got; `own` says whether it is ours to give back."""

    def renew_self(self, increment: float | None = None) -> TokenLease:
        """Renew the token, for `increment` seconds if Vault agrees."""

    def look_up_self(self) -> TokenLease:
        """Return what is left of the token."""

    def metadata(self, path: str) -> Mapping[str, Json]:
        """Return the metadata of a KV version 2 secret."""

    def renew_lease(self, lease_id: str, increment: float | None = None) -> VaultLease:
        """Renew a lease, for `increment` seconds if Vault agrees."""

    def revoke_lease(self, lease_id: str) -> None:
        """End a lease."""

    def unwrap(self, token: str) -> Answer:
        """Return the answer that a wrapping token stands for; it can be had once."""

    def forward(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, token: str | None
    ) -> Forwarded:
        """Pass a request on as it is, and its answer back."""


def open_client(connection: Connection, *, max_connections: int = MOST_CONNECTIONS) -> VaultOperations:
    """Return a real Vault; nothing is sent yet.

    Args:
        connection: How to reach it.
        max_connections: How many requests may be under way at once; further ones wait.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there.
        UsageError: This installation has no hvac.

    """
    # Imported here: hvac costs more than all else that a command loads, and `--help` and bad input need none of it.
    try:
        from injector.vault.client import VaultClient  # noqa: PLC0415  # see above
    except ModuleNotFoundError as error:
        raise UsageError(
            f"reading from vault needs the Python package {error.name}",
            hint="install sealer[kustomize] or sealer[injector]",
        ) from error
    return VaultClient(connection, max_connections=max_connections)
