"""Values as the evaluator holds them: a `reflect.Value` of Go.

Most are the plain value itself. What came out of a slot of type `any` (an element of a `[]any` or `map[string]any`) is
Boxed: Go then knows the slot's type first, which shows in errors, and a nil in such a slot is not the same as no value.
None is no value at all: `reflect.Value{}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values

if TYPE_CHECKING:
    from sealer.gotemplate.types import GoType


class Boxed:
    """A value in a slot of type `any`; None in it is a nil interface."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Missing:
    """Stands for a final argument that is not there."""


NIL: Final = Boxed(None)
MISSING: Final = _Missing()


def unbox(value: Any) -> Any:
    """The plain value: what the slot holds, or None for none."""
    return value.value if type(value) is Boxed else value


def in_slot(value: Any, slot: GoType) -> Any:
    """A plain value as it comes out of a slot of a type."""
    if slot.kind == "interface":
        return NIL if value is None else Boxed(value)
    return value


def static_type(value: Any) -> GoType:
    """Type of a value as `reflect.Value.Type` gives it; not of None."""
    found = types.ANY if type(value) is Boxed else values.type_of(value)
    assert found is not None  # noqa: S101 - callers have dealt with no value
    return found
