"""Go values as Python values.

======================= ==================================================================================
nil in an interface     None
bool, int, float64      bool, int, float (exactly these classes)
string, complex128      str (see `text`), complex
int8 … uintptr          the subclasses of int below; float32 and complex64 likewise
[]any, map[string]any   list, dict (exactly these classes)
[]byte                  bytes
other slices, arrays    Slice
other maps              Map
pointers, channels      Pointer, Channel
structs                 subclasses of Struct
named basic types       subclasses of a basic class and GoValue with a `go_type`
errors                  GoError
======================= ==================================================================================

Nothing else is a Go value, so a template reaches no attribute of a Python object.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sealer.gotemplate import types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sealer.gotemplate.types import GoType

_TYPE_OF: Final[dict[type, GoType]] = {
    bool: types.BOOL,
    int: types.INT,
    float: types.FLOAT64,
    complex: types.COMPLEX128,
    str: types.STRING,
    bytes: types.BYTES,
    list: types.ANYS,
    dict: types.ANY_MAP,
}

_INTEGER_CLASSES: Final[dict[GoType, type[int]]] = {}
_STRUCTS: Final[dict[GoType, type[Struct]]] = {}


class GoValue:
    """Base of every class of ours that is a Go value."""

    __slots__ = ()
    go_type: ClassVar[GoType]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("go_type"), types.GoType):
            _TYPE_OF[cls] = cls.go_type
            if issubclass(cls, int):
                _INTEGER_CLASSES[cls.go_type] = cls

    def __repr__(self) -> str:
        return f"<Go value of type {type_of(self)}>"  # never the value: it may be a secret


class Int8(GoValue, int):
    """Go int8."""

    go_type = types.BASIC_TYPES["int8"]


class Int16(GoValue, int):
    """Go int16."""

    go_type = types.BASIC_TYPES["int16"]


class Int32(GoValue, int):
    """Go int32, also rune."""

    go_type = types.BASIC_TYPES["int32"]


class Int64(GoValue, int):
    """Go int64."""

    go_type = types.BASIC_TYPES["int64"]


class Uint(GoValue, int):
    """Go uint."""

    go_type = types.BASIC_TYPES["uint"]


class Uint8(GoValue, int):
    """Go uint8, also byte."""

    go_type = types.BASIC_TYPES["uint8"]


class Uint16(GoValue, int):
    """Go uint16."""

    go_type = types.BASIC_TYPES["uint16"]


class Uint32(GoValue, int):
    """Go uint32."""

    go_type = types.BASIC_TYPES["uint32"]


class Uint64(GoValue, int):
    """Go uint64."""

    go_type = types.BASIC_TYPES["uint64"]


class Uintptr(GoValue, int):
    """Go uintptr."""

    go_type = types.BASIC_TYPES["uintptr"]


class Float32(GoValue, float):
    """Go float32; the value is already rounded."""

    go_type = types.BASIC_TYPES["float32"]


class Complex64(GoValue, complex):
    """Go complex64."""

    go_type = types.BASIC_TYPES["complex64"]


class JSONNumber(GoValue, str):
    """encoding/json's Number: the text of a number."""

    __slots__ = ()
    go_type = types.named("json.Number", "string")

    def __str__(self) -> str:
        return str.__str__(self)


class Slice(GoValue, list[Any]):
    """A slice or an array whose elements have a type; also a nil `[]any`.

    Args:
        items: The elements, each of the element type.
        go_type: The slice's type.
        is_nil: Whether it is a nil slice.

    """

    __slots__ = ("go_type", "is_nil")

    def __init__(self, items: Iterable[Any], go_type: GoType, *, is_nil: bool = False) -> None:
        super().__init__(items)
        self.go_type = go_type  # type: ignore[misc] # of the instance here: each slice has its own element type
        self.is_nil = is_nil


class Map(GoValue, dict[Any, Any]):
    """A map other than `map[string]any`; also a nil one of that type.

    Args:
        items: The entries, keys and elements of the map's types.
        go_type: The map's type.
        is_nil: Whether it is a nil map.

    """

    __slots__ = ("go_type", "is_nil")

    def __init__(self, items: Mapping[Any, Any], go_type: GoType, *, is_nil: bool = False) -> None:
        super().__init__(items)
        self.go_type = go_type  # type: ignore[misc] # of the instance here: each map has its own types
        self.is_nil = is_nil


class Pointer(GoValue):
    """A pointer, or a nil pointer of a type.

    Args:
        target: What it points to; None for a nil pointer.
        go_type: Its type; may be left out where there is a target.

    """

    __slots__ = ("go_type", "target")

    def __init__(self, target: Any, go_type: GoType | None = None) -> None:
        target_type = type_of(target)
        if go_type is None:
            assert target_type is not None, "a nil pointer needs a type"  # noqa: S101 - a mistake of ours
            go_type = types.pointer_to(target_type)
        self.target = target
        self.go_type = go_type  # type: ignore[misc] # of the instance here


class Channel(GoValue):
    """A channel to range over, once.

    Args:
        items: What comes out of it.
        elem: Type of what comes out of it.

    """

    __slots__ = ("go_type", "items")

    def __init__(self, items: Iterator[Any], elem: GoType) -> None:
        self.items = items
        self.go_type = types.channel_of(elem, "<-chan")  # type: ignore[misc] # of the instance here


class Struct(GoValue):
    """Base of structs. A subclass gives `go_type` and lists its fields.

    Attributes:
        fields: Name and type of each field, in Go's order; its value is the attribute of that name. Printing shows all,
            templates may read those whose names begin with a capital letter.

    """

    __slots__ = ()
    fields: ClassVar[tuple[tuple[str, GoType], ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("go_type"), types.GoType):
            _STRUCTS[cls.go_type] = cls

    def field(self, name: str) -> Any:
        """Value of a listed field."""
        return getattr(self, name)


class ErrorString(Struct):
    """What an error of `errors.New` points to."""

    __slots__ = ("s",)
    go_type = types.named("errors.errorString", "struct")
    fields = (("s", types.STRING),)

    def __init__(self, message: str) -> None:
        self.s = message


class GoError(Pointer):
    """An error that is a value, as `errors.New` makes it.

    Args:
        message: Its text.

    """

    __slots__ = ()

    def __init__(self, message: str) -> None:
        super().__init__(ErrorString(message))


def type_of(value: Any) -> GoType | None:
    """Type of a value as `reflect.TypeOf` gives it; None for nil.

    Raises:
        TypeError: It is no Go value. That is a mistake of the caller, not of a template.

    """
    found = _TYPE_OF.get(type(value))
    if found is not None or value is None:
        return found
    if isinstance(value, GoValue):
        return value.go_type
    raise TypeError(f"not a Go value: {type(value).__name__}")


def kind_of(value: Any) -> str:
    """`reflect.ValueOf(value).Kind()` as text; `invalid` for nil."""
    found = type_of(value)
    return "invalid" if found is None else found.kind


def strings(items: Iterable[str]) -> Slice:
    """A `[]string`."""
    return Slice(items, types.STRINGS)


def string_map(items: Mapping[str, str]) -> Map:
    """A `map[string]string`."""
    return Map(items, types.STRING_MAP)


def nil_of(go_type: GoType) -> Any:
    """The nil value of a type that has one; None for interfaces."""
    if go_type.kind == "slice":
        return Slice((), go_type, is_nil=True)
    if go_type.kind == "map":
        return Map({}, go_type, is_nil=True)
    return Pointer(None, go_type) if go_type.kind in {"ptr", "func", "chan"} else None


def zero_of(go_type: GoType) -> Any:
    """The zero value of a type, as `reflect.Zero` gives it; there is none of a struct."""
    kind = go_type.kind
    if kind in types.INTEGERS:
        return integer(0, go_type)
    if kind in types.FLOATS:
        return single(0.0) if kind == "float32" else 0.0
    if kind in types.COMPLEX:
        return Complex64(0) if kind == "complex64" else 0j
    return {"bool": False, "string": ""}.get(kind, nil_of(go_type))


def single(value: float) -> Float32:
    """A float32, rounded."""
    try:
        return Float32(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return Float32(math.copysign(math.inf, value))


def fields_of(go_type: GoType) -> tuple[tuple[str, GoType], ...]:
    """Name and type of each field of a struct type; none of any other."""
    return _STRUCTS[go_type].fields if go_type in _STRUCTS else ()


def integer(value: int, go_type: GoType) -> int:
    """An integer of a type; what does not fit wraps around, as Go's conversions and arithmetic do."""
    bits = types.INTEGER_BITS[go_type.kind]
    value &= (1 << bits) - 1
    if go_type.kind in types.SIGNED and value >> (bits - 1):
        value -= 1 << bits
    made = _INTEGER_CLASSES.get(go_type)
    return value if made is None else made(value)


def is_nil(value: Any) -> bool:
    """Whether a value is nil or the nil of its type."""
    if value is None:
        return True
    if isinstance(value, Pointer):
        return value.target is None
    return isinstance(value, (Slice, Map)) and value.is_nil


def is_true(value: Any) -> bool:
    """Go's truth of a value: whether it is not the zero of its type (text/template, "if")."""
    if value is None:
        return False
    if isinstance(value, Pointer):
        return value.target is not None
    if isinstance(value, (Struct, Channel)) or not isinstance(value, (int, float, complex, str, bytes, list, dict)):
        return True
    return bool(value)


def indirect(value: Any) -> Any:
    """What a chain of pointers ends at: a value, or the nil Pointer in it."""
    while isinstance(value, Pointer) and value.target is not None:
        value = value.target
    return value


def elements(value: Any) -> Iterable[Any]:
    """Elements of a slice, array or []byte as Go values."""
    return map(Uint8, value) if isinstance(value, bytes) else value
