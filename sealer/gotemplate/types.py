"""Go's types, as far as templates can see them: what `%T` prints and what decides whether a value fits a parameter.

A type is one object for each name, so `is` compares types. The Go specification ("Properties of types and values")
and package reflect are the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

INTEGER_BITS: Final[Mapping[str, int]] = {
    "int": 64,
    "int8": 8,
    "int16": 16,
    "int32": 32,
    "int64": 64,
    "uint": 64,
    "uint8": 8,
    "uint16": 16,
    "uint32": 32,
    "uint64": 64,
    "uintptr": 64,
}
INTEGERS: Final = frozenset(INTEGER_BITS)
UNSIGNED: Final = frozenset(kind for kind in INTEGERS if kind.startswith("u"))
SIGNED: Final = INTEGERS - UNSIGNED
FLOATS: Final = frozenset({"float32", "float64"})
COMPLEX: Final = frozenset({"complex64", "complex128"})
BASIC: Final = INTEGERS | FLOATS | COMPLEX | {"bool", "string"}
NILABLE: Final = frozenset({"chan", "func", "interface", "map", "ptr", "slice"})


class GoType:
    """One Go type.

    Attributes:
        name: What `%T` prints, such as `map[string]interface {}`.
        kind: `reflect.Kind` as text: `int64`, `string`, `slice`, `map`, `struct`, `ptr`, `interface`, `func`, `chan`, …
        elem: Type of the elements of a slice, map, channel or pointer; else None.
        key: Type of the keys of a map; else None.
        underlying: The type itself, or for a named type the one it was declared from.
        methods: Methods that a template may call, by name; the receiver is their first parameter.
        text: `String()` or `Error()`, which printing uses; None without one.
        is_error: Whether `text` is `Error()`.

    """

    __slots__ = ("elem", "is_error", "is_named", "is_nilable", "key", "kind", "methods", "name", "text", "underlying")

    def __init__(
        self, name: str, kind: str, *, elem: GoType | None = None, key: GoType | None = None, is_named: bool = False
    ) -> None:
        self.name = name
        self.kind = kind
        self.elem = elem
        self.key = key
        self.is_named = is_named
        self.is_nilable = kind in NILABLE
        self.underlying: GoType = self
        self.methods: Mapping[str, Any] = {}
        self.text: Callable[[Any], str] | None = None
        self.is_error = False

    def __repr__(self) -> str:
        return f"<Go type {self.name}>"

    @property
    def element(self) -> GoType:
        """Type of the elements, where there must be one."""
        assert self.elem is not None, f"{self.name} has no elements"  # noqa: S101 - a mistake of ours, not of input
        return self.elem

    def define(
        self,
        *,
        methods: Mapping[str, Any] | None = None,
        text: Callable[[Any], str] | None = None,
        is_error: bool = False,
    ) -> None:
        """Give a named type its methods. Done once, where the type's module is imported.

        Args:
            methods: Functions by name, receiver first; a Registry will do.
            text: `String()` or, with `is_error`, `Error()`.
            is_error: Whether the type is an error.

        """
        self.methods = methods or {}
        self.text = text
        self.is_error = is_error


_TYPES: dict[str, GoType] = {}


def _keep(made: GoType) -> GoType:
    return _TYPES.setdefault(made.name, made)


def named(name: str, declared: str | GoType) -> GoType:
    """Declare a named type.

    Args:
        name: With its package, such as `time.Time`.
        declared: What it is declared from: a type, or `struct` or `interface`.

    Returns:
        The type; it can stand in signatures from here on.

    """
    if isinstance(declared, str) and declared in {"struct", "interface"}:
        return _keep(GoType(name, declared, is_named=True))
    underlying = lookup(declared) if isinstance(declared, str) else declared
    made = GoType(name, underlying.kind, elem=underlying.elem, key=underlying.key, is_named=True)
    made.underlying = underlying.underlying
    return _keep(made)


def lookup(name: str) -> GoType:
    """Find a type by its name.

    Raises:
        KeyError: No such type has been made.

    """
    return _TYPES[name]


def slice_of(elem: GoType) -> GoType:
    """Type `[]elem`."""
    return _keep(GoType(f"[]{elem.name}", "slice", elem=elem))


def array_of(length: int, elem: GoType) -> GoType:
    """Type `[length]elem`."""
    return _keep(GoType(f"[{length}]{elem.name}", "array", elem=elem))


def map_of(key: GoType, elem: GoType) -> GoType:
    """Type `map[key]elem`."""
    return _keep(GoType(f"map[{key.name}]{elem.name}", "map", key=key, elem=elem))


def pointer_to(elem: GoType) -> GoType:
    """Type `*elem`; methods and text are those of `elem`."""
    return _keep(GoType(f"*{elem.name}", "ptr", elem=elem))


def channel_of(elem: GoType, direction: str = "chan") -> GoType:
    """Type of a channel; the direction is `chan`, `<-chan` or `chan<-`."""
    return _keep(GoType(f"{direction} {elem.name}", "chan", elem=elem))


def function_type(params: Iterable[str], result: str) -> GoType:
    """Type of a function, from the names of its parameters (the last may begin with `...`) and its result."""
    return _keep(GoType(f"func({', '.join(params)}) {result}", "func"))


def assignable(source: GoType, target: GoType) -> bool:
    """Whether a value of type `source` may be assigned to `target` (Go specification, "Assignability")."""
    if source is target or target is ANY:
        return True
    if target.kind == "interface":
        return _implements(source, target)
    if source.kind in BASIC and source.kind == target.kind:
        return False  # two defined types, as the basic types are
    return source.underlying is target.underlying and not (source.is_named and target.is_named)


def _implements(source: GoType, target: GoType) -> bool:
    base = source.elem if source.kind == "ptr" and source.elem else source
    if target is ERROR:
        return base.is_error
    return base.text is not None and not base.is_error  # fmt.Stringer, the only other interface that we know


BASIC_TYPES: Final = {kind: _keep(GoType(kind, kind, is_named=True)) for kind in sorted(BASIC)}
BOOL: Final = BASIC_TYPES["bool"]
STRING: Final = BASIC_TYPES["string"]
INT: Final = BASIC_TYPES["int"]
INT64: Final = BASIC_TYPES["int64"]
UINT8: Final = BASIC_TYPES["uint8"]
FLOAT64: Final = BASIC_TYPES["float64"]
COMPLEX128: Final = BASIC_TYPES["complex128"]
ANY: Final = _keep(GoType("interface {}", "interface"))
ERROR: Final = _keep(GoType("error", "interface", is_named=True))
STRINGER: Final = named("fmt.Stringer", "interface")
REFLECT: Final = named("reflect.Value", "struct")
BYTES: Final = slice_of(UINT8)
STRINGS: Final = slice_of(STRING)
ANYS: Final = slice_of(ANY)
ANY_MAP: Final = map_of(STRING, ANY)
STRING_MAP: Final = map_of(STRING, STRING)
_TYPES |= {"any": ANY, "byte": UINT8, "rune": BASIC_TYPES["int32"]}
