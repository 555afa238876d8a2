"""`index`, `slice` and `len` (text/template, "Functions").

Arguments are values as the evaluator holds them: Go treats a nil in a slot of type `any` otherwise than no value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.evaluate.reflect import Boxed, in_slot, static_type, unbox

if TYPE_CHECKING:
    from sealer.gotemplate.types import GoType

_SEQUENCES: Final = frozenset({"array", "slice", "string"})
_MOST_INDEXES: Final = 3


def prepare(value: Any, wanted: GoType) -> Any:
    """Fit a plain value to a type, as `index` does with keys and `call` with arguments.

    Raises:
        FunctionError: It does not fit.

    """
    found = values.type_of(value)
    if found is None:
        if not wanted.is_nilable and wanted is not types.REFLECT:
            raise FunctionError(f"value is nil; should be of type {wanted.name}")
        return values.nil_of(wanted)
    if types.assignable(found, wanted):
        return value
    if found.kind in types.INTEGERS and wanted.kind in types.INTEGERS:
        return values.integer(value, wanted)
    raise FunctionError(f"value has type {found.name}; should be {wanted.name}")


def _position(index: Any, most: int) -> int:
    """An index into a sequence; as Go, but the index itself stays out of the error."""
    if index is None:
        raise FunctionError("cannot index slice/array with nil")
    found = static_type(index)
    if found.kind not in types.INTEGERS:
        raise FunctionError(f"cannot index slice/array with type {found.name}")
    if not 0 <= index <= most:
        raise FunctionError("index out of range")
    return int(index)


def index(item: Any, *indexes: Any) -> Any:
    """`index x 1 "a"`: `x[1]["a"]`.

    Raises:
        FunctionError: There is no such element, or nothing to index.

    """
    if unbox(item) is None:
        raise FunctionError("index of untyped nil")
    item = unbox(item)
    for at in indexes:
        item = values.indirect(unbox(item))
        if item is None or isinstance(item, values.Pointer):
            raise FunctionError("index of nil pointer")
        item = _element(item, unbox(at))
    return item


def _element(item: Any, at: Any) -> Any:
    found = static_type(item)
    if found.kind == "map":
        return _entry(item, at, found)
    if found.kind not in _SEQUENCES:
        raise FunctionError(f"can't index item of type {found.name}")
    sequence = text.encode(item) if isinstance(item, str) else item
    position = _position(at, len(sequence))
    if position == len(sequence):
        raise FunctionError(f"reflect: {found.kind} index out of range")
    if isinstance(sequence, bytes):
        return values.Uint8(sequence[position])
    return in_slot(sequence[position], found.element)


def _entry(item: Any, at: Any, found: GoType) -> Any:
    key = prepare(at, found.key or types.STRING)
    if values.kind_of(key) in {"slice", "map", "func"}:
        raise FunctionError(f"runtime error: hash of unhashable type {static_type(key).name}")
    return in_slot(item[key] if key in item else values.zero_of(found.element), found.element)


def slice_(item: Any, *indexes: Any) -> Any:
    """`slice x 1 2`: `x[1:2]`.

    A slice ends at its length: Go lets it be extended up to a capacity, which nothing in a template shows.

    Raises:
        FunctionError: There is no such part, or nothing to slice.

    """
    if unbox(item) is None:
        raise FunctionError("slice of untyped nil")
    item = values.indirect(unbox(item))
    if isinstance(item, values.Pointer):
        raise FunctionError("slice of nil pointer")
    if len(indexes) > _MOST_INDEXES:
        raise FunctionError(f"too many slice indexes: {len(indexes)}")
    found = static_type(item)
    if found.kind == "string" and len(indexes) == _MOST_INDEXES:
        raise FunctionError("cannot 3-index slice a string")
    if found.kind not in _SEQUENCES:
        raise FunctionError(f"can't slice item of type {found.name}")
    sequence = text.encode(item) if isinstance(item, str) else item
    given = [_position(at, len(sequence)) for at in indexes]
    bounds = [*given, *[0, len(sequence)][len(given) :]]
    if bounds != sorted(bounds):
        raise FunctionError("invalid slice index")
    return _part(item, sequence, bounds[0], bounds[1])


def _part(item: Any, sequence: Any, begin: int, end: int) -> Any:
    if isinstance(item, str):
        return type(item)(text.decode(sequence[begin:end]))
    if isinstance(item, values.Slice):
        return values.Slice(sequence[begin:end], item.go_type, is_nil=item.is_nil)
    return sequence[begin:end]


def length(item: Any) -> int:
    """`len x`.

    Raises:
        FunctionError: It has no length.

    """
    if item is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    item = values.indirect(item.value if type(item) is Boxed else item)
    if item is None or isinstance(item, values.Pointer):
        raise FunctionError("len of nil pointer")
    found = static_type(item)
    if found.kind == "string":
        return text.size(item)
    if found.kind not in {"array", "map", "slice"}:
        raise FunctionError(f"len of type {found.name}")
    return len(item)
