"""What the agent and the kustomize plugin ask of a secret store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault.verbatim import Json


@dataclass(frozen=True)
class StoredSecret:
    """A secret as its store holds it.

    Attributes:
        document: What a template sees as ``.Data``; where a store says nothing beside the fields, the fields.
        fields: The secret's own fields.

    """

    document: Mapping[str, Json] = field(repr=False)
    fields: Mapping[str, Json] = field(repr=False)


class Provider(Protocol):
    """A secret store, ready to be asked."""

    def fetch(self, path: str) -> StoredSecret:
        """Return the secret at a path in the store's own notation.

        Raises:
            SealerError: There is none, it may not be read, or the store cannot be reached.

        """

    def close(self) -> None:
        """Give back what was taken for reading: tokens, leases, connections. Never fails."""
