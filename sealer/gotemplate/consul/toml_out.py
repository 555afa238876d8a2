"""TOML as github.com/BurntSushi/toml writes it: keys sorted, plain values before tables, tables indented by two."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.consul.moments import rfc3339
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.fmt.floats import format_float
from sealer.gotemplate.ordering import sorted_items

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Key = tuple[str, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED: Final = re.compile('["\\\\\x00-\x1f\x7f]')
_SHORT: Final = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}
_COST: Final = 8  # steps for a value
_INT64: Final = range(-(1 << 63), 1 << 63)
_NUMERIC: Final = types.INTEGERS - {"uintptr"}


def encode(value: Any, spend: Callable[[int], None]) -> str:
    """Write a value as a TOML document; what is no table is written as a lone value, as the Go encoder does.

    Args:
        value: A Go value.
        spend: Called with a number of steps for what is written; raises where it is too much.

    Raises:
        FunctionError: TOML has no form for a value in it.

    """
    writer = _Writer(spend)
    value = values.indirect(value)
    if value is None:
        raise FunctionError("toml: cannot encode nil")
    writer.encode((), value)
    return "".join(writer.pieces)


def _kind(value: Any) -> str:
    """Kind of a value; a time counts as `time`, and nil of any type as nothing."""
    if values.is_nil(value):
        return ""
    kind = values.kind_of(value)
    return "time" if kind == "struct" and rfc3339(value) is not None else kind


def _is_table(value: Any) -> bool:
    return _kind(value) in {"map", "struct"}


def _is_tables(value: Any, spend: Callable[[int], None]) -> bool:
    """Whether a value is a list of tables. All lists in it are looked at: a nil anywhere is refused."""
    if _kind(value) not in {"slice", "array"}:
        return False
    spend(len(value))
    items = [values.indirect(item) for item in values.elements(value)]
    if any(values.is_nil(item) for item in items):
        raise FunctionError("toml: cannot encode array with nil element")
    for item in items:
        _is_tables(item, spend)
    return bool(items) and all(_is_table(item) for item in items)


def _items(value: Any) -> list[tuple[str, Any]]:
    """Entries of a table, with pointers followed: of a map sorted by key, of a struct as declared."""
    if isinstance(value, values.Struct):
        return [(name, values.indirect(value.field(name))) for name, _ in value.fields]
    found = values.type_of(value)
    if found is None or found.key is None or found.key.kind != "string":
        raise FunctionError("toml: cannot encode a map with non-string key type")
    return [(str.__str__(key), values.indirect(item)) for key, item in sorted_items(value)]


class _Writer:
    def __init__(self, spend: Callable[[int], None]) -> None:
        self.pieces: list[str] = []
        self.spend = spend

    def newline(self) -> None:
        if self.pieces:
            self.pieces.append("\n")

    def encode(self, key: Key, value: Any) -> None:
        self.spend(_COST + len(key))
        kind = _kind(value)
        if not kind:
            return
        if kind in {"map", "struct"}:
            self.table(key, value)
        elif _is_tables(value, self.spend):
            self.tables(key, value)
        else:
            self.pair(key, value)

    def tables(self, key: Key, value: Sequence[Any]) -> None:
        if not key:
            raise FunctionError("toml: top-level values must be Go maps or structs")
        for item in value:
            self.newline()
            self.pieces.append(f"{_indent(key)}[[{_path(key)}]]")
            self.newline()
            self.entries(key, values.indirect(item))

    def table(self, key: Key, value: Any) -> None:
        if len(key) == 1:
            self.newline()
        if key:
            self.pieces.append(f"{_indent(key)}[{_path(key)}]")
            self.newline()
        self.entries(key, value)

    def entries(self, key: Key, value: Any) -> None:
        for name, item in _in_order(_items(value), self.spend):
            self.encode((*key, name), item)

    def pair(self, key: Key, value: Any) -> None:
        if not key:
            self.pieces.append(self.element(value))
            return
        self.pieces.append(f"{_indent(key)}{_quoted_key(key[-1])} = {self.element(value)}")
        self.newline()

    def element(self, value: Any) -> str:
        """A value on the right of an equals sign, or in a list."""
        self.spend(_COST)
        kind = _kind(value)
        if kind == "string":
            written = str.__str__(value)
            return _number(written) if isinstance(value, values.JSONNumber) else _quoted(written)
        if kind in {"slice", "array"}:
            return f"[{', '.join(self.element(values.indirect(item)) for item in values.elements(value))}]"
        if kind in {"map", "struct"}:
            return self.inline(value)
        return _scalar(value, kind)

    def inline(self, value: Any) -> str:
        items = _in_order(_items(value), self.spend)
        pieces = []
        for at, (name, item) in enumerate(items):
            if values.is_nil(item):
                continue
            comma = ", " if at < len(items) - 1 else ""  # also where only nil follows: so the Go encoder writes it
            pieces.append(f"{_quoted_key(name)} = {self.element(item)}{comma}")
        return f"{{{''.join(pieces)}}}"


def _in_order(items: list[tuple[str, Any]], spend: Callable[[int], None]) -> list[tuple[str, Any]]:
    """Plain values first, then tables and lists of tables, which begin a section of their own."""
    below = [_is_table(item) or _is_tables(item, spend) for _, item in items]
    plain = [entry for entry, is_below in zip(items, below, strict=True) if not is_below]
    return plain + [entry for entry, is_below in zip(items, below, strict=True) if is_below]


def _scalar(value: Any, kind: str) -> str:
    if kind == "time":
        return rfc3339(value) or ""
    if kind == "bool":
        return "true" if value else "false"
    found = values.type_of(value)
    if found is not None and found.name == "time.Duration" and found.text is not None:
        return _quoted(found.text(value))
    if kind in _NUMERIC:
        return str(int(value))
    if kind in types.FLOATS:
        return _real(float(value), 32 if kind == "float32" else 64)
    raise FunctionError(f"unsupported type: {kind or 'nil'}")


def _real(value: float, bits: int = 64) -> str:
    if not math.isfinite(value):
        sign = "-" if math.copysign(1, value) < 0 else ""
        return f"{sign}{'nan' if math.isnan(value) else 'inf'}"
    written = format_float(value, "f", -1, bits)
    return written if "." in written else f"{written}.0"


def _number(written: str) -> str:
    if not written:
        return "0"
    try:
        if written.lstrip("+-").isdecimal() and int(written) in _INT64:
            return str(int(written))
        real = float(written)
    except ValueError:
        raise FunctionError("unable to convert a number to int64 or float64") from None
    if math.isinf(real):
        raise FunctionError("unable to convert a number to int64 or float64")
    return _real(real)


def _quoted(value: str) -> str:
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _quoted_key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _path(key: Key) -> str:
    return ".".join(map(_quoted_key, key))


def _indent(key: Key) -> str:
    return "  " * (len(key) - 1)
