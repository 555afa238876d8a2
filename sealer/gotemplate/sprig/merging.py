"""Merge dictionaries as dario.cat/mergo does with a map: in place, nested maps within each other, lists as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError, LimitError

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context
    from sealer.gotemplate.types import GoType

MAX_DEPTH: Final = 100
_COMPOSITE: Final = frozenset({"struct", "ptr", "map"})


class MergeError(FunctionError):
    """Two values cannot be merged; Sprig's `merge` swallows this and `mustMerge` does not."""


def merge_into(context: Context, target: dict[Any, Any], source: dict[Any, Any], *, overwrite: bool) -> None:
    """Merge one map into another.

    Args:
        context: The rendering, which is charged.
        target: What is changed.
        source: What is merged; its nested maps become parts of the target, not copies of them.
        overwrite: Whether the source's values win where both have one.

    Raises:
        MergeError: A pointer and another kind of value stand under one key.
        FunctionError: A value does not fit the type of the target's elements.
        LimitError: The maps are nested too deep.

    """
    _Merge(context, overwrite=overwrite).maps(target, source)


class _Merge:
    def __init__(self, context: Context, *, overwrite: bool) -> None:
        self.context = context
        self.overwrite = overwrite
        self.depth = 0

    def maps(self, target: dict[Any, Any], source: dict[Any, Any]) -> None:
        if self.depth > MAX_DEPTH:
            raise LimitError(f"merges maps nested more than {MAX_DEPTH} deep")
        self.depth += 1
        for key, value in list(source.items()):
            self.context.spend(1)
            self.entry(target, key, value, _element(source, value))
        self.depth -= 1

    def entry(self, target: dict[Any, Any], key: Any, value: Any, element: GoType | None) -> None:
        present = target.get(key)
        kind = values.kind_of(value)
        if kind in _COMPOSITE and key in target:
            self.composite(present, value)
        if value is None:
            settles = self.overwrite
        elif _is_empty(present):  # looked at after the merge: an empty map may have been filled by it
            settles = True
        elif kind == "slice":
            settles = self.overwrite
        else:
            settles = self.overwrite and not (kind == "map" == values.kind_of(present))
        if settles:
            _put(target, key, value, element)

    def composite(self, present: Any, value: Any) -> None:
        both_maps = isinstance(present, dict) and isinstance(value, dict)
        if both_maps and not values.is_nil(present):
            self.maps(present, value)
        elif (
            isinstance(present, values.Pointer)
            and not isinstance(value, values.Pointer)
            and present.target is not None
            and not self.overwrite
            and values.type_of(present.target) is not values.type_of(value)
        ):
            raise MergeError("src and dst must be of same type")


def _element(source: dict[Any, Any], value: Any) -> GoType | None:
    """The type that package reflect sees of an element: that of the map's elements, but of a slice its own."""
    found = values.type_of(source)
    own = values.type_of(value)
    return own if found is None or (own is not None and own.kind == "slice") else found.elem


def _put(target: dict[Any, Any], key: Any, value: Any, element: GoType | None) -> None:
    found = values.type_of(target)
    wanted = types.ANY if found is None or found.elem is None else found.elem
    if wanted is not types.ANY and (element is None or not types.assignable(element, wanted)):
        name = "interface {}" if element is None else element.name
        raise FunctionError(f"reflect.Value.SetMapIndex: value of type {name} is not assignable to type {wanted.name}")
    target[key] = value


def _is_empty(value: Any) -> bool:
    """Emptiness as mergo has it: zero, without length, nil, or a pointer to such; a struct is never empty."""
    value = values.indirect(value)
    if value is None or isinstance(value, values.Pointer):
        return True
    return not isinstance(value, complex) and not values.is_true(value)
