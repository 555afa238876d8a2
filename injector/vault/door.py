"""The one door to hvac: its adapter, on our own connections.

hvac imports requests and its API of hundreds of calls, which cost far more than all that we use of it; our transport
stands where hvac would use requests, so neither is loaded (docs/adr/0014-hvac-without-requests.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from injector.vault.deferral import deferred
from injector.vault.transport import Transport

with deferred("requests", "exceptions", annotated=frozenset({"Response"})), deferred("hvac.api"):
    import hvac.adapters

if TYPE_CHECKING:
    from injector.vault.settings import Connection


@dataclass(frozen=True)
class Door:
    """The way to Vault with one token.

    Attributes:
        connection: How to reach it.
        transport: What sends.
        secrets: hvac in the namespace of the secrets.
        tokens: hvac in the namespace of the login, which is where its token is renewed and given back.

    """

    connection: Connection
    transport: Transport
    secrets: Any = field(repr=False)
    tokens: Any = field(repr=False)

    def show(self, token: str) -> None:
        """Show a token from now on."""
        self.secrets.token = self.tokens.token = token


def open_door(connection: Connection, namespace: str | None, max_connections: int) -> Door:
    """Return a way to Vault; nothing is sent yet.

    Args:
        connection: How to reach it.
        namespace: The Vault namespace of the login.
        max_connections: How many requests may be under way at once.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there, or holds none.

    """
    transport = Transport(connection, max_connections=max_connections)
    secrets = open_adapter(connection, transport, connection.namespace)
    tokens = secrets if namespace == connection.namespace else open_adapter(connection, transport, namespace)
    return Door(connection, transport, secrets, tokens)


def open_adapter(connection: Connection, transport: Transport, namespace: str | None) -> Any:  # hvac has no types
    """Return hvac's adapter on our transport; it hands over each answer as it came, so that its numbers stay.

    Args:
        connection: How to reach Vault.
        transport: What sends.
        namespace: The Vault namespace of its requests.

    """
    return hvac.adapters.RawAdapter(
        base_uri=connection.address,
        token="",
        timeout=connection.timeout,
        namespace=namespace,
        session=transport,
        ignore_exceptions=True,
        allow_redirects=connection.follow_redirects,
    )
