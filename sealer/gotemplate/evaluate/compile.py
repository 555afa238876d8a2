"""Compile nodes to functions: pipelines, commands and operands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.gotemplate import builtins, nodes
from sealer.gotemplate.evaluate import arguments, calls, fields
from sealer.gotemplate.evaluate.reflect import MISSING, Boxed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sealer.gotemplate.evaluate.arguments import Argument, Evaluate
    from sealer.gotemplate.evaluate.state import State
    from sealer.gotemplate.functions import Function, Registry

    Command = Callable[[State, Any, Any], Any]


class Compiler:
    """Compiles what has a value.

    Args:
        functions: The functions besides Go's own.

    """

    def __init__(self, functions: Registry) -> None:
        self.functions = functions

    def function(self, name: str) -> Function:
        """The function of a name; the parser has made sure that there is one."""
        return self.functions.get(name) or builtins.BUILTINS[name]

    def pipe(self, node: nodes.PipeNode) -> Evaluate:
        """Compile a pipeline."""
        commands = [self.command(command) for command in node.commands]
        declared = [variable.idents[0] for variable in node.declared]
        if len(commands) == 1 and not declared:
            return _single(node, commands[0])

        def evaluate(state: State, dot: Any) -> Any:
            state.node = node
            value: Any = MISSING
            for command in commands:
                value = command(state, dot, value)
                if type(value) is Boxed:
                    value = value.value
            for name in declared:
                (state.assign if node.is_assign else state.push)(name, value)
            return value

        return evaluate

    def command(self, node: nodes.CommandNode) -> Command:
        """Compile a command: it takes the value of the command before it, or MISSING."""
        first = node.args[0]
        if isinstance(first, nodes.IdentifierNode):
            return self._call(first, node, self._arguments(node))
        if isinstance(first, nodes.PipeNode):
            return _value_only(first, self.pipe(first), at_first=False, extra=len(node.args) > 1)
        if isinstance(first, (nodes.FieldNode, nodes.VariableNode, nodes.ChainNode)):
            return self._fields(first, self._arguments(node))
        return _value_only(first, _literal(first), at_first=True, extra=len(node.args) > 1)

    def _arguments(self, node: nodes.CommandNode) -> Sequence[Argument]:
        return tuple(self.argument(argument) for argument in node.args[1:])

    def argument(self, node: nodes.Node) -> Argument:
        """Compile an argument."""
        if isinstance(node, nodes.NilNode):
            return arguments.nil(node)
        if isinstance(node, (nodes.BoolNode, nodes.NumberNode, nodes.StringNode)):
            return arguments.constant(node)
        return arguments.evaluated(node, self._operand(node))

    def _operand(self, node: nodes.Node) -> Evaluate:
        if isinstance(node, nodes.DotNode):
            return _dot
        if isinstance(node, nodes.PipeNode):
            return self.pipe(node)
        command = self._without_arguments(node)
        return lambda state, dot: command(state, dot, MISSING)

    def _without_arguments(self, node: nodes.Node) -> Command:
        return self._call(node, node, ()) if isinstance(node, nodes.IdentifierNode) else self._fields(node, ())

    def _call(self, node: nodes.IdentifierNode, whole: nodes.Node, args: Sequence[Argument]) -> Command:
        function = self.function(node.ident)

        def command(state: State, dot: Any, final: Any) -> Any:
            state.node = node
            return calls.call(state, dot, function, whole, args, final)

        return command

    def _fields(self, node: nodes.Node, args: Sequence[Argument]) -> Command:
        if isinstance(node, nodes.FieldNode):
            return _field(node, args)
        if isinstance(node, nodes.VariableNode):
            return _variable(node, args)
        assert isinstance(node, nodes.ChainNode)  # noqa: S101 - there are no other operands
        return self._chain(node, args)

    def _chain(self, node: nodes.ChainNode, args: Sequence[Argument]) -> Command:
        receiver = self.argument(node.node)
        idents = node.fields

        def command(state: State, dot: Any, final: Any) -> Any:
            state.node = node
            found = receiver(state, dot, None)
            return fields.chain(state, dot, found, node, idents, args, final)

        return command


def _single(node: nodes.PipeNode, command: Command) -> Evaluate:
    def evaluate(state: State, dot: Any) -> Any:
        state.node = node
        value = command(state, dot, MISSING)
        return value.value if type(value) is Boxed else value

    return evaluate


def _dot(_state: State, dot: Any) -> Any:
    return dot


def _literal(node: nodes.Node) -> Evaluate:
    if isinstance(node, nodes.DotNode):
        return _dot
    if isinstance(node, nodes.NilNode):
        return lambda state, _dot: state.fail("nil is not a command")
    return lambda state, _dot: arguments.ideal(state, node)


def _value_only(node: nodes.Node, evaluate: Evaluate, *, at_first: bool, extra: bool) -> Command:
    """Compile what takes no arguments; `extra` tells that some were written."""

    def command(state: State, dot: Any, final: Any) -> Any:
        if at_first:
            state.node = node
        if extra or final is not MISSING:
            state.fail(f"can't give argument to non-function {node}")
        return evaluate(state, dot)

    return command


def _field(node: nodes.FieldNode, args: Sequence[Argument]) -> Command:
    idents = node.idents

    def command(state: State, dot: Any, final: Any) -> Any:
        state.node = node
        return fields.chain(state, dot, dot, node, idents, args, final)

    return command


def _variable(node: nodes.VariableNode, args: Sequence[Argument]) -> Command:
    name, idents = node.idents[0], node.idents[1:]

    def command(state: State, dot: Any, final: Any) -> Any:
        state.node = node
        value = state.variable(name)
        if idents:
            return fields.chain(state, dot, value, node, idents, args, final)
        if args or final is not MISSING:
            state.fail(f"can't give argument to non-function {node}")
        return value

    return command
