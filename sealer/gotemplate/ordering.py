"""Order and equality of Go values: maps in the order in which Go prints and ranges over them, `==`, DeepEqual.

Sources: package internal/fmtsort (as package fmt describes it) and "Comparison operators" of the Go specification.
"""

from __future__ import annotations

from functools import cmp_to_key
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sealer.gotemplate import text, types
from sealer.gotemplate.values import Map, Pointer, Struct, fields_of, is_nil, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.gotemplate.types import GoType


def sorted_items(mapping: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Entries of a map in Go's order."""
    if type(mapping) is dict or (isinstance(mapping, Map) and mapping.go_type.key is types.STRING):
        return _sorted_by_text(mapping)
    entries = list(mapping.items())
    entries.sort(key=cmp_to_key(_compare_entries))
    return entries


def _sorted_by_text(mapping: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    entries = list(mapping.items())
    try:
        # ASCII sorts as its bytes do. So does other text, but not the escaped bytes that may be in it.
        if all(map(str.isascii, mapping)):
            entries.sort(key=itemgetter(0))
        else:
            entries.sort(key=lambda entry: text.encode(entry[0]))
    except TypeError:
        raise TypeError("not a Go value: a map[string]any with a key that is not text") from None
    return entries


def _compare_entries(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
    return _compare(one[0], other[0])


def _compare(one: Any, other: Any) -> int:
    types_of = type_of(one), type_of(other)
    if types_of[0] is None or types_of[1] is None:
        return (one is not None) - (other is not None)
    if types_of[0] is not types_of[1]:
        # Go goes by the addresses of the two types, which differ from program to program.
        return 1 if types_of[0].name > types_of[1].name else -1
    if isinstance(one, str):
        return text.less(other, one) - text.less(one, other)
    if isinstance(one, complex):
        return _order(one.real, other.real) or _order(one.imag, other.imag)
    return _order(one, other) if isinstance(one, (int, float)) else 0


def _order(one: float, other: float) -> int:
    # A NaN is less than all else.
    return ((one > other) - (one < other)) or ((other != other) - (one != one))  # noqa: PLR0124 - NaN differs from itself


def comparable(value: Any) -> bool:
    """Whether Go can compare two values of this value's type with `==`."""
    found = type_of(value)
    return found is not None and _comparable_type(found)


def _comparable_type(found: GoType) -> bool:
    return found.kind not in {"slice", "map", "func"} and all(_comparable_type(inner) for _, inner in fields_of(found))


def equal(one: Any, other: Any) -> bool:
    """Go's `==` of two interface values whose types can be compared."""
    if one is None or other is None:
        return one is other
    if type_of(one) is not type_of(other):
        return False
    if isinstance(one, Pointer):
        # Two pointers to the same struct, slice or map may be two objects here; simple values have no identity.
        shared = isinstance(one.target, (Struct, list, dict)) and one.target is other.target
        return one is other or shared
    return _same_struct(one, other) if isinstance(one, Struct) else bool(one == other)


def _same_struct(one: Struct, other: Struct) -> bool:
    return one is other or all(equal(one.field(name), other.field(name)) for name, _ in one.fields)


def deep_equal(one: Any, other: Any, spend: Callable[[], None] | None = None) -> bool:  # noqa: PLR0911 - by kind
    """`reflect.DeepEqual` of two interface values.

    Args:
        one: Plain value.
        other: Plain value.
        spend: Called for each pair that is compared; values that share parts have very many of them.

    """
    if spend is not None:
        spend()
    if one is None or other is None:
        return one is other
    if type_of(one) is not type_of(other) or is_nil(one) != is_nil(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(deep_equal(*pair, spend) for pair in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(deep_equal(item, other[key], spend) for key, item in one.items())
    if isinstance(one, Pointer):
        return one.target is other.target or deep_equal(one.target, other.target, spend)
    if isinstance(one, Struct):
        return one is other or all(deep_equal(one.field(name), other.field(name), spend) for name, _ in one.fields)
    return bool(one == other)
