"""A document and the places in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable


# A manifest nests some 20 levels; what nests deeper than this is an attack on whoever reads it recursively.
DEEPEST: Final = 100


@dataclass(frozen=True)
class Origin:
    """Where a document, or a field of one, stands.

    Attributes:
        source: A file's path, or ``stdin``.
        document: Number of the document in that file, from 1.
        line: Line in that file, from 1.

    """

    source: str
    document: int
    line: int

    def __str__(self) -> str:
        return f"{self.source}, document {self.document}, line {self.line}"


@dataclass(frozen=True)
class Document:
    """One document of a stream.

    Attributes:
        origin: Where it begins.
        value: Its content: dict with str keys, list, str, int, float, bool or None, nested; never shown.

    """

    origin: Origin
    value: Any = field(repr=False)
    _node: yaml.Node | None = field(default=None, repr=False)

    def at(self, path: Iterable[str | int]) -> Origin:
        """Return the place of the field at `path`, or of the nearest parent that is in the document."""
        return self.part(path, None).origin

    def written(self, path: Iterable[str | int]) -> str | None:
        """Return the text of the scalar at `path` as it stands in the file; None where there is no such place.

        Of YAML only: what JSON writes without quotes is no string.
        """
        node = self._node
        for step in path:
            node = _child(node, step)
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def part(self, path: Iterable[str | int], value: Any) -> Document:
        """Return `value`, which stands at `path` here, as a document of its own that keeps its place."""
        node, line = self._node, self.origin.line
        for step in path:
            node = _child(node, step)
            if node is None:
                break
            line = node.start_mark.line + 1
        return Document(Origin(self.origin.source, self.origin.document, line), value, node)


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None
