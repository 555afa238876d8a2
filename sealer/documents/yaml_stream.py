"""Streams of YAML documents."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from sealer.documents.model import DEEPEST, Document, Origin
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TAG: Final = "tag:yaml.org,2002:"
# Aliases let a few lines of YAML stand for billions of nodes; a real manifest is far below this.
_MOST_NODES: Final = 1_000_000
# What YAML 1.1 does not let into a stream (5.1): asked here, as libyaml does not tell the line. PyYAML's own pattern,
# since compiling another like it takes 5 ms of every start.
_FORBIDDEN: Final = yaml.reader.Reader.NON_PRINTABLE
# What PyYAML's own parser quotes from the text (libyaml quotes nothing): an alias, a tag, a character.
_QUOTED: Final = re.compile(r"(^found [^']*|but found) '.*")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where it is built
    """Composes nodes, no deeper than `DEEPEST`: the composer calls itself, and in C that ends in a crash."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        """Count a level; the composer calls this before each node."""
        self._depth += 1
        if self._depth > DEEPEST:
            mark = current_node.start_mark if current_node else None
            raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=mark)
        super().descend_resolver(current_node, current_index)

    def ascend_resolver(self) -> None:
        """Leave a level; the composer calls this after each node."""
        self._depth -= 1
        super().ascend_resolver()


def parses(text: str) -> bool:
    """Say whether `text` is YAML at all."""
    try:
        for _ in yaml.parse(text, Loader=_Loader):
            pass
    except yaml.YAMLError:
        return False
    return True


def parse_events(text: str) -> Iterator[yaml.Event]:
    """Yield the parser's events of a stream that `parse` reads; their marks say what stands where."""
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=_Loader)
    return events


def parse(text: str, source: str) -> Iterator[Document]:
    """Yield the documents of a YAML stream.

    Raises:
        InputError: It does not parse, repeats a key, or holds what JSON cannot.

    """
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise InputError(
            f"{source}, line {line}: not valid YAML: it holds the character U+{ord(forbidden.group()):04X}",
            hint="is this a manifest, and saved as UTF-8?",
        )
    last = max(1, text.count("\n") + (not text.endswith("\n")))  # where the parser speaks of the line after it
    loader = _Loader(text)
    number = 1
    try:
        while loader.check_node():
            node = cast("yaml.Node", loader.get_node())  # check_node() said that there is one
            origin = Origin(source, number, min(node.start_mark.line + 1, last))
            yield Document(origin, _Builder(source, number).build(node), node)
            number += 1
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {min(mark.line + 1, last)}" if mark else ""
        problem = _QUOTED.sub(r"\1", error.problem or error.context or "cannot be read")
        # `from None`: the error's own text quotes the line that it stumbled on.
        raise InputError(f"{source}, document {number}{where}: not valid YAML: {problem}") from None
    finally:
        loader.dispose()


class _Builder:
    """Turns the nodes of one document into values."""

    def __init__(self, source: str, number: int) -> None:
        self._source = source
        self._number = number
        self._left = _MOST_NODES
        self._open: set[int] = set()

    def build(self, node: yaml.Node) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._error(node, "its aliases expand to too many nodes")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in {_TAG + "map", _TAG + "seq"}:
            raise self._tagged(node)
        if id(node) in self._open:
            raise self._error(node, "an alias stands inside of what it names")
        if len(self._open) >= DEEPEST:
            raise self._error(node, "it is nested too deeply")
        self._open.add(id(node))
        try:
            return self._mapping(node) if isinstance(node, yaml.MappingNode) else [self.build(n) for n in node.value]
        finally:
            self._open.remove(id(node))

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                for earlier in reversed(self._merge_sources(value_node)):
                    merged |= earlier
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key must be a plain word")
            if key_node.value in result:
                raise self._error(key_node, f"the key {key_node.value} appears twice")
            result[key_node.value] = self.build(value_node)
        return merged | result

    def _merge_sources(self, node: yaml.Node) -> list[dict[str, Any]]:
        built = self.build(node)
        sources = built if isinstance(built, list) else [built]
        if not all(isinstance(source, dict) for source in sources):
            raise self._error(node, "only mappings can be merged with <<")
        return sources

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        construct = _SCALARS.get(node.tag)
        if construct is None:
            raise self._tagged(node)
        try:
            value = construct(node)
        except (ValueError, KeyError, IndexError):
            raise self._error(node, f"not a valid {node.tag.removeprefix(_TAG)}") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(node, "JSON has no such number")
        return value

    def _tagged(self, node: yaml.Node) -> InputError:
        # The tag itself is not shown: a password that begins with ! and is not quoted is read as one.
        return self._error(node, "a value begins with !, a YAML tag that JSON does not have", hint="quote it: '!…'")

    def _error(self, node: yaml.Node, problem: str, *, hint: str | None = None) -> InputError:
        origin = Origin(self._source, self._number, node.start_mark.line + 1)
        return InputError(f"{origin}: {problem}", hint=hint)


_safe: Final = yaml.constructor.SafeConstructor()
_SCALARS: Final[Mapping[str, Callable[[yaml.ScalarNode], Any]]] = {
    _TAG + "str": lambda node: node.value,
    # Kubernetes has no timestamp type: its times are strings, and stay as they are written.
    _TAG + "timestamp": lambda node: node.value,
    # `=` and `<<` where they stand for themselves.
    _TAG + "value": lambda node: node.value,
    _TAG + "merge": lambda node: node.value,
    _TAG + "null": lambda _: None,
    _TAG + "bool": _safe.construct_yaml_bool,
    _TAG + "int": _safe.construct_yaml_int,
    _TAG + "float": _safe.construct_yaml_float,
}
