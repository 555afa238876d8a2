"""YAML as gopkg.in/yaml.v2 writes it: keys in natural order, lists not indented below their key, lines folded at 80."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.consul.moments import rfc3339
from sealer.gotemplate.consul.yaml_keys import sorted_keys
from sealer.gotemplate.consul.yaml_styles import BOM, BREAKS, UNPRINTABLE, Analysis, analyse, is_simple_key, style_of
from sealer.gotemplate.consul.yaml_values import scalar

if TYPE_CHECKING:
    from collections.abc import Callable

_COST: Final = 16  # steps for a value, and for a scalar once more
_WIDTH: Final = 80
_ESCAPES: Final = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e", '"': '"',
    "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip
_BYTE, _PLANE = 0x100, 0x10000


def encode(value: Any, spend: Callable[[int], None]) -> str:
    """Write a value as one YAML document.

    Args:
        value: A Go value.
        spend: Called with a number of steps for what is written; raises where it is too much.

    Raises:
        FunctionError: YAML has no form for a value in it.

    """
    writer = _Writer(spend)
    writer.node(value, -1, mapping=False)
    return "".join(writer.pieces)


class _Writer:
    """Output, and what libyaml's emitter knows of the line it is at.

    `whitespace` says that a space or nothing stands before; `indention` that nothing but spaces and the marks of blocks
    (`-`, `?`, `:`) stand on the line yet, so that the next block may begin on it.
    """

    def __init__(self, spend: Callable[[int], None]) -> None:
        self.pieces: list[str] = []
        self.column = 0
        self.whitespace = True
        self.indention = True
        self.spend = spend

    def put(self, piece: str) -> None:
        self.pieces.append(piece)
        self.column += len(piece)

    def line_break(self, character: str = "\n") -> None:
        self.pieces.append(character)
        self.column = 0

    def indent(self, indent: int) -> None:
        """Go to a column, on a new line where this one is too far or has content."""
        indent = max(indent, 0)
        if not self.indention or self.column > indent or (self.column == indent and not self.whitespace):
            self.line_break()
        if self.column < indent:
            self.put(" " * (indent - self.column))
        self.whitespace = self.indention = True

    def indicator(self, mark: str, *, space: bool = True, block: bool = False) -> None:
        if space and not self.whitespace:
            self.put(" ")
        self.put(mark)
        self.whitespace = False
        self.indention = self.indention and block

    def node(self, value: Any, indent: int, *, mapping: bool) -> None:
        """Write a value.

        Args:
            value: The value.
            indent: Column of the block that it stands in; -1 at the top.
            mapping: Whether that is a mapping.

        """
        self.spend(_COST)
        value = values.indirect(value)
        kind = "invalid" if isinstance(value, values.Pointer) else values.kind_of(value)
        if kind == "map":
            self.mapping(_sorted(value), indent)
        elif kind in {"slice", "array"}:
            self.sequence(value, indent, mapping=mapping)
        elif kind == "struct":
            self.struct(value, indent)
        else:
            self.scalar(*scalar(value, kind), indent)

    def struct(self, value: values.Struct, indent: int) -> None:
        moment = rfc3339(value)
        if moment is not None:
            self.scalar(moment, "plain", "", indent)
        else:
            self.mapping([(name.lower(), value.field(name)) for name, _ in value.fields], indent)

    def mapping(self, items: list[tuple[Any, Any]], indent: int) -> None:
        if not items:
            self.indicator("{}")
            return
        inner = 0 if indent < 0 else indent + 2
        for key, item in items:
            self.indent(inner)
            self.key(key, inner)
            self.node(item, inner, mapping=True)

    def key(self, key: Any, indent: int) -> None:
        key = values.indirect(key)
        written, style, tag = scalar(key, values.kind_of(key))
        analysis = analyse(written)
        if is_simple_key(written, analysis, tag):
            self.scalar(written, style, tag, indent, simple_key=True)
            self.indicator(":", space=False)
        else:
            self.indicator("?", block=True)
            self.scalar(written, style, tag, indent)
            self.indent(indent)
            self.indicator(":", block=True)

    def sequence(self, value: Any, indent: int, *, mapping: bool) -> None:
        if not len(value):
            self.indicator("[]")
            return
        beside = mapping and not self.indention  # a list stands at the column of the key that it belongs to
        inner = max(indent, 0) if beside or indent < 0 else indent + 2
        for item in values.elements(value):
            self.indent(inner)
            self.indicator("-", block=True)
            self.node(item, inner, mapping=False)

    def scalar(self, written: str, style: str, tag: str, indent: int, *, simple_key: bool = False) -> None:
        """Write a scalar.

        Args:
            written: Its text.
            style: `plain` for what is plain whatever it says, `text` for a string whose style is to be chosen.
            tag: Its tag, or nothing.
            indent: Column of the block that it stands in.
            simple_key: Whether it is a key on the line of its value.

        """
        self.spend(_COST + (len(written) >> 2))
        if tag:
            self.indicator(tag)
        inner = 2 if indent < 0 else indent + 2
        analysis = analyse(written)
        chosen = _chosen(written, style, analysis, simple_key=simple_key)
        if chosen == "literal":
            self.literal(written, inner)
        elif chosen == "double":
            self.double_quoted(written, inner, breaks=not simple_key)
        else:
            self.flowing(written, inner, quotes=chosen == "single", breaks=not simple_key)

    def flowing(self, written: str, indent: int, *, quotes: bool, breaks: bool) -> None:
        """Write a string plain or in single quotes; lines are folded at the first single space beyond the width."""
        if quotes:
            self.indicator("'")
            written = written.replace("'", "''")
        elif not self.whitespace:
            self.put(" ")
        if self.column + len(written) <= _WIDTH and not any(mark in written for mark in BREAKS):
            self.put(written)
        else:
            self.folded(written, indent, quotes=quotes, breaks=breaks)
        if quotes:
            self.put("'")
        self.whitespace = self.indention = False

    def folded(self, written: str, indent: int, *, quotes: bool, breaks: bool) -> None:
        after_space = after_break = False
        for at, character in enumerate(written):
            if character == " ":
                ends = quotes and not 0 < at < len(written) - 1
                single = not after_space and written[at + 1 : at + 2] != " "
                if breaks and single and not ends and self.column > _WIDTH:
                    self.indent(indent)
                else:
                    self.put(character)
                after_space = True
                continue
            if character in BREAKS:
                self.line_break(character)
                self.indention = after_break = True
                continue
            if after_break:
                self.indent(indent)
            self.put(character)
            self.indention = after_space = after_break = False

    def double_quoted(self, written: str, indent: int, *, breaks: bool) -> None:
        self.indicator('"')
        last = len(written) - 1
        everything = written.startswith(BOM)  # libyaml looks for the mark at the beginning for each character
        after_space = False
        for at, character in enumerate(written):
            if everything or character in '"\\' or character in BREAKS or UNPRINTABLE.match(character):
                self.put(_escaped(character))
                after_space = False
            elif character == " " and breaks and not after_space and self.column > _WIDTH and 0 < at < last:
                self.indent(indent)
                if written[at + 1] == " ":
                    self.put("\\")
                after_space = True
            else:
                self.put(character)
                after_space = character == " "
        self.put('"')
        self.whitespace = self.indention = False

    def literal(self, written: str, indent: int) -> None:
        self.indicator("|")
        hint = "2" if written[0] in " " + BREAKS else ""
        self.put(hint + _chomping(written))
        self.line_break()
        self.whitespace = self.indention = True
        after_break = True
        for line in _lines(written):
            if line in BREAKS:
                self.line_break(line)
                self.indention = after_break = True
                continue
            if after_break:
                self.indent(indent)
            self.put(line)
            self.indention = after_break = False


def _lines(written: str) -> list[str]:
    """The lines and the breaks between them, each a piece of its own."""
    pieces: list[str] = []
    start = 0
    for at, character in enumerate(written):
        if character in BREAKS:
            pieces += [written[start:at], character] if at > start else [character]
            start = at + 1
    return [*pieces, written[start:]] if start < len(written) else pieces


def _chomping(written: str) -> str:
    if written[-1] not in BREAKS:
        return "-"
    return "+" if len(written) == 1 or written[-2] in BREAKS else ""


def _chosen(written: str, style: str, analysis: Analysis, *, simple_key: bool) -> str:
    if style == "text":
        return style_of(written, analysis, simple_key=simple_key)
    if "\n" in written:
        return "double" if simple_key or not analysis.literal else "literal"
    return "plain" if analysis.plain else "single"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return f"\\{_ESCAPES[character]}"
    code = ord(character)
    if code < _BYTE:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < _PLANE else f"\\U{code:08X}"


def _sorted(value: Any) -> list[tuple[Any, Any]]:
    return [(key, value[key]) for key in sorted_keys(value)]
