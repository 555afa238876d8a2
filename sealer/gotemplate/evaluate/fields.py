"""Fields and methods: `.a.b`, `$x.a`, `(f).a` (text/template, "Arguments")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sealer.gotemplate import types, values
from sealer.gotemplate.evaluate import calls
from sealer.gotemplate.evaluate.reflect import MISSING, NIL, Boxed, in_slot, static_type
from sealer.gotemplate.functions import Function
from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.evaluate.arguments import Argument
    from sealer.gotemplate.evaluate.state import State
    from sealer.gotemplate.nodes import Node
    from sealer.gotemplate.types import GoType


def chain(  # noqa: PLR0913, PLR0917 - as of calls.call
    state: State, dot: Any, receiver: Any, node: Node, idents: Sequence[str], args: Sequence[Argument], final: Any
) -> Any:
    """Evaluate fields of a receiver, one of the other; only the last may be a method with arguments.

    Args:
        state: The execution.
        dot: What arguments are evaluated with.
        receiver: What the first is a field of, as the evaluator holds it.
        node: The node, for errors.
        idents: Names of the fields.
        args: Arguments of the last.
        final: The value from the pipeline, or MISSING.

    """
    last = len(idents) - 1
    for at, name in enumerate(idents):
        inner = receiver.value if type(receiver) is Boxed else receiver
        if type(inner) is dict and name in inner and (at < last or (not args and final is MISSING)):
            found = inner[name]
            receiver = NIL if found is None else Boxed(found)
        elif at < last:
            receiver = field(state, dot, receiver, name, node, (), MISSING)
        else:
            receiver = field(state, dot, receiver, name, node, args, final)
    return receiver


def field(  # noqa: PLR0913, PLR0917 - as of calls.call
    state: State, dot: Any, receiver: Any, name: str, node: Node, args: Sequence[Argument], final: Any
) -> Any:
    """Evaluate one field, key or method of a receiver."""
    if receiver is None:
        return state.fail(f"nil data; no entry for key {quote(name)}") if state.missing_key == "error" else None
    declared = static_type(receiver)
    inner = values.indirect(receiver.value if type(receiver) is Boxed else receiver)
    if inner is None:
        state.fail(f"nil pointer evaluating {declared.name}.{name}")
    found = values.type_of(inner)
    assert found is not None  # noqa: S101 - nil is dealt with
    base = found.elem if found.kind == "ptr" and found.elem is not None else found
    if name in base.methods and (found.kind != "ptr"):
        return calls.call(state, dot, _bound(base.methods[name], inner), node, args, final)
    if found.kind == "ptr":
        _nil_pointer(state, base, declared, name)
    has_arguments = bool(args) or final is not MISSING
    if isinstance(inner, values.Struct):
        return _struct_field(state, inner, declared, name, has_arguments=has_arguments)
    if isinstance(inner, dict) and found.key is not None and types.assignable(types.STRING, found.key):
        if has_arguments:
            state.fail(f"{name} is not a method but has arguments")
        return in_slot(inner[name], found.element) if name in inner else _missing(state, found, name)
    return _no_field(state, declared, name)


def _bound(method: Function, receiver: Any) -> Function:
    """A method as a function of its arguments alone."""

    def call(*args: Any) -> Any:
        if method.context:
            return method.call(args[0], receiver, *args[1:])
        return method.call(receiver, *args)

    return Function(method.name, method.signature, call, method.context)


def _struct_field(state: State, inner: values.Struct, declared: GoType, name: str, *, has_arguments: bool) -> Any:
    for listed, field_type in inner.fields:
        if listed == name:
            if not name[0].isupper():
                state.fail(f"{name} is an unexported field of struct type {declared.name}")
            if has_arguments:
                state.fail(f"{name} has arguments but cannot be invoked as function")
            value = inner.field(name)
            return in_slot(values.nil_of(field_type) if value is None else value, field_type)
    return _no_field(state, declared, name)


def _missing(state: State, found: GoType, name: str) -> Any:
    if state.missing_key == "error":
        state.fail(f"map has no entry for key {quote(name)}")
    if state.missing_key == "zero":
        return in_slot(values.zero_of(found.element), found.element)
    return None


def _nil_pointer(state: State, base: GoType, declared: GoType, name: str) -> None:
    listed = [known for known, _ in values.fields_of(base)]
    if base.kind != "struct" or name in listed or name in base.methods:
        state.fail(f"nil pointer evaluating {declared.name}.{name}")
    _no_field(state, declared, name)


def _no_field(state: State, declared: GoType, name: str) -> NoReturn:
    state.fail(f"can't evaluate field {name} in type {declared.name}")
