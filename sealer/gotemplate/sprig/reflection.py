"""Sprig's functions that ask for the type of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.ordering import deep_equal

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("typeOf", "func(any) string")
def _type_of(value: Any) -> str:
    found = values.type_of(value)
    return "<nil>" if found is None else found.name


@FUNCTIONS.add("typeIs", "func(string, any) bool")
def _type_is(name: str, value: Any) -> bool:
    return _type_of(value) == name


@FUNCTIONS.add("typeIsLike", "func(string, any) bool")
def _type_is_like(name: str, value: Any) -> bool:
    """Whether a value has a type, or is a pointer to it."""
    return _type_of(value) in {name, f"*{name}"}


FUNCTIONS.add("kindOf", "func(any) string")(values.kind_of)


@FUNCTIONS.add("kindIs", "func(string, any) bool")
def _kind_is(kind: str, value: Any) -> bool:
    return values.kind_of(value) == kind


@FUNCTIONS.add("deepEqual", "func(any, any) bool", context=True)
def _deep_equal(context: Context, one: Any, other: Any) -> bool:
    return deep_equal(one, other, context.spend)
