"""Arguments: evaluate a node for a parameter, and check that its value fits (text/template, "Arguments")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import nodes, types, values
from sealer.gotemplate.evaluate.reflect import NIL, Boxed, static_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.gotemplate.constants import Number
    from sealer.gotemplate.evaluate.state import State
    from sealer.gotemplate.types import GoType

    Argument = Callable[[State, Any, GoType | None], Any]
    Evaluate = Callable[[State, Any], Any]


def validate(state: State, value: Any, wanted: GoType | None) -> Any:
    """Check that a value fits a parameter, and fit it where Go does.

    Args:
        state: The execution.
        value: As the evaluator holds it.
        wanted: The parameter's type; None where anything goes.

    """
    if value is None:
        return _absent(state, wanted)
    if wanted is None or wanted is types.ANY or wanted is types.REFLECT:
        return value
    source = static_type(value)
    if source is wanted or types.assignable(source, wanted):
        return value
    if type(value) is Boxed and value.value is not None:
        value = value.value
        source = static_type(value)
        if source is wanted or types.assignable(source, wanted):
            return value
    if isinstance(value, values.Pointer) and source.elem is not None and types.assignable(source.elem, wanted):
        return value.target if value.target is not None else state.fail(_nil_pointer(wanted))
    return state.fail(f"wrong type for value; expected {wanted.name}; got {source.name}")


def _nil_pointer(wanted: GoType) -> str:
    return f"dereference of nil pointer of type {wanted.name}"


def _absent(state: State, wanted: GoType | None) -> Any:
    if wanted is None or wanted is types.REFLECT:
        return None
    if wanted.is_nilable:
        return NIL if wanted.kind == "interface" else values.nil_of(wanted)
    return state.fail(f"invalid value; expected {wanted.name}")


def evaluated(node: nodes.Node, evaluate: Evaluate) -> Argument:
    """Argument that has to be evaluated and then has to fit."""

    def argument(state: State, dot: Any, wanted: GoType | None) -> Any:
        state.node = node
        value = evaluate(state, dot)
        if wanted is types.ANY or wanted is types.REFLECT:
            return value if value is not None or wanted is types.REFLECT else NIL
        return validate(state, value, wanted)

    return argument


def nil(node: nodes.Node) -> Argument:
    """Argument `nil`."""

    def argument(state: State, _dot: Any, wanted: GoType | None) -> Any:
        state.node = node
        assert wanted is not None  # noqa: S101 - the parser refuses fields of nil, which alone come here without
        if wanted.is_nilable or wanted is types.REFLECT:
            return _absent(state, wanted)
        return state.fail(f"cannot assign nil to {wanted.name}")

    return argument


def constant(node: nodes.Node) -> Argument:
    """Argument that is a constant: it takes the type of the parameter, where it can."""

    def argument(state: State, _dot: Any, wanted: GoType | None) -> Any:
        state.node = node
        assert wanted is not None  # noqa: S101 - the parser refuses fields of constants, which alone come here without
        if wanted is types.STRING and isinstance(node, nodes.StringNode):
            return node.text
        if wanted is types.ANY or wanted is types.REFLECT:
            return ideal(state, node)
        read = _READERS.get(wanted.kind)
        if read is None:
            state.fail(f"can't handle {node} for arg of type {wanted.name}")
        word, convert = read
        value = convert(node, wanted)
        return value if value is not None else state.fail(f"expected {word}; found {node}")

    return argument


def ideal(state: State, node: nodes.Node) -> Any:
    """Value of a constant where nothing says which type it should have."""
    if isinstance(node, nodes.StringNode):
        return node.text
    if isinstance(node, nodes.BoolNode):
        return node.value
    assert isinstance(node, nodes.NumberNode)  # noqa: S101 - there are no other constants
    number = node.number
    if number.complex_value is not None:
        return number.complex_value
    if number.float_value is not None and _looks_real(number.text):
        return number.float_value
    if number.int_value is None:
        state.fail(f"{number.text} overflows int")
    return number.int_value


def _looks_real(written: str) -> bool:
    if written.startswith("'") or (written[:2] in {"0x", "0X"} and not set("pP").intersection(written)):
        return False
    return bool(set(".eEpP").intersection(written))


def _number(node: nodes.Node) -> Number | None:
    return node.number if isinstance(node, nodes.NumberNode) else None


def _signed(node: nodes.Node, wanted: GoType) -> Any:
    number = _number(node)
    found = None if number is None else number.int_value
    return None if found is None else values.integer(found, wanted)


def _unsigned(node: nodes.Node, wanted: GoType) -> Any:
    number = _number(node)
    found = None if number is None else number.uint_value
    return None if found is None else values.integer(found, wanted)


def _real(node: nodes.Node, wanted: GoType) -> Any:
    number = _number(node)
    found = None if number is None else number.float_value
    return found if found is None or wanted.kind == "float64" else values.single(found)


def _complex(node: nodes.Node, _wanted: GoType) -> Any:
    number = _number(node)
    return None if number is None else number.complex_value


def _boolean(node: nodes.Node, _wanted: GoType) -> Any:
    return node.value if isinstance(node, nodes.BoolNode) else None


def _text(node: nodes.Node, _wanted: GoType) -> Any:
    return node.text if isinstance(node, nodes.StringNode) else None


_READERS: Final[Mapping[str, tuple[str, Callable[[nodes.Node, GoType], Any]]]] = {
    **dict.fromkeys(types.SIGNED, ("integer", _signed)),
    **dict.fromkeys(types.UNSIGNED, ("unsigned integer", _unsigned)),
    **dict.fromkeys(types.FLOATS, ("float", _real)),
    **dict.fromkeys(types.COMPLEX, ("complex", _complex)),
    "bool": ("bool", _boolean),
    "string": ("string", _text),
}
