"""Edits of a text that leave every byte alone but those that must change.

An edit is planned on the text's tree as a few splices, made, and then proved: the new text is read again and must mean
what the old one meant with the edit applied, in every document. What cannot be proved is not done. So whatever style
the planning does not foresee ends in an error, and never in a file that means something else.
"""

from __future__ import annotations

import codecs
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sealer.documents import read
from sealer.documents.place import Place
from sealer.documents.splices import drop, put
from sealer.documents.tree import trees
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sealer.documents.flow import Splice
    from sealer.documents.model import Document

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Put:
    """Texts to be in a mapping: replaced where their keys are there, else added at its end.

    Attributes:
        document: Number of the document, from 1.
        path: The mapping's place: keys and indices from the document's root. It is made where it is missing.
        values: Key to text.

    """

    document: int
    path: Path
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Drop:
    """A key to be gone from a mapping; a mapping that loses its last key stays, empty.

    Attributes:
        document: Number of the document, from 1.
        path: The mapping's place: keys and indices from the document's root.
        key: The key.

    """

    document: int
    path: Path
    key: str


def edit(data: bytes, source: str, puts: Sequence[Put] = (), drops: Sequence[Drop] = ()) -> bytes:
    """Return the text with the edits made, and every other byte as it was.

    A text that was written over several lines may come back as one line; line ends within a text that was put do not
    count, as base64 has none that mean anything.

    Args:
        data: YAML documents or JSON objects, as `sealer.documents.read` takes them.
        source: Its name, for messages.
        puts: What is to be there afterwards.
        drops: What is to be gone afterwards.

    Raises:
        InputError: It does not parse, or the edit cannot be made without changing something else.

    """
    wanted = _applied(read(data, source, allow_empty=True), puts, drops)
    mark, text = _decoded(data)
    complaint = InputError(f"{source}: cannot be edited without changing something else", hint="edit it by hand")
    for at_end in (True, False):
        edited = mark + _made(text, source, puts, drops, at_end=at_end).encode()
        try:
            found = [document.value for document in read(edited, source, allow_empty=True)]
        except InputError:
            continue  # not shown: it speaks of a text that nobody has seen
        _forget_line_ends(found, wanted, puts)
        if _same(found, wanted):
            return edited
    raise complaint


def _decoded(data: bytes) -> tuple[bytes, str]:
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return mark, data[len(mark) :].decode()


def _made(text: str, source: str, puts: Sequence[Put], drops: Sequence[Drop], *, at_end: bool) -> str:
    if puts:
        roots = trees(text, source)
        places = [Place(text, source, number, root) for number, root in enumerate(roots, start=1)]
        deepest_first = sorted(puts, key=lambda one: -len(one.path))  # of two that add at one place, the inner one
        text = _spliced(
            text, [splice for one in deepest_first for splice in put(places[one.document - 1], one, at_end=at_end)]
        )
    for gone in drops:  # one by one: what goes with a pair depends on its neighbours
        root = trees(text, source)[gone.document - 1]
        text = _spliced(text, drop(Place(text, source, gone.document, root), gone))
    return text


def _spliced(text: str, splices: Sequence[Splice]) -> str:
    parts, position = [], 0
    for splice in sorted(splices, key=lambda one: (one.start, one.end)):
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])


def _applied(documents: Sequence[Document], puts: Sequence[Put], drops: Sequence[Drop]) -> list[Any]:
    values = [copy.deepcopy(document.value) for document in documents]
    for one in puts:
        _mapping_at(values[one.document - 1], one.path).update(one.values)
    for gone in drops:
        _mapping_at(values[gone.document - 1], gone.path).pop(gone.key, None)
    return values


def _mapping_at(value: Any, path: Path) -> dict[str, Any]:
    for step in path:
        if isinstance(value, dict) and value.get(str(step)) is None:
            value[str(step)] = {}
        value = value[step]
    found: dict[str, Any] = value
    return found


def _forget_line_ends(found: list[Any], wanted: list[Any], puts: Sequence[Put]) -> None:
    """Take the line ends out of what was put, in both: a block scalar keeps its own at the end."""
    for one in puts:
        for values in (found, wanted):
            try:
                mapping = _mapping_at(values[one.document - 1], one.path)
                cleaned = {key: "".join(mapping[key].splitlines()) for key in one.values}
            except (LookupError, TypeError, AttributeError):
                return  # not even the same shape: the comparison says so
            mapping.update(cleaned)


def _same(one: Any, other: Any) -> bool:
    """Compare with types, which ``==`` does not: True is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
