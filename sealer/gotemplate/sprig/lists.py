"""Sprig's list functions. A list is copied where Sprig copies it; errors name the kind of a value, never the value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.ordering import deep_equal
from sealer.gotemplate.sprig.cast import to_int64, truncate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_NIL: Final = "runtime error: invalid memory address or nil pointer dereference"
_TOO_LONG: Final = "runtime error: makeslice: len out of range"


def items_of(value: Any, refusal: str) -> list[Any]:
    """Elements of a list as Go values.

    Args:
        value: Any Go value.
        refusal: What to say of another kind, with `{kind}` in it.

    Raises:
        FunctionError: It is nil or no list.

    """
    if value is None:
        raise FunctionError(_NIL)
    kind = values.kind_of(value)
    if kind not in {"slice", "array"}:
        raise FunctionError(refusal.format(kind=kind))
    return value if isinstance(value, list) else list(values.elements(value))


@FUNCTIONS.add("list", "tuple", "func(...any) []any")
def _list(*items: Any) -> list[Any]:
    return list(items)


@FUNCTIONS.add("mustAppend", "mustPush", "func(any, any) ([]any, error)", context=True)
@FUNCTIONS.add("append", "push", "func(any, any) []any", context=True)
def _append(context: Context, items: Any, item: Any) -> list[Any]:
    return _copy(context, [*items_of(items, "Cannot push on type {kind}"), item])


@FUNCTIONS.add("mustPrepend", "func(any, any) ([]any, error)", context=True)
@FUNCTIONS.add("prepend", "func(any, any) []any", context=True)
def _prepend(context: Context, items: Any, item: Any) -> list[Any]:
    return _copy(context, [item, *items_of(items, "Cannot prepend on type {kind}")])


def _copy(context: Context, items: Iterable[Any]) -> list[Any]:
    copied = list(items)
    context.spend(len(copied) // 8)
    context.reserve(16 * len(copied))
    return copied


@FUNCTIONS.add("mustFirst", "func(any) (any, error)")
@FUNCTIONS.add("first", "func(any) any")
def _first(items: Any) -> Any:
    found = items_of(items, "Cannot find first on type {kind}")
    return found[0] if found else None


@FUNCTIONS.add("mustLast", "func(any) (any, error)")
@FUNCTIONS.add("last", "func(any) any")
def _last(items: Any) -> Any:
    found = items_of(items, "Cannot find last on type {kind}")
    return found[-1] if found else None


@FUNCTIONS.add("mustRest", "func(any) ([]any, error)", context=True)
@FUNCTIONS.add("rest", "func(any) []any", context=True)
def _rest(context: Context, items: Any) -> list[Any] | None:
    found = items_of(items, "Cannot find rest on type {kind}")
    return _copy(context, found[1:]) if found else None


@FUNCTIONS.add("mustInitial", "func(any) ([]any, error)", context=True)
@FUNCTIONS.add("initial", "func(any) []any", context=True)
def _initial(context: Context, items: Any) -> list[Any] | None:
    found = items_of(items, "Cannot find initial on type {kind}")
    return _copy(context, found[:-1]) if found else None


@FUNCTIONS.add("mustReverse", "func(any) ([]any, error)", context=True)
@FUNCTIONS.add("reverse", "func(any) []any", context=True)
def _reverse(context: Context, items: Any) -> list[Any]:
    return _copy(context, reversed(items_of(items, "Cannot find reverse on type {kind}")))


@FUNCTIONS.add("mustCompact", "func(any) ([]any, error)", context=True)
@FUNCTIONS.add("compact", "func(any) []any", context=True)
def _compact(context: Context, items: Any) -> list[Any]:
    return _copy(context, filter(values.is_true, items_of(items, "Cannot compact on type {kind}")))


def _among(context: Context, item: Any, items: Sequence[Any]) -> bool:
    for other in items:
        context.spend(1)
        if deep_equal(item, other, context.spend):
            return True
    return False


@FUNCTIONS.add("mustUniq", "func(any) ([]any, error)", context=True)
@FUNCTIONS.add("uniq", "func(any) []any", context=True)
def _uniq(context: Context, items: Any) -> list[Any]:
    kept: list[Any] = []
    for item in items_of(items, "Cannot find uniq on type {kind}"):
        if not _among(context, item, kept):
            kept.append(item)
    return kept


@FUNCTIONS.add("mustWithout", "func(any, ...any) ([]any, error)", context=True)
@FUNCTIONS.add("without", "func(any, ...any) []any", context=True)
def _without(context: Context, items: Any, *omitted: Any) -> list[Any]:
    found = items_of(items, "Cannot find without on type {kind}")
    return [item for item in found if not _among(context, item, omitted)]


@FUNCTIONS.add("mustHas", "func(any, any) (bool, error)", context=True)
@FUNCTIONS.add("has", "func(any, any) bool", context=True)
def _has(context: Context, item: Any, items: Any) -> bool:
    return items is not None and _among(context, item, items_of(items, "Cannot find has on type {kind}"))


@FUNCTIONS.add("mustSlice", "func(any, ...any) (any, error)", context=True)
@FUNCTIONS.add("slice", "func(any, ...any) any", context=True)
def _slice(context: Context, items: Any, *indices: Any) -> Any:
    """A part of a list; nil of an empty one. Unlike in Go it cannot reach behind the end into spare capacity."""
    found = items_of(items, "list should be type of slice or array but {kind}")
    if not found:
        return None
    start = to_int64(indices[0]) if indices else 0
    end = to_int64(indices[1]) if len(indices) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    if isinstance(items, bytes):
        return items[start:end]
    part = _copy(context, found[start:end])
    return values.Slice(part, items.go_type) if isinstance(items, values.Slice) else part


@FUNCTIONS.add("concat", "func(...any) any", context=True)
def _concat(context: Context, *lists: Any) -> Any:
    joined: list[Any] = []
    for items in lists:
        joined += items_of(items, "Cannot concat type {kind} as list")
        context.reserve(16 * len(joined))
    context.spend(len(joined) // 8)
    return joined or values.nil_of(types.ANYS)


@FUNCTIONS.add("mustChunk", "func(int, any) ([][]any, error)", context=True)
@FUNCTIONS.add("chunk", "func(int, any) [][]any", context=True)
def _chunk(context: Context, size: int, items: Any) -> list[list[Any]]:
    found = items_of(items, "Cannot chunk type {kind}")
    count = _chunk_count(len(found), size)
    if size <= 0 and len(found) == count == 1 and size != -1:
        return [list(found)]
    if count < 0 or (size <= 0 and count > 0):
        raise FunctionError(_TOO_LONG)
    context.reserve(16 * len(found))
    context.spend(len(found) // 8)
    return [list(found[at * size : (at + 1) * size]) for at in range(count)]


def _chunk_count(length: int, size: int) -> int:
    # Sprig divides floating-point numbers, so sizes of zero and below give odd counts rather than their own error.
    if size == 0:
        return truncate(math.nan)
    return math.floor((length - 1) / size) + 1
