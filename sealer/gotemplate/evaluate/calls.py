"""Call functions and methods: number and types of arguments, short circuits, results and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import builtins, functions, types, values
from sealer.gotemplate.errors import FunctionError, LimitError
from sealer.gotemplate.evaluate.arguments import validate
from sealer.gotemplate.evaluate.reflect import MISSING, in_slot, static_type, unbox
from sealer.gotemplate.nodes import CommandNode, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.evaluate.arguments import Argument
    from sealer.gotemplate.evaluate.state import State
    from sealer.gotemplate.functions import Function
    from sealer.gotemplate.signature import Signature
    from sealer.gotemplate.types import GoType

SIZE_OF_A_STEP: Final = 64


def call(  # noqa: PLR0913, PLR0917 - all that a call depends on; a wrapper would cost each call an object
    state: State, dot: Any, function: Function, node: Node, args: Sequence[Argument], final: Any
) -> Any:
    """Call a function of a template.

    Args:
        state: The execution.
        dot: What arguments are evaluated with.
        function: The function.
        node: The command, for errors of the function.
        args: The arguments that were written.
        final: The value from the pipeline, or MISSING.

    """
    signature = function.signature
    _check_count(state, function.name, signature, len(args), final)
    if function is builtins.AND or function is builtins.OR:
        return _short_circuit(state, dot, args, final, until=function is builtins.OR)
    # The callee of `call` is named in its errors as it was written.
    given = [_callee(node, final)] if function is builtins.CALL else []
    params, last = signature.params, len(signature.params) - 1
    for at, argument in enumerate(args):
        wanted = params[min(at, last)]
        value = argument(state, dot, wanted)
        given.append(value if wanted is types.REFLECT else unbox(value))
    if final is not MISSING:
        wanted = params[min(len(args), last)]
        value = validate(state, final, wanted)
        given.append(value if wanted is types.REFLECT else unbox(value))
    return run(state, function, node, given)


def _callee(node: Node, final: Any) -> str:
    if isinstance(node, CommandNode) and len(node.args) > 1:
        return str(node.args[1])
    return f"<{'invalid' if final is None else static_type(final).name} Value>"


def _check_count(state: State, name: str, signature: Signature, written: int, final: Any) -> None:
    count = written + (final is not MISSING)
    wanted = signature.fixed
    if signature.variadic and count < wanted:
        state.fail(f"wrong number of args for {name}: want at least {wanted} got {written}")
    if not signature.variadic and count != wanted:
        state.fail(f"wrong number of args for {name}: want {wanted} got {count}")


def _short_circuit(state: State, dot: Any, args: Sequence[Argument], final: Any, *, until: bool) -> Any:
    value = None
    for argument in args:
        value = argument(state, dot, types.REFLECT)
        if values.is_true(unbox(value)) is until:
            return value
    return value if final is MISSING else final


def run(state: State, function: Function, node: Node, given: Sequence[Any]) -> Any:
    """Call a function with checked arguments, and hold its result as the evaluator does."""
    context = state.context
    try:
        context.spend()
        result = function.call(context, *given) if function.context else function.call(*given)
        return _held(state, result, function.signature.result)
    except FunctionError as error:
        state.node = node
        state.fail(f"error calling {function.name}: {error.message}")
    except LimitError as error:
        state.node = node
        state.stop(error)


def _held(state: State, result: Any, declared: GoType) -> Any:
    if declared is types.REFLECT:
        return result
    result = functions.wrap(result, declared)
    if isinstance(result, (str, bytes, list, dict)):
        # What is made may be kept in a variable, so all of it together is limited, and not only each.
        state.context.reserve(len(result))
        state.context.spend(len(result) // SIZE_OF_A_STEP)
    return in_slot(result, declared)
