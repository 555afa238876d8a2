"""What the rest of Sealer asks of Vault: the client's promise, without hvac."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault.answers import Answer, TokenLease
    from injector.vault.auth import Auth

Parameters: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Forwarded:
    """An answer as it came, for somebody else: status, headers of its end, body."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)


class SecretReader(Protocol):
    """A Vault that can be logged in to, and asked. Each method is one try."""

    def login(self, auth: Auth) -> TokenLease:
        """Get a token, and use it from now on."""

    def read(self, path: str, parameters: Parameters = ()) -> Answer:
        """Return what is at a path, of any engine, with parameters of the query."""

    def write(self, path: str, data: Mapping[str, str]) -> Answer | None:
        """Write to a path, and return the answer; None where it has no content."""

    def names(self, path: str) -> list[str]:
        """Return the names below a path; none where there is nothing."""

    def revoke_self(self) -> None:
        """Give back the token of the last login, if it was made for us."""

    def close(self) -> None:
        """Close the connections."""
