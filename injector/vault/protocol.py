"""What the rest of Sealer asks of Vault: the client's promise, without hvac."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault import kv
    from injector.vault.auth import Auth
    from injector.vault.reference import SecretReference
    from injector.vault.verbatim import Json

Parameters: TypeAlias = Sequence[tuple[str, str]]


class SecretReader(Protocol):
    """A Vault that can be logged in to, and asked."""

    def login(self, auth: Auth) -> None:
        """Get a token, and use it from now on."""

    def read(self, reference: SecretReference) -> kv.VaultSecret:
        """Return the secret at a place."""

    def ask(self, path: str, parameters: Parameters) -> kv.VaultSecret:
        """Return what is at a path, of any engine, with parameters of the query."""

    def write(self, path: str, data: Mapping[str, str]) -> Mapping[str, Json] | None:
        """Write to a path, and return the whole answer; None where it has no content."""

    def names(self, path: str) -> list[str]:
        """Return the names below a path; none where there is nothing."""

    def revoke(self) -> None:
        """Give back the token of the last login, if it was made for us."""

    def close(self) -> None:
        """Close the connections."""
