"""`scratch`: what a template keeps for itself while it is rendered (reference, vault-agent-injector 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import ordering, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_METHODS: Final = Registry()


class Scratch(values.Struct):
    """`template.Scratch`: values by name."""

    __slots__ = ("content",)
    go_type = types.named("template.Scratch", "struct")

    def __init__(self) -> None:
        self.content: dict[str, Any] = {}


types.pointer_to(Scratch.go_type)


@FUNCTIONS.add("scratch", f"func() {types.pointer_to(Scratch.go_type).name}", context=True)
def _scratch(context: Context) -> values.Pointer:
    return context.store("scratch", lambda: values.Pointer(Scratch()))


@_METHODS.add("Key", "func(string) bool")
def _key(scratch: Scratch, name: str) -> bool:
    return name in scratch.content


@_METHODS.add("Get", "func(string) any")
def _get(scratch: Scratch, name: str) -> Any:
    return scratch.content.get(name)


@_METHODS.add("Set", "func(string, any) string")
def _set(scratch: Scratch, name: str, value: Any) -> str:
    scratch.content[name] = value
    return ""


@_METHODS.add("SetX", "func(string, any) string")
def _set_unless_there(scratch: Scratch, name: str, value: Any) -> str:
    scratch.content.setdefault(name, value)
    return ""


@_METHODS.add("MapSet", "func(string, string, any) (string, error)")
def _map_set(scratch: Scratch, name: str, key: str, value: Any) -> str:
    _map_of(scratch, name)[key] = value
    return ""


@_METHODS.add("MapSetX", "func(string, string, any) (string, error)")
def _map_set_unless_there(scratch: Scratch, name: str, key: str, value: Any) -> str:
    _map_of(scratch, name).setdefault(key, value)
    return ""


def _map_of(scratch: Scratch, name: str) -> dict[str, Any]:
    found = scratch.content.setdefault(name, {})
    if values.type_of(found) is not types.ANY_MAP:
        raise FunctionError("is not a map")
    if values.is_nil(found):
        raise FunctionError("assignment to entry in nil map")
    mapping: dict[str, Any] = found
    return mapping


@_METHODS.add("MapValues", "func(string) ([]any, error)")
def _map_values(scratch: Scratch, name: str) -> list[Any] | None:
    found: Any = scratch.content.get(name)
    if values.type_of(found) is not types.ANY_MAP:
        return None
    return [value for _, value in ordering.sorted_items(found)]


Scratch.go_type.define(methods=_METHODS)
