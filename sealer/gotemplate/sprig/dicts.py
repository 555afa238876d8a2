"""Sprig's dictionary functions. A dictionary is shared, not copied: `set`, `unset` and `merge` change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.ordering import sorted_items
from sealer.gotemplate.sprig.copying import deep_copy
from sealer.gotemplate.sprig.merging import MergeError, merge_into
from sealer.gotemplate.sprig.texts import strval

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_LEAST_DIG_ARGUMENTS: Final = 3


@FUNCTIONS.add("dict", "func(...any) map[string]any", context=True)
def _dict(context: Context, *items: Any) -> dict[str, Any]:
    """Keys and values in turn; the last value may be missing and is then empty."""
    padded = (*items, "") if len(items) % 2 else items
    return {strval(context, key): value for key, value in zip(padded[::2], padded[1::2], strict=True)}


@FUNCTIONS.add("get", "func(map[string]any, string) any")
def _get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key, "")


@FUNCTIONS.add("set", "func(map[string]any, string, any) map[string]any")
def _set(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if values.is_nil(mapping):
        raise FunctionError("assignment to entry in nil map")
    mapping[key] = value
    return mapping


@FUNCTIONS.add("unset", "func(map[string]any, string) map[string]any")
def _unset(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    mapping.pop(key, None)
    return mapping


@FUNCTIONS.add("hasKey", "func(map[string]any, string) bool")
def _has_key(mapping: dict[str, Any], key: str) -> bool:
    return key in mapping


@FUNCTIONS.add("pluck", "func(string, ...map[string]any) []any")
def _pluck(key: str, *mappings: dict[str, Any]) -> list[Any]:
    return [mapping[key] for mapping in mappings if key in mapping]


@FUNCTIONS.add("keys", "func(...map[string]any) []string", context=True)
def _keys(context: Context, *mappings: dict[str, Any]) -> list[str]:
    """Keys in the order of `range`. Go's order is random; nobody can rely on it, so a steady one does no harm."""
    context.spend(sum(map(len, mappings)))
    return [key for mapping in mappings for key, _ in sorted_items(mapping)]


@FUNCTIONS.add("values", "func(map[string]any) []any", context=True)
def _values(context: Context, mapping: dict[str, Any]) -> list[Any]:
    """Values in the order of their keys, as `keys` does it."""
    context.spend(len(mapping))
    return [value for _, value in sorted_items(mapping)]


@FUNCTIONS.add("pick", "func(map[string]any, ...string) map[string]any")
def _pick(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


@FUNCTIONS.add("omit", "func(map[string]any, ...string) map[string]any", context=True)
def _omit(context: Context, mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    context.spend(len(mapping) // 8)
    omitted = set(keys)
    return {key: value for key, value in mapping.items() if key not in omitted}


@FUNCTIONS.add("dig", "func(...any) (any, error)")
def _dig(*arguments: Any) -> Any:
    """Follow keys into a dictionary: keys, then what stands in for a missing one, then the dictionary."""
    if len(arguments) < _LEAST_DIG_ARGUMENTS:
        raise FunctionError("dig needs at least three arguments")
    *keys, default, found = arguments
    _assert_type(found, dict, "map[string]interface {}")
    for key in keys:
        _assert_type(key, str, "string")
    for key in keys:
        _assert_type(found, dict, "map[string]interface {}")
        if key not in found:
            return default
        found = found[key]
    return found


def _assert_type(value: Any, wanted: type, name: str) -> None:
    found = values.type_of(value)
    if type(value) is not wanted and (found is None or found.name != name):
        is_name = "nil" if found is None else found.name
        raise FunctionError(f"interface conversion: interface {{}} is {is_name}, not {name}")


@FUNCTIONS.add("merge", "func(map[string]any, ...map[string]any) any", context=True)
def _merge(context: Context, target: dict[str, Any], *sources: dict[str, Any]) -> Any:
    return _merged_or_empty(context, target, sources, overwrite=False)


@FUNCTIONS.add("mergeOverwrite", "func(map[string]any, ...map[string]any) any", context=True)
def _merge_overwrite(context: Context, target: dict[str, Any], *sources: dict[str, Any]) -> Any:
    return _merged_or_empty(context, target, sources, overwrite=True)


def _merged_or_empty(
    context: Context, target: dict[str, Any], sources: tuple[dict[str, Any], ...], *, overwrite: bool
) -> Any:
    try:
        return _merged(context, target, sources, overwrite=overwrite)
    except MergeError:
        return ""  # Sprig swallows the error


@FUNCTIONS.add("mustMerge", "func(map[string]any, ...map[string]any) (any, error)", context=True)
def _must_merge(context: Context, target: dict[str, Any], *sources: dict[str, Any]) -> Any:
    return _merged(context, target, sources, overwrite=False)


@FUNCTIONS.add("mustMergeOverwrite", "func(map[string]any, ...map[string]any) (any, error)", context=True)
def _must_merge_overwrite(context: Context, target: dict[str, Any], *sources: dict[str, Any]) -> Any:
    return _merged(context, target, sources, overwrite=True)


def _merged(context: Context, target: dict[str, Any], sources: tuple[dict[str, Any], ...], *, overwrite: bool) -> Any:
    for source in sources:
        if values.is_nil(target) and not values.is_nil(source):
            target = {}
        merge_into(context, target, source, overwrite=overwrite)
    return target


@FUNCTIONS.add("mustDeepCopy", "func(any) (any, error)", context=True)
@FUNCTIONS.add("deepCopy", "func(any) any", context=True)
def _deep_copy(context: Context, value: Any) -> Any:
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return deep_copy(context, value)
