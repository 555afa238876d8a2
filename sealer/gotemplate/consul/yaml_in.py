"""YAML as gopkg.in/yaml.v2 reads it into an `interface{}`.

libyaml finds the structure (yaml.v2 is a translation of it); what a word means is decided here.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from sealer.gotemplate import text, types, values
from sealer.gotemplate.consul.yaml_scalars import Resolved, resolve
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.quoting import ESCAPED_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANY_KEYED: Final = types.map_of(types.ANY, types.ANY)
_TAG: Final = "tag:yaml.org,2002:"
_RESOLVABLE: Final = frozenset(_TAG + name for name in ("str", "bool", "int", "float", "null", "timestamp"))
_MERGE: Final = "<<"
# yaml.v2's own bounds on how much of a document may come from aliases
_FEW_ALIASES, _FEW_NODES, _MANY_NODES = 100, 400_000, 4_000_000


@dataclass(slots=True, eq=False)
class _Node:
    """A node as it stands in the document; an alias refers to the node of its anchor."""

    kind: Literal["scalar", "sequence", "mapping", "alias"]
    value: str = ""
    tag: str = ""
    implicit: bool = False
    children: list[_Node] = field(default_factory=list)
    target: _Node | None = None


def decode(written: str, spend: Callable[[int], None]) -> Any:
    """Read the first document.

    Args:
        written: YAML.
        spend: Called with a number of steps for what is read; raises where it is too much.

    Returns:
        Plain Go values; mappings are `map[interface {}]interface {}`, and nothing at all is nil.

    Raises:
        FunctionError: It is not YAML, or its tags and aliases do not fit. The error says nothing of the content.

    """
    import yaml  # noqa: PLC0415 - few templates read YAML, and the import costs more than rendering one

    if any(ord(character) in ESCAPED_BYTES for character in written):
        raise FunctionError("yaml: invalid leading UTF-8 octet")
    try:
        root = _Composer(yaml.parse(written, Loader=_loader())).document()
    except yaml.YAMLError as error:
        # `from None`: the error quotes the document, which may be a secret.
        raise FunctionError(f"yaml: {_problem(error)}") from None
    return None if root is None else _Decoder(spend).value(root)


def _loader() -> Any:
    import yaml  # noqa: PLC0415 - see above

    return getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _problem(error: Any) -> str:
    """Line and kind of a mistake. libyaml's words are constants; those of Python's parser may quote the document."""
    if _loader().__name__ != "CBaseLoader":
        return "the text is not YAML"
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return str(getattr(error, "reason", "the text is not YAML"))
    line = mark.line + (type(error).__name__ == "ScannerError") if mark.line else getattr(context, "line", 0)
    return (f"line {line}: " if line else "") + str(error.problem)


class _Composer:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, _Node] = {}

    def document(self) -> _Node | None:
        for event in self.events:
            if type(event).__name__ == "DocumentStartEvent":
                root = self.node(next(self.events))
                next(self.events)  # the document's end: what cannot follow its content is a mistake in it
                return root
        return None

    def node(self, event: Any) -> _Node:
        name = type(event).__name__
        if name == "AliasEvent":
            if event.anchor not in self.anchors:
                raise FunctionError("yaml: unknown anchor referenced")
            return _Node("alias", target=self.anchors[event.anchor])
        if name == "ScalarEvent":
            made = _Node("scalar", event.value, event.tag or "", event.implicit[0])
        else:
            made = _Node("sequence" if name == "SequenceStartEvent" else "mapping", tag=event.tag or "")
        if event.anchor is not None:
            self.anchors[event.anchor] = made
        if made.kind != "scalar":
            self.children(made)
        return made

    def children(self, parent: _Node) -> None:
        for event in self.events:
            if type(event).__name__ in {"SequenceEndEvent", "MappingEndEvent"}:
                return
            parent.children.append(self.node(event))


class _Decoder:
    def __init__(self, spend: Callable[[int], None]) -> None:
        self.spend = spend
        self.open: set[int] = set()
        self.alias_depth = 0
        self.decoded = 0
        self.by_alias = 0

    def value(self, node: _Node) -> Any:
        self.count()
        if node.kind == "alias":
            return self.alias(node)
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "sequence":
            return [self.value(child) for child in node.children]
        into: dict[Any, Any] = {}
        self.mapping(node, into)
        return values.Map(into, ANY_KEYED)

    def count(self) -> None:
        self.spend(4)
        self.decoded += 1
        self.by_alias += self.alias_depth > 0
        if self.by_alias > _FEW_ALIASES and self.decoded > 10 * _FEW_ALIASES:
            over = min(max(self.decoded - _FEW_NODES, 0) / (_MANY_NODES - _FEW_NODES), 1)
            if self.by_alias / self.decoded > 0.99 - 0.89 * over:
                raise FunctionError("yaml: document contains excessive aliasing")

    def alias(self, node: _Node) -> Any:
        target = self.enter(node)
        found = self.value(target)
        self.leave(node)
        return found

    def enter(self, node: _Node) -> _Node:
        if id(node) in self.open or node.target is None:
            raise FunctionError("yaml: anchor value contains itself")
        self.open.add(id(node))
        self.alias_depth += 1
        return node.target

    def leave(self, node: _Node) -> None:
        self.alias_depth -= 1
        self.open.discard(id(node))

    def mapping(self, node: _Node, into: dict[Any, Any]) -> None:
        for key_node, value_node in _pairs(node.children):
            if _merges(key_node):
                self.merge(value_node, into)
                continue
            key = self.value(key_node)
            if isinstance(key, (dict, list)):
                raise FunctionError("yaml: invalid map key")
            value = self.value(value_node)
            _refuse_lookalike(key, into)
            into[key] = value

    def merge(self, node: _Node, into: dict[Any, Any]) -> None:
        if node.kind == "sequence":
            for child in reversed(node.children):  # the first in the list counts most
                self.merge_one(child, into)
        else:
            self.merge_one(node, into)

    def merge_one(self, node: _Node, into: dict[Any, Any]) -> None:
        self.count()
        target = node.target if node.kind == "alias" else node
        if target is None or target.kind != "mapping":
            raise FunctionError("yaml: map merge requires map or sequence of maps as the value")
        if node.kind != "alias":
            self.mapping(node, into)
            return
        self.enter(node)
        self.count()
        self.mapping(target, into)
        self.leave(node)


def _pairs(children: list[_Node]) -> Iterator[tuple[_Node, _Node]]:
    return zip(children[::2], children[1::2], strict=True)


def _merges(node: _Node) -> bool:
    return node.kind == "scalar" and node.value == _MERGE and (node.implicit or node.tag == f"{_TAG}merge")


def _refuse_lookalike(key: Any, into: dict[Any, Any]) -> None:
    """Go keeps `1`, `1.0` and `true` apart as keys; Python does not, and would lose one of them."""
    if isinstance(key, (int, float)) and key in into and not any(key == old and type(key) is type(old) for old in into):
        raise FunctionError("yaml: keys of one mapping are equal numbers of different types")


def _scalar(node: _Node) -> Any:
    if not node.tag and not node.implicit:
        return node.value
    if node.tag == f"{_TAG}binary":
        return _binary(node.value)
    if node.tag and node.tag not in _RESOLVABLE:
        return node.value
    wanted = node.tag.removeprefix(_TAG)
    if wanted == "str":
        return node.value
    found = resolve(node.value)
    if wanted == "float" and found.tag == "int" and type(found.value) is int:
        found = Resolved("float", float(found.value))
    if wanted not in {"", found.tag}:
        raise FunctionError(f"yaml: cannot decode !!{found.tag} as a !!{wanted}")
    return found.value


def _binary(written: str) -> str:
    try:
        return text.decode(base64.b64decode("".join(written.split("\n")).replace("\r", ""), validate=True))
    except binascii.Error:
        raise FunctionError("yaml: !!binary value contains invalid base64 data") from None
