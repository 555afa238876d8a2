"""Pairs in and out of mappings in braces: YAML's flow style, and JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sealer.documents.scalars import could_be_plain, key_as, text_as
from sealer.documents.tree import LINE_END, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sealer.documents.tree import Mapping, Node

# A comma with what else is on its line: that is about the pair before it.
_REST_OF_LINE: Final = re.compile(r"\s*,[ \t]*(?:#[^\n]*)?\r?\n[ \t]*")
_COMMA: Final = re.compile(r"\s*,")


class Splice(NamedTuple):
    """Characters `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str


class Manner(NamedTuple):
    """How the pairs of a mapping are written: the quotes of keys, those of texts, and what is between the two."""

    quote: str
    texts: str
    colon: str

    @classmethod
    def of(cls, text: str, mapping: Mapping) -> Manner:
        """Return that of the last pair."""
        if not mapping.pairs:
            return cls("", "", ": ")
        key, value = mapping.pairs[-1]
        quote = key.style if isinstance(key, Scalar) and key.style in {"'", '"'} else ""
        # Quotes that a value needs say nothing about how the others are written.
        chosen = isinstance(value, Scalar) and value.style in {"'", '"'} and could_be_plain(value.value)
        texts = value.style if isinstance(value, Scalar) and chosen else quote
        colon = text[key.end : value.start]
        return cls(quote, texts, colon if colon.strip() == ":" and (quote or colon[-1:].isspace()) else ": ")

    @property
    def comma(self) -> str:
        """What is between pairs on one line: a space follows where one follows the colon."""
        return "," if self.colon == ":" else ", "

    def pair(self, key: str, value: str) -> str:
        """Return a pair whose value is a text."""
        return self.verbatim(key, text_as(self.texts, value, flow=True))

    def verbatim(self, key: str, value: str) -> str:
        """Return a pair whose value is written already."""
        return key_as(self.quote, key) + self.colon + value


def insert(text: str, mapping: Mapping, pairs: Iterable[str]) -> Splice:
    """Plan for pairs, written already, to follow the last pair of a mapping that has one."""
    last = mapping.pairs[-1]
    if len(mapping.pairs) > 1:
        between = text[mapping.pairs[-2][1].end : last[0].start]
    else:
        between = "," + text[mapping.start + 1 : last[0].start]
        between = Manner.of(text, mapping).comma if between == "," else between
    if between.strip() != ",":
        between = ", "
    return Splice(last[1].end, last[1].end, "".join(between + pair for pair in pairs))


def nested(text: str, parent: Mapping, values: dict[str, str]) -> str:
    """Return a new mapping in braces, for the value of a key of `parent`, over as many lines as that is."""
    manner = Manner.of(text, parent)
    pairs = [manner.pair(key, value) for key, value in values.items()]
    gap = text[parent.start + 1 : parent.pairs[0][0].start]
    if gap.strip() or not LINE_END.search(gap):
        return "{" + manner.comma.join(pairs) + "}"
    outer = text[len(text[: parent.end - 1].rstrip()) : parent.end - 1]
    deeper = gap + (gap.removeprefix(outer) if outer and gap.startswith(outer) else "  ")
    return "{" + deeper + ("," + deeper).join(pairs) + gap + "}"


def drop(text: str, mapping: Mapping, found: tuple[Node, Node]) -> list[Splice]:
    """Plan for a pair to be gone, with the comma that it no longer needs."""
    index = mapping.pairs.index(found)
    start, end = found[0].start, found[1].end
    trailing = _COMMA.match(text, end, mapping.end)
    if len(mapping.pairs) == 1:
        return [Splice(start, trailing.end() if trailing else end, "")]
    if index + 1 < len(mapping.pairs):
        following = mapping.pairs[index + 1][0].start
        own = _REST_OF_LINE.match(text, end, following)
        return [Splice(start, own.end() if own else following, "")]
    before = mapping.pairs[index - 1][1].end
    kept = max(before, len(text[:start].rstrip()))
    if trailing:
        return [Splice(kept, trailing.end(), "")]
    comma = text.index(",", before, start)
    if comma + 1 == kept:
        return [Splice(comma, end, "")]
    return [Splice(comma, comma + 1, ""), Splice(kept, end, "")]
