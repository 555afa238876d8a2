"""Go's own functions of templates (text/template, "Functions")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from sealer.gotemplate import compare, escaping, fmt, functions, indexing, methods, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.evaluate.reflect import in_slot, unbox
from sealer.gotemplate.functions import Function, Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context
    from sealer.gotemplate.signature import Signature

_REGISTRY: Final = Registry()


@_REGISTRY.add("and", "or", "func(reflect.Value, ...reflect.Value) reflect.Value")
def _evaluated_by_call(*_args: Any) -> NoReturn:
    """`and` and `or` evaluate no argument that they do not need, so `evaluate.calls` does them."""
    raise AssertionError("and, or are not called")


@_REGISTRY.add("not", "func(reflect.Value) bool")
def _not(value: Any) -> bool:
    return not values.is_true(unbox(value))


@_REGISTRY.add("eq", "func(reflect.Value, ...reflect.Value) (bool, error)")
def _eq(first: Any, *others: Any) -> bool:
    return compare.eq(unbox(first), *map(unbox, others))


@_REGISTRY.add("ne", "func(reflect.Value, reflect.Value) (bool, error)")
def _ne(one: Any, other: Any) -> bool:
    return not compare.eq(unbox(one), unbox(other))


@_REGISTRY.add("lt", "func(reflect.Value, reflect.Value) (bool, error)")
def _lt(one: Any, other: Any) -> bool:
    return compare.lt(unbox(one), unbox(other))


@_REGISTRY.add("le", "func(reflect.Value, reflect.Value) (bool, error)")
def _le(one: Any, other: Any) -> bool:
    return compare.le(unbox(one), unbox(other))


@_REGISTRY.add("gt", "func(reflect.Value, reflect.Value) (bool, error)")
def _gt(one: Any, other: Any) -> bool:
    return not compare.le(unbox(one), unbox(other))


@_REGISTRY.add("ge", "func(reflect.Value, reflect.Value) (bool, error)")
def _ge(one: Any, other: Any) -> bool:
    return not compare.lt(unbox(one), unbox(other))


@_REGISTRY.add("print", "func(...any) string", context=True)
def _print(context: Context, *operands: Any) -> str:
    return fmt.sprint(operands, context.reserve)


@_REGISTRY.add("println", "func(...any) string", context=True)
def _println(context: Context, *operands: Any) -> str:
    return fmt.sprintln(operands, context.reserve)


@_REGISTRY.add("printf", "func(string, ...any) string", context=True)
def _printf(context: Context, written: str, *operands: Any) -> str:
    return fmt.sprintf(written, operands, context.reserve)


@_REGISTRY.add("html", "func(...any) string", context=True)
def _html(context: Context, *operands: Any) -> str:
    return escaping.html(escaping.shown(operands, context.reserve))


@_REGISTRY.add("js", "func(...any) string", context=True)
def _js(context: Context, *operands: Any) -> str:
    return escaping.js(escaping.shown(operands, context.reserve))


@_REGISTRY.add("urlquery", "func(...any) string", context=True)
def _urlquery(context: Context, *operands: Any) -> str:
    return escaping.urlquery(escaping.shown(operands, context.reserve))


@_REGISTRY.add("call", "func(reflect.Value, ...reflect.Value) reflect.Value", context=True)
def _call(context: Context, name: str, callee: Any, *args: Any) -> Any:
    function = unbox(callee)
    if function is None:
        raise FunctionError("call of nil")
    if not isinstance(function, Function):
        found = values.type_of(function)
        raise FunctionError(f"non-function {name} of type {'' if found is None else found.name}")
    signature = function.signature
    given = _call_arguments(name, signature, args)
    result = function.call(context, *given) if function.context else function.call(*given)
    return in_slot(functions.wrap(result, signature.result), signature.result)


def _call_arguments(name: str, signature: Signature, args: tuple[Any, ...]) -> list[Any]:
    if signature.variadic and len(args) < signature.fixed:
        raise FunctionError(f"wrong number of args for {name}: got {len(args)} want at least {signature.fixed}")
    if not signature.variadic and len(args) != signature.fixed:
        raise FunctionError(f"wrong number of args for {name}: got {len(args)} want {signature.fixed}")
    given = []
    for at, arg in enumerate(args):
        try:
            given.append(indexing.prepare(unbox(arg), signature.params[min(at, len(signature.params) - 1)]))
        except FunctionError as error:
            raise FunctionError(f"arg {at}: {error.message}") from None
    return given


_REGISTRY.add("index", "func(reflect.Value, ...reflect.Value) (reflect.Value, error)")(indexing.index)
_REGISTRY.add("slice", "func(reflect.Value, ...reflect.Value) (reflect.Value, error)")(indexing.slice_)
_REGISTRY.add("len", "func(reflect.Value) (int, error)")(indexing.length)

BUILTINS: Final = Registry.join(_REGISTRY)
AND: Final = BUILTINS["and"]
OR: Final = BUILTINS["or"]
CALL: Final = BUILTINS["call"]

methods.define()
