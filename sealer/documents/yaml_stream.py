"""Streams of YAML documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from sealer.documents.model import Document, Origin
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
# Aliases let a few lines of YAML stand for billions of nodes; a real manifest is far below this.
_MOST_NODES: Final = 1_000_000


def parses(text: str) -> bool:
    """Say whether `text` is YAML at all."""
    try:
        for _ in yaml.parse(text, Loader=_Loader):
            pass
    except yaml.YAMLError:
        return False
    return True


def parse(text: str, source: str) -> Iterator[Document]:
    """Yield the documents of a YAML stream.

    Raises:
        InputError: It does not parse, repeats a key, or holds what JSON cannot.

    """
    loader = _Loader(text)
    number = 0
    try:
        while loader.check_node():
            number += 1
            node = cast("yaml.Node", loader.get_node())  # check_node() said that there is one
            origin = Origin(source, number, node.start_mark.line + 1)
            yield Document(origin, _Builder(source, number).build(node), node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "cannot be read"
        # `from None`: the error's own text quotes the line that it stumbled on.
        raise InputError(f"{source}, document {number + 1}{line}: not valid YAML: {problem}") from None
    except yaml.YAMLError:
        raise InputError(f"{source}, document {number + 1}: not valid YAML: it holds a forbidden character") from None
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
        if id(node) in self._open:
            raise self._error(node, "an alias stands inside of what it names")
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
            raise self._error(node, f"the tag {node.tag.removeprefix(_TAG)} is not one of JSON's types")
        try:
            return construct(node)
        except ValueError:
            raise self._error(node, "not a number") from None

    def _error(self, node: yaml.Node, problem: str) -> InputError:
        return InputError(f"{Origin(self._source, self._number, node.start_mark.line + 1)}: {problem}")


_safe: Final = yaml.constructor.SafeConstructor()
_SCALARS: Final[Mapping[str, Callable[[yaml.ScalarNode], Any]]] = {
    _TAG + "str": lambda node: node.value,
    # Kubernetes has no timestamp type: its times are strings, and stay as they are written.
    _TAG + "timestamp": lambda node: node.value,
    _TAG + "value": lambda node: node.value,
    _TAG + "null": lambda _: None,
    _TAG + "bool": _safe.construct_yaml_bool,
    _TAG + "int": _safe.construct_yaml_int,
    _TAG + "float": _safe.construct_yaml_float,
}
