"""`spew_sdump` and `spew_sprintf`: values with their types, as package davecgh/go-spew shows them.

Go shows maps in whatever order, and capacities and addresses of memory are those of the run: here maps are sorted, a
capacity is the length, and an address says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import fmt, types, values
from sealer.gotemplate.fmt.floats import format_float
from sealer.gotemplate.fmt.printer import ADDRESS
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.ordering import sorted_items
from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_VERB: Final = re.compile(r"%(?P<flags>[-+# 0]*)(?:\d+)?(?:\.\d*)?(?P<verb>[^\d\s])")
_NIL: Final = "<nil>"
_INTERFACE: Final = "(interface {})"
_ROW: Final = 16


@FUNCTIONS.add("spew_sdump", "func(...any) (string, error)", context=True)
def _sdump(context: Context, *arguments: Any) -> str:
    return "".join(f"{_dumped(context, argument, types.ANY, 0)}\n" for argument in arguments)


@FUNCTIONS.add("spew_sprintf", "func(string, ...any) (string, error)", context=True)
def _sprintf(context: Context, layout: str, *arguments: Any) -> str:
    """Format as `printf` does, but for `%v`, `%+v`, `%#v` and `%#+v`, which show what pointers point to."""
    rest = iter(arguments)
    if "*" in layout or "[" in layout:  # widths and numbers of arguments: fmt's own business
        return fmt.sprintf(layout, arguments, context.reserve)
    pieces: list[str] = []
    end = 0
    for found in _VERB.finditer(layout):
        pieces += [layout[end : found.start()], _verb(context, found, rest)]
        end = found.end()
    # What is left over, and a lone % at the end, are shown as fmt shows them.
    return "".join(pieces) + fmt.sprintf(layout[end:], list(rest), context.reserve)


def _verb(context: Context, found: re.Match[str], rest: Iterator[Any]) -> str:
    if found["verb"] == "%":
        return "%"
    missing = object()
    argument = next(rest, missing)
    if argument is missing:
        return fmt.sprintf(found[0], [])
    if found["verb"] != "v":
        return fmt.sprintf(found[0], [argument], context.reserve)
    flags = found["flags"]
    return _Compact(context, names="+" in flags or "#" in flags, show_types="#" in flags, addresses="+" in flags).show(
        argument, types.ANY
    )


def _type_name(value: Any) -> str:
    found = values.type_of(value)
    return "interface {}" if found is None else found.name


def _own_text(value: Any) -> str | None:
    found = values.type_of(value)
    return None if found is None or found.text is None else found.text(value)


def _basic(value: Any, kind: str) -> str:
    if kind == "bool":
        return "true" if value else "false"
    if kind in types.INTEGERS:
        return hex(value) if kind == "uintptr" else str(int(value))
    if kind in types.FLOATS:
        return format_float(float(value), "g", -1, 32 if kind == "float32" else 64)
    if kind in types.COMPLEX:
        real, imaginary = (format_float(part, "g", -1) for part in (value.real, value.imag))
        return f"({real}{'' if imaginary[0] in '+-' else '+'}{imaginary}i)"
    return hex(ADDRESS)  # channels and functions


def _dumped(context: Context, value: Any, declared: types.GoType, depth: int, *, typed: bool = True) -> str:
    """Show a value over several lines, without the indentation of its first line.

    Args:
        context: The rendering, which is charged.
        value: The value.
        declared: Type of the place it stands in, for nil.
        depth: How many containers it is in.
        typed: Whether to say its type.

    """
    context.spend(4)
    if value is None:
        return f"({declared.name}) {_NIL}"
    if isinstance(value, values.Pointer):
        return _pointer(context, value, depth)
    head = (f"({_type_name(value)}) " if typed else "") + _size(value)
    plain = _plain(value)
    if plain is not None:
        return head + plain
    return f"{head}{{\n{_contents(context, value, depth + 1)}{' ' * depth}}}"


def _plain(value: Any) -> str | None:
    """What is shown of a value that holds no others; None of one that does."""
    own = _own_text(value)
    kind = values.kind_of(value)
    if own is not None or kind == "string":
        return quote(str.__str__(value)) if own is None else own
    if kind not in {"slice", "array", "map", "struct"}:
        return _basic(value, kind)
    return _NIL if values.is_nil(value) else None


def _pointer(context: Context, value: values.Pointer, depth: int) -> str:
    if value.target is None:
        return f"({_type_name(value)})({_NIL})"
    inside = _dumped(context, value.target, types.ANY, depth, typed=False)
    return f"({_type_name(value)})({hex(ADDRESS)})({inside})"


def _size(value: Any) -> str:
    kind = values.kind_of(value)
    if kind == "string":
        length = len(str.__str__(value).encode("utf-8", "surrogateescape"))
        return f"(len={length}) " if length else ""
    if kind not in {"slice", "array", "map"} or not len(value):
        return ""
    return f"(len={len(value)}) " if kind == "map" else f"(len={len(value)} cap={len(value)}) "


def _contents(context: Context, value: Any, depth: int) -> str:
    indent = " " * depth
    context.spend(depth)
    if isinstance(value, bytes):
        return "".join(f"{indent}{row}\n" for row in _hex_rows(value))
    if isinstance(value, values.Struct):
        lines = [f"{name}: {_dumped(context, value.field(name), kind, depth)}" for name, kind in value.fields]
    elif isinstance(value, dict):
        key_type, elem = _types_of(value)
        lines = [
            f"{_dumped(context, key, key_type, depth)}: {_dumped(context, item, elem, depth)}"
            for key, item in sorted_items(value)
        ]
    else:
        lines = [_dumped(context, item, _types_of(value)[1], depth) for item in value]
    return "".join(f"{indent}{line},\n" for line in lines[:-1]) + "".join(f"{indent}{line}\n" for line in lines[-1:])


def _types_of(value: Any) -> tuple[types.GoType, types.GoType]:
    found = values.type_of(value) or types.ANYS
    return found.key or types.ANY, found.elem or types.ANY


def _hex_rows(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        halves = (row[:8].hex(" "), row[8:].hex(" "))
        shown = "".join(chr(byte) if 0x20 <= byte <= 0x7E else "." for byte in row)  # noqa: PLR2004 - printable ASCII
        yield f"{at:08x}  {halves[0]:<23}  {halves[1]:<23}  |{shown}|"


class _Compact:
    """Shows values on one line, for `%v` and its like."""

    def __init__(self, context: Context, *, names: bool, show_types: bool, addresses: bool) -> None:
        self.context = context
        self.names = names
        self.show_types = show_types
        self.addresses = addresses

    def show(self, value: Any, declared: types.GoType) -> str:
        """Show a value.

        Args:
            value: The value.
            declared: Type of the place it stands in: only in an interface a value's own type is said.

        """
        self.context.spend(4)
        typed = self.show_types and declared.kind == "interface"
        if value is None:
            return (f"({declared.name})" if self.show_types else "") + _NIL
        if isinstance(value, values.Pointer):
            return self._pointer(value, typed=typed)
        return (f"({_type_name(value)})" if typed else "") + self._bare(value)

    def _pointer(self, value: values.Pointer, *, typed: bool) -> str:
        if value.target is None:
            return f"({_type_name(value)}){_NIL}" if typed else _NIL
        head = f"({_type_name(value)})" if typed else "<*>"
        return f"{head}{f'({hex(ADDRESS)})' if self.addresses else ''}{self._bare(value.target)}"

    def _bare(self, value: Any) -> str:
        own = _own_text(value)
        kind = values.kind_of(value)
        if own is not None or kind == "string":
            return str.__str__(value) if own is None else own
        if values.is_nil(value):
            return _NIL
        key_type, elem = _types_of(value)
        if isinstance(value, values.Struct):
            shown = [self._field(name, value.field(name), kind) for name, kind in value.fields]
            return f"{{{' '.join(shown)}}}"
        if isinstance(value, dict):
            pairs = sorted_items(value)
            shown = [f"{self.show(key, key_type)}:{self.show(item, elem)}" for key, item in pairs]
            return f"map[{' '.join(shown)}]"
        if kind in {"slice", "array"}:
            return f"[{' '.join(self.show(item, elem) for item in values.elements(value))}]"
        return _basic(value, kind)

    def _field(self, name: str, value: Any, declared: types.GoType) -> str:
        if isinstance(value, values.Pointer):
            shown = self._pointer(value, typed=self.show_types)
        else:
            shown = self.show(value, declared)
            typed = self.show_types and declared.kind != "interface"
            shown = f"({declared.name}){shown}" if typed else shown
        return f"{name}:{shown}" if self.names else shown
