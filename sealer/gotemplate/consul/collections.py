"""consul-template's functions on lists and maps (reference, vault-agent-injector 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sealer.gotemplate import ordering, types, values
from sealer.gotemplate.consul.numbers import parse_int
from sealer.gotemplate.consul.records import Record
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.merging import merge_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
MAX_DEPTH: Final = 100
# What mergeMap takes in Go as further arguments; no template can make one.
types.named("mergo.option", types.function_type(("*mergo.Config",), ""))


class KeyPair(Record):
    """An entry of Consul's store, as `explode` and `byKey` take them."""

    go_type = types.named("dependency.KeyPair", "struct")
    fields: ClassVar[tuple[tuple[str, types.GoType], ...]] = (
        ("Path", types.STRING),
        ("Key", types.STRING),
        ("Value", types.STRING),
    )


_PAIRS: Final = f"[]{types.pointer_to(KeyPair.go_type).name}"


def contains(context: Context, whole: Any, part: Any) -> bool:
    """Whether a list has a number or a text as an element, or a text another as a part.

    Elements count only if they are of the same sort: int with int, float with float, a text with one of its own type.
    All else is in nothing.

    Raises:
        FunctionError: nil is looked for where it would be compared with a text.

    """
    if isinstance(whole, str):
        _refuse_nil(part)
        return values.type_of(whole) is values.type_of(part) and str.__str__(part) in str.__str__(whole)
    if values.kind_of(whole) not in {"slice", "array"} or isinstance(whole, bytes):
        return False
    context.spend(len(whole) >> 2)
    return any(_is_same(item, part) for item in whole)


def _refuse_nil(part: Any) -> None:
    if part is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")


def _is_same(item: Any, part: Any) -> bool:
    kind = values.kind_of(item)
    if kind == "string":
        _refuse_nil(part)
        return values.type_of(item) is values.type_of(part) and str.__str__(item) == str.__str__(part)
    for kinds in (types.SIGNED, types.FLOATS):
        if kind in kinds:
            return values.kind_of(part) in kinds and bool(item == part)
    return False


@FUNCTIONS.add("in", "func(any, any) (bool, error)", context=True)
def _in(context: Context, whole: Any, part: Any) -> bool:
    return contains(context, whole, part)


@FUNCTIONS.add("contains", "func(any, any) (bool, error)", context=True)
def _contains(context: Context, part: Any, whole: Any) -> bool:
    return contains(context, whole, part)


@FUNCTIONS.add("containsAll", "func([]any, any) (bool, error)", context=True)
def _contains_all(context: Context, parts: Sequence[Any], whole: Any) -> bool:
    return all(contains(context, whole, part) for part in parts)


@FUNCTIONS.add("containsAny", "func([]any, any) (bool, error)", context=True)
def _contains_any(context: Context, parts: Sequence[Any], whole: Any) -> bool:
    return any(contains(context, whole, part) for part in parts)


@FUNCTIONS.add("containsNone", "func([]any, any) (bool, error)", context=True)
def _contains_none(context: Context, parts: Sequence[Any], whole: Any) -> bool:
    return not _contains_any(context, parts, whole)


@FUNCTIONS.add("containsNotAll", "func([]any, any) (bool, error)", context=True)
def _contains_not_all(context: Context, parts: Sequence[Any], whole: Any) -> bool:
    return not _contains_all(context, parts, whole)


@FUNCTIONS.add("explode", f"func({_PAIRS}) (map[string]any, error)", context=True)
def _explode(context: Context, pairs: Iterable[values.Pointer]) -> dict[str, Any]:
    return _nested(context, ((pair.target.field("Key"), pair.target.field("Value")) for pair in pairs), "explode")


@FUNCTIONS.add("explodeMap", "func(map[string]any) (map[string]any, error)", context=True)
def _explode_map(context: Context, flat: dict[str, Any]) -> dict[str, Any]:
    return _nested(context, ordering.sorted_items(flat), "explodeMap")


def _nested(context: Context, entries: Iterable[tuple[str, Any]], name: str) -> dict[str, Any]:
    """Turn keys with slashes into maps within maps."""
    found: dict[str, Any] = {}
    for path, value in entries:
        *folders, last = path.split("/")
        context.spend(len(folders) + 1)
        if len(folders) > MAX_DEPTH:
            raise FunctionError(f"{name}: a key has more than {MAX_DEPTH} parts")
        inner = found
        for folder in folders:
            deeper = inner.setdefault(folder, {})
            if type(deeper) is not dict:
                raise FunctionError(f"{name}: not a map: already has value")
            inner = deeper
        if last:
            inner[last] = value
    return found


@FUNCTIONS.add("byKey", f"func({_PAIRS}) (map[string]map[string]*dependency.KeyPair, error)")
def _by_key(pairs: Iterable[values.Pointer]) -> dict[str, Any]:
    inner = types.map_of(types.STRING, types.pointer_to(KeyPair.go_type))
    grouped: dict[str, Any] = {}
    for pair in pairs:
        top, _, rest = pair.target.field("Key").partition("/")
        if rest:
            group = grouped.setdefault(top, values.Map({}, inner))
            group[rest] = values.Pointer(pair.target.replaced(Key=rest))
    return grouped


@FUNCTIONS.add(
    "mergeMap", "func(map[string]any, map[string]any, ...mergo.option) (map[string]any, error)", context=True
)
def _merge_map(context: Context, target: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    return _merged(context, target, source, overwrite=False)


@FUNCTIONS.add("mergeMapWithOverride", "func(map[string]any, map[string]any) (map[string]any, error)", context=True)
def _merge_map_with_override(context: Context, target: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    return _merged(context, target, source, overwrite=True)


def _merged(context: Context, target: dict[str, Any], source: dict[str, Any], *, overwrite: bool) -> dict[str, Any]:
    if values.is_nil(target) and not values.is_nil(source):
        target = {}
    merge_into(context, target, source, overwrite=overwrite)
    return target


@FUNCTIONS.add("loop", "func(...any) (<-chan int64, error)")
def _loop(*bounds: Any) -> values.Channel:
    """Count from the first number (or 0) up to the last, without it; the template is charged for each turn."""
    if len(bounds) not in {1, 2}:
        raise FunctionError(f"loop: wrong number of arguments, expected 1 or 2, but got {len(bounds)}")
    start, stop = (_bound(bound) for bound in (0, *bounds)[-2:])
    return values.Channel(map(values.Int64, range(start, stop)), types.INT64)


def _bound(value: Any) -> int:
    kind = values.kind_of(value)
    if kind == "string":
        return parse_int(str.__str__(value))
    if kind in types.INTEGERS and kind != "uintptr":
        return int(values.integer(int(value), types.INT64))
    found = values.type_of(value)
    raise FunctionError(f"loop: bad argument type: {'<nil>' if found is None else found.name}")


@FUNCTIONS.add("byPort", "func(any) (map[int][]any, error)")
def _by_port(services: Any) -> dict[int, Any]:
    return _grouped("byPort", services)


@FUNCTIONS.add("byTag", "func(any) (map[string][]any, error)")
def _by_tag(services: Any) -> dict[str, Any]:
    return _grouped("byTag", services)


@FUNCTIONS.add(
    "byMeta",
    f"func(string, []{types.pointer_to(types.named('dependency.HealthService', 'struct')).name})"
    " (map[string][]*dependency.HealthService, error)",
)
def _by_meta(_meta: str, _services: Sequence[Any]) -> dict[str, Any]:
    return {}


def _grouped(name: str, services: Any) -> dict[Any, Any]:
    """Group services of Consul or Nomad. None can be had here, and of nothing there are no groups."""
    found = values.type_of(services)
    if found is not None:
        raise FunctionError(f"{name}: wrong argument type {found.name}")
    return {}
