"""Sprig's functions for emptiness, defaults and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gojson

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_INDENT: Final = "  "


@FUNCTIONS.add("default", "func(any, ...any) any")
def _default(default: Any, *given: Any) -> Any:
    return given[0] if given and values.is_true(given[0]) else default


@FUNCTIONS.add("empty", "func(any) bool")
def _empty(value: Any) -> bool:
    return not values.is_true(value)


@FUNCTIONS.add("coalesce", "func(...any) any")
def _coalesce(*items: Any) -> Any:
    return next(filter(values.is_true, items), None)


@FUNCTIONS.add("all", "func(...any) bool")
def _all(*items: Any) -> bool:
    return all(map(values.is_true, items))


@FUNCTIONS.add("any", "func(...any) bool")
def _any(*items: Any) -> bool:
    return any(map(values.is_true, items))


@FUNCTIONS.add("ternary", "func(any, any, bool) any")
def _ternary(if_true: Any, if_false: Any, condition: bool) -> Any:
    return if_true if condition else if_false


def _decoded(context: Context, written: str) -> Any:
    context.spend(1 + len(written) // 32)
    return gojson.decode(written)


@FUNCTIONS.add("mustFromJson", "func(string) (any, error)", context=True)
def _must_from_json(context: Context, written: str) -> Any:
    return _decoded(context, written)


@FUNCTIONS.add("fromJson", "func(string) any", context=True)
def _from_json(context: Context, written: str) -> Any:
    try:
        return _decoded(context, written)
    except FunctionError:
        return None  # Sprig swallows the error


def _must_to_json(context: Context, value: Any) -> str:
    return gojson.encode(value, context.spend)


def _must_to_pretty_json(context: Context, value: Any) -> str:
    return gojson.encode(value, context.spend, indent=_INDENT)


def _must_to_raw_json(context: Context, value: Any) -> str:
    return gojson.encode(value, context.spend, escape_html=False)


FUNCTIONS.add("mustToJson", "func(any) (string, error)", context=True)(_must_to_json)
FUNCTIONS.add("mustToPrettyJson", "func(any) (string, error)", context=True)(_must_to_pretty_json)
FUNCTIONS.add("mustToRawJson", "func(any) (string, error)", context=True)(_must_to_raw_json)
# This one panics where the other two give nothing.
FUNCTIONS.add("toRawJson", "func(any) string", context=True)(_must_to_raw_json)


@FUNCTIONS.add("toJson", "func(any) string", context=True)
def _to_json(context: Context, value: Any) -> str:
    try:
        return _must_to_json(context, value)
    except FunctionError:
        return ""  # Sprig swallows the error


@FUNCTIONS.add("toPrettyJson", "func(any) string", context=True)
def _to_pretty_json(context: Context, value: Any) -> str:
    try:
        return _must_to_pretty_json(context, value)
    except FunctionError:
        return ""  # Sprig swallows the error
