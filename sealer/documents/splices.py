"""Which characters of a text have to change so that a mapping holds a text, or no longer does.

These functions need not foresee every style that YAML has: `sealer.documents.edit` proves what comes of them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from sealer.documents import flow
from sealer.documents.flow import Manner, Splice
from sealer.documents.place import Missing
from sealer.documents.scalars import text_as, within
from sealer.documents.tree import LINE_END, Alias, Mapping, Scalar, key_text

if TYPE_CHECKING:
    from sealer.documents.edit import Drop, Put
    from sealer.documents.place import Place
    from sealer.documents.tree import Node

# What follows a key, up to where its value may begin on the same line.
_COLON: Final = re.compile(r"\s*:(?:[ \t]+[&!]\S+)*")
_COMMENT: Final = re.compile("[ \t]*(?:#[^\n\r\x85\u2028\u2029]*)?")


def put(place: Place, wanted: Put, *, at_end: bool) -> list[Splice]:
    """Plan for the texts of `wanted` to be in their mapping.

    Args:
        place: The document.
        wanted: What is to be there.
        at_end: Whether new keys come after the others of a block, or before them.

    Raises:
        InputError: The mapping, or a text in it, comes from elsewhere by an alias or a merge.

    """
    values = dict(wanted.values)
    reached = place.follow(wanted.path)
    if isinstance(reached, Missing):
        return _make(place, reached, values, at_end=at_end)
    mapping = reached.mapping
    there = mapping.index()
    new = {key: value for key, value in values.items() if key not in there}
    old = {key: value for key, value in values.items() if key in there}
    splices = _replace_all(place, mapping, old)
    if not new:
        return splices
    if mapping.merges:
        place.refuse(mapping, "it takes in another mapping with <<", hint="write its items out, without <<")
    if not mapping.pairs:
        return splices + _fill(place.text, mapping, reached.parents, new)
    manner = Manner.of(place.text, mapping)
    if mapping.flow:
        pairs = [manner.pair(key, value) for key, value in new.items()]
    else:
        pairs = [f"{_key(manner, key)}: {text_as(manner.texts, value, flow=False)}" for key, value in new.items()]
    return [*splices, _insert(place.text, mapping, pairs, at_end=at_end)]


def drop(place: Place, gone: Drop) -> list[Splice]:
    """Plan for a key to be gone from its mapping.

    Raises:
        InputError: It is not there, or comes from elsewhere by an alias or a merge, or others refer to it.

    """
    reached = place.follow(gone.path)
    if isinstance(reached, Missing):
        place.refuse(place.root, f"there is no {reached.key}")
    mapping = reached.mapping
    found = mapping.find(gone.key)
    if found is None:
        hint = "it comes from a mapping that is merged with <<: remove it there" if mapping.merges else None
        place.refuse(mapping, f"there is no {gone.key} here", hint=hint)
    for node in found:
        place.refuse_shared(node, gone.key)
    if mapping.flow:
        return flow.drop(place.text, mapping, found)
    if len(mapping.pairs) > 1:
        return [_lines(place.text, found)]
    parent = reached.parents[-1].find(gone.path[-1]) if reached.parents else None
    colon = _COLON.match(place.text, parent[0].end) if parent else None
    if colon is None:
        place.refuse(mapping, f"{gone.key} is all that there is")
    return [Splice(colon.end(), colon.end(), " {}"), _lines(place.text, found)]


def _replace_all(place: Place, mapping: Mapping, values: dict[str, str]) -> list[Splice]:
    there = mapping.index()
    pairs = {key: there[key] for key in values}
    becomes = {id(pair[1]): values[key] for key, pair in pairs.items()}
    # An alias of what becomes the same text stays one. Any other is written out, so that its target may change.
    return [
        _replace(place, mapping, pair, _New(values[key], frozenset(becomes)))
        for key, pair in pairs.items()
        if not (isinstance(pair[1], Alias) and becomes.get(id(pair[1].target)) == values[key])
    ]


class _New(NamedTuple):
    value: str
    changing: frozenset[int]  # ids of the nodes that change with it


def _replace(place: Place, mapping: Mapping, pair: tuple[Node, Node], new: _New) -> Splice:
    text, (key, node), value = place.text, pair, new.value
    place.refuse_shared(node, key_text(key) or "a key", but=new.changing)
    if isinstance(node, Alias):
        return Splice(node.start, node.end, text_as("", value, flow=mapping.flow))
    if not isinstance(node, Scalar):
        place.refuse(node, "a text was expected here")
    old = text[node.inner : node.end].rstrip()
    end = node.inner + len(old)
    if node.style in {"|", ">"}:
        return Splice(node.inner, end, within(old, value, literal=node.style == "|"))
    written = text_as(node.style, value, flow=mapping.flow)
    if old:
        return Splice(node.inner, end, written)
    colon = "" if ":" in text[key.end : node.inner] else ":"
    space = "" if not colon and text[node.inner - 1].isspace() else " "
    return Splice(node.inner, node.inner, colon + space + written)


def _make(place: Place, missing: Missing, values: dict[str, str], *, at_end: bool) -> list[Splice]:
    """Plan for a mapping that is not there yet."""
    text, parent = place.text, missing.parents[-1]
    found = parent.find(missing.key)
    if parent.flow:
        nested = flow.nested(text, parent, values) if parent.pairs else "{}"
        if found is None:
            return [_insert(text, parent, [Manner.of(text, parent).verbatim(missing.key, nested)], at_end=at_end)]
    else:
        nested = _block(text, missing.parents, values)
        if found is None:
            key = _key(Manner.of(text, parent), missing.key)
            return [_insert(text, parent, [f"{key}:{nested}"], at_end=at_end)]
    colon = _COLON.match(text, found[0].end)
    if colon is None:
        place.refuse(found[1], "a mapping was expected here")
    gone = Splice(colon.end(), max(colon.end(), found[1].end), f" {nested}" if parent.flow else "")
    return [gone] if parent.flow else [gone, _after_comment(text, gone.end, nested)]


def _key(manner: Manner, key: str) -> str:
    return manner.verbatim(key, "").removesuffix(manner.colon)


def _insert(text: str, mapping: Mapping, pairs: list[str], *, at_end: bool) -> Splice:
    """Plan for pairs, written already, to join those of a mapping that has some."""
    if mapping.flow:
        return flow.insert(text, mapping, pairs)
    first = _start(text, mapping.pairs[0])
    indent = " " * _column(text, first)
    end = _line_end(text, mapping.end)
    if not at_end:
        return Splice(first, first, "".join(pair + end + indent for pair in pairs))
    found = LINE_END.search(text, mapping.end)
    stop = found.start() if found else len(text)
    return Splice(stop, stop, "".join(end + indent + pair for pair in pairs))


def _fill(text: str, mapping: Mapping, parents: tuple[Mapping, ...], values: dict[str, str]) -> list[Splice]:
    """Plan for the first pairs of ``{}``: as a block where it stands alone on the line of a block's key."""
    parent = parents[-1] if parents else None
    before = text[: mapping.start].rstrip(" \t")
    block = parent is not None and not parent.flow and mapping.anchor is None
    if block and before.endswith(":"):
        return [Splice(len(before), mapping.end, ""), _after_comment(text, mapping.end, _block(text, parents, values))]
    quote = Manner.of(text, parent).quote if parent is not None and parent.flow else ""
    manner = Manner(quote, quote, ": ")
    inside = ", ".join(manner.pair(key, value) for key, value in values.items())
    return [Splice(mapping.end - 1, mapping.end - 1, inside)]


def _after_comment(text: str, position: int, lines: str) -> Splice:
    """Plan for lines below the one at `position`, where at most a comment follows."""
    comment = _COMMENT.match(text, position)
    stop = comment.end() if comment else position
    return Splice(stop, stop, lines)


def _block(text: str, parents: tuple[Mapping, ...], values: dict[str, str]) -> str:
    """Return a new block mapping, for the value of a key of the last of `parents`, from the line end before it on."""
    parent = parents[-1]
    indent = " " * (_column(text, _start(text, parent.pairs[0])) + _unit(text, parents))
    end = _line_end(text, parent.end)
    plain = Manner("", "", ": ")
    return "".join(
        f"{end}{indent}{_key(plain, key)}: {text_as('', value, flow=False)}" for key, value in values.items()
    )


def _lines(text: str, pair: tuple[Node, Node]) -> Splice:
    """Plan for the lines of a block mapping's pair to be gone; a comment above them stays."""
    first = _start(text, pair)
    start = first - _column(text, first)
    if text[start:first].strip():
        start = first
    found = LINE_END.search(text, pair[1].end)
    if found:
        return Splice(start, found.end(), "")
    # The last line of a text that ends without a line end: so will the one before it.
    before = next((one for one in LINE_END.finditer(text, max(0, start - 2), start) if one.end() == start), None)
    return Splice(before.start() if before else start, len(text), "")


def _start(text: str, pair: tuple[Node, Node]) -> int:
    """Return where a block mapping's pair begins: at its key, or at the ``?`` that announces it."""
    before = text[: pair[0].start].rstrip(" \t")
    return len(before) - 1 if before.endswith("?") and len(before) < pair[0].start else pair[0].start


def _column(text: str, position: int) -> int:
    return position - max(text.rfind(end, 0, position) for end in "\n\r\x85\u2028\u2029") - 1


def _line_end(text: str, position: int) -> str:
    found = LINE_END.search(text, position) or LINE_END.search(text)
    return found.group() if found else "\n"


def _unit(text: str, parents: tuple[Mapping, ...]) -> int:
    """Return how many columns a level is indented by, below the last of `parents` or above it."""
    columns = [_column(text, _start(text, parent.pairs[0])) for parent in parents if parent.pairs and not parent.flow]
    below = [
        _column(text, _start(text, child.pairs[0])) - columns[-1]
        for _, child in parents[-1].pairs
        if isinstance(child, Mapping) and not child.flow
    ]
    above = [inner - outer for outer, inner in pairwise(columns)]
    return next((step for step in [*below, *reversed(above)] if step > 0), 2)
