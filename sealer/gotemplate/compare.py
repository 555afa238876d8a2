"""`eq ne lt le gt ge` (text/template, "Functions"): basic types of one kind compare, and integers of either sign."""

from __future__ import annotations

from typing import Any

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.ordering import comparable, equal


def _basic_kind(value: Any) -> str:
    """The kind in which a value compares; empty for what has none."""
    kind = values.kind_of(value)
    if kind in types.SIGNED:
        return "int"
    if kind in types.UNSIGNED:
        return "uint"
    if kind in types.FLOATS:
        return "float"
    if kind in types.COMPLEX:
        return "complex"
    return kind if kind in {"bool", "string"} else ""


def _name(value: Any) -> str:
    found = values.type_of(value)
    return "<nil>" if found is None else found.name


def _incompatible(one: Any, other: Any) -> FunctionError:
    return FunctionError(f"incompatible types for comparison: {_name(one)} and {_name(other)}")


def eq(first: Any, *others: Any) -> bool:
    """Whether a value equals any of the others.

    Args:
        first: Plain value.
        *others: Plain values.

    Raises:
        FunctionError: They cannot be compared.

    """
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_eq(first, other) for other in others)


def _eq(one: Any, other: Any) -> bool:
    kinds = _basic_kind(one), _basic_kind(other)
    if kinds[0] == kinds[1]:
        return bool(one == other) if kinds[0] else _eq_other(one, other)
    if set(kinds) == {"int", "uint"}:
        return bool(one == other)
    if one is not None and other is not None:
        raise _incompatible(one, other)
    return False


def _eq_other(one: Any, other: Any) -> bool:
    if one is not None and other is not None and values.kind_of(one) != values.kind_of(other):
        # Go prints both values here.
        raise FunctionError(f"non-comparable types {_name(one)}, {_name(other)}")
    if values.is_nil(one) or values.is_nil(other):
        return values.is_nil(one) == values.is_nil(other)
    if not comparable(other):
        raise FunctionError(f"non-comparable type {_name(other)}")  # Go prints the value here
    return equal(one, other)


def lt(one: Any, other: Any) -> bool:
    """Whether one value is less than another.

    Raises:
        FunctionError: They cannot be compared.

    """
    kinds = _basic_kind(one), _basic_kind(other)
    if not all(kinds):
        raise FunctionError("invalid type for comparison")
    if kinds[0] != kinds[1] and set(kinds) != {"int", "uint"}:
        raise _incompatible(one, other)
    if kinds[0] in {"bool", "complex"}:
        raise FunctionError("invalid type for comparison")
    return text.less(one, other) if kinds[0] == "string" else bool(one < other)


def le(one: Any, other: Any) -> bool:
    """Whether one value is less than another, or equal."""
    return lt(one, other) or eq(one, other)
