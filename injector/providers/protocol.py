"""What the agent and the kustomize plugin ask of a secret store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


class TemplateStore(Protocol):
    """A secret store that templates can ask: reads of any engine, writes that are answered, lists.

    Paths come as templates have them. Each method raises a SealerError where there is nothing to be had.
    """

    def ask(self, path: str, parameters: Sequence[tuple[str, str]]) -> Mapping[str, Json]:
        """Return the whole answer to a read: ``data`` is a mapping; beside it lie lease and warnings."""

    def write(self, path: str, data: Mapping[str, str]) -> Mapping[str, Json] | None:
        """Write, and return the whole answer; None where it has no content."""

    def names(self, path: str) -> Sequence[str]:
        """Return the names below a path; none where there is nothing."""
