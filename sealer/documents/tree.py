"""What stands where in a text: nodes with the places of their first and last character.

`yaml_stream` and `json_stream` say what a document means; this says how it is written, which an edit that leaves
every other byte alone has to know. Places are indices into the decoded text, ends exclusive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

import yaml

from sealer.documents import json_stream
from sealer.documents.yaml_stream import parse_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

# What YAML 1.1 takes for the end of a line (4.2).
LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# Anchor and tag before a value, with the space and the comments between them and it.
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\n]*\s+)*|$))+")
_JSON_TOKEN: Final = re.compile(r'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+)')


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value or key.

    Attributes:
        start: Where it begins, with its anchor and tag.
        end: Where it ends; for a block scalar the end of its last line.
        inner: Where it begins without anchor and tag.
        value: What it stands for; never shown by whoever reads this.
        style: Empty for plain, else ``'``, ``"``, ``|`` or ``>``.
        anchor: Its anchor's name, or None.

    """

    start: int
    end: int
    inner: int
    value: str
    style: str
    anchor: str | None = None

    @property
    def is_null(self) -> bool:
        """Whether it is nothing, spelt out or not."""
        return not self.style and self.value in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """A reference to an anchor."""

    start: int
    end: int
    target: Node


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Pairs of key and value, in the order of the text, in flow style or as a block."""

    start: int
    end: int
    pairs: tuple[tuple[Node, Node], ...]
    flow: bool
    anchor: str | None = None

    def find(self, key: str | int) -> tuple[Node, Node] | None:
        """Return the pair whose key is written as `key`, or None."""
        return next((pair for pair in self.pairs if key_text(pair[0]) == key), None)

    def index(self) -> dict[str | None, tuple[Node, Node]]:
        """Return all pairs by what their keys say."""
        return {key_text(pair[0]): pair for pair in self.pairs}

    @property
    def merges(self) -> bool:
        """Whether it takes in other mappings with ``<<``."""
        return any(isinstance(key, Scalar) and key.value == "<<" and not key.style for key, _ in self.pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Values one after another."""

    start: int
    end: int
    items: tuple[Node, ...]
    anchor: str | None = None


Node = Scalar | Alias | Mapping | Sequence


def key_text(node: Node) -> str | None:
    """Return what a key says, or None for a key that is no word."""
    while isinstance(node, Alias):
        node = node.target
    return node.value if isinstance(node, Scalar) else None


def trees(text: str, source: str) -> list[Node]:
    """Return the tree of each document of a text that `sealer.documents.read` can read.

    Raises:
        InputError: It cannot.

    """
    if text.lstrip().startswith("{"):
        try:
            numbers = [document.origin.document for document in json_stream.parse(text, source)]
        except json_stream.NotJsonError:
            pass
        else:
            return _json_trees(text, len(numbers))
    return _YamlTrees(text).build()


class _YamlTrees:
    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[yaml.Event] = parse_events(text)
        self._anchors: dict[str, Node] = {}

    def build(self) -> list[Node]:
        found = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                found.append(self._node(next(self._events)))
        return found

    def _node(self, event: yaml.Event) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return Alias(*_span(event), self._anchors[str(event.anchor)])
        node: Scalar | Mapping | Sequence
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(event)
        else:
            node = self._sequence(cast("yaml.SequenceStartEvent", event))  # no other event begins a node
        if node.anchor is not None:
            self._anchors[node.anchor] = node
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start, end = _span(event)
        style = event.style or ""
        properties = event.anchor is not None or event.tag is not None
        found = _PROPERTIES.match(self._text, start, end) if properties else None
        inner = found.end() if found else start
        if style in {"|", ">"}:
            end = _end_of_block(self._text, inner, end)
        return Scalar(start, end, inner, event.value, style, event.anchor)

    def _mapping(self, event: yaml.MappingStartEvent) -> Mapping:
        start, end = _span(event)
        pairs: list[tuple[Node, Node]] = []
        while not isinstance(following := next(self._events), yaml.MappingEndEvent):
            pairs.append((self._node(following), self._node(next(self._events))))
            end = pairs[-1][1].end
        if event.flow_style:
            end = _span(following)[1]
        return Mapping(start, end, tuple(pairs), bool(event.flow_style), event.anchor)

    def _sequence(self, event: yaml.SequenceStartEvent) -> Sequence:
        start, end = _span(event)
        items: list[Node] = []
        while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(following))
            end = items[-1].end
        if event.flow_style:
            end = _span(following)[1]
        return Sequence(start, end, tuple(items), event.anchor)


def _span(event: yaml.Event) -> tuple[int, int]:
    start, end = (
        cast("yaml.Mark", event.start_mark),
        cast("yaml.Mark", event.end_mark),
    )  # of a text, all events have both
    return start.index, end.index


def _end_of_block(text: str, start: int, end: int) -> int:
    """Return the end of a block scalar's last line; the parser's is where the next node begins.

    Blank lines that follow belong to the scalar only where its header says so, with a ``+``.
    """
    header = LINE_END.split(text[start:end], maxsplit=1)[0].partition("#")[0]
    if "+" not in header:
        return start + len(text[start:end].rstrip(" \t\r\n\x85\u2028\u2029"))
    last = next((found for found in LINE_END.finditer(text, max(start, end - 2), end) if found.end() == end), None)
    return last.start() if last else end


def _json_trees(text: str, count: int) -> list[Node]:
    tokens = _JSON_TOKEN.finditer(text)
    return [_json_node(tokens, next(tokens)) for _ in range(count)]


def _json_node(tokens: Iterator[re.Match[str]], token: re.Match[str]) -> Node:
    word, start, end = token[1], token.start(1), token.end(1)
    if word == "{":
        pairs, end = _json_members(tokens, "}", lambda first: _json_pair(tokens, first))
        return Mapping(start, end, tuple(pairs), flow=True)
    if word == "[":
        items, end = _json_members(tokens, "]", lambda first: _json_node(tokens, first))
        return Sequence(start, end, tuple(items))
    if word.startswith('"'):
        return Scalar(start, end, start, str(json_stream.decode_string(word)), '"')
    return Scalar(start, end, start, word, "")


def _json_pair(tokens: Iterator[re.Match[str]], token: re.Match[str]) -> tuple[Node, Node]:
    key = _json_node(tokens, token)
    next(tokens)  # the colon
    return key, _json_node(tokens, next(tokens))


def _json_members(
    tokens: Iterator[re.Match[str]], closing: str, member: Callable[[re.Match[str]], _T]
) -> tuple[list[_T], int]:
    found: list[_T] = []
    for token in tokens:
        if token[1] == closing:
            return found, token.end(1)
        if token[1] != ",":
            found.append(member(token))
    raise AssertionError  # the text was read before: what it opens it closes
