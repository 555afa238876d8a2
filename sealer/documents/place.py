"""A document's tree: walking it, and complaining with the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from sealer.documents.tree import Alias, Mapping, Node, Scalar, Sequence
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reached(NamedTuple):
    """What a path led to: the mapping, and the mappings around it from the outermost in."""

    mapping: Mapping
    parents: tuple[Mapping, ...]


class Missing(NamedTuple):
    """What a path did not lead to: its last key, and the mappings down to the one that lacks it, or has null there."""

    key: str
    parents: tuple[Mapping, ...]


@dataclass(frozen=True)
class Place:
    """A document in its text.

    Attributes:
        text: The whole text.
        source: Its name, for messages.
        document: Number of the document, from 1.
        root: The tree of the document.

    """

    text: str
    source: str
    document: int
    root: Node

    def follow(self, path: tuple[str | int, ...]) -> Reached | Missing:
        """Walk to the mapping at `path`.

        Raises:
            InputError: It comes from elsewhere by an alias or a merge, is none, or more than it is missing.

        """
        node: Node = self.root
        parents: tuple[Mapping, ...] = ()
        for depth, step in enumerate(path):
            if isinstance(node, Mapping):
                found, parents = node.find(step), (*parents, node)
                if found is None and node.merges:
                    self.refuse(node, f"{step} may come from a mapping that is merged with <<", hint="write it out")
                if found is None or (isinstance(found[1], Scalar) and found[1].is_null):
                    if depth + 1 < len(path):
                        self.refuse(node, f"{step} is missing")
                    return Missing(str(step), parents)
                node = found[1]
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            if isinstance(node, Alias):
                self.refuse(node, f"{step} is an alias of what stands elsewhere", hint="write it out, without the *")
        if not isinstance(node, Mapping):
            self.refuse(node, "a mapping was expected here")
        return Reached(node, parents)

    def refuse(self, node: Node, problem: str, *, hint: str | None = None) -> NoReturn:
        """Raise an InputError with the place of `node`."""
        line = self.text.count("\n", 0, node.start) + 1
        raise InputError(f"{self.source}, document {self.document}, line {line}: {problem}", hint=hint)

    def refuse_shared(self, node: Node, key: str, but: frozenset[int] = frozenset()) -> None:
        """Refuse a value that other places refer to by alias; aliases whose ids are in `but` do not count.

        Raises:
            InputError: There is such an alias.

        """
        if isinstance(node, Alias) or node.anchor is None:
            return
        if any(alias.target is node and id(alias) not in but for alias in _aliases(self.root)):
            self.refuse(
                node, f"{key} carries an anchor that is used elsewhere", hint="write the value out where it is used"
            )


def _aliases(node: Node) -> Iterator[Alias]:
    if isinstance(node, Alias):
        yield node
    elif isinstance(node, Mapping):
        for pair in node.pairs:
            for child in pair:
                yield from _aliases(child)
    elif isinstance(node, Sequence):
        for child in node.items:
            yield from _aliases(child)
