"""Compile nodes to functions: text, actions and control structures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.gotemplate import fmt, nodes, values
from sealer.gotemplate.errors import LimitError
from sealer.gotemplate.evaluate.compile import Compiler
from sealer.gotemplate.evaluate.ranges import Break, Continue, loop
from sealer.gotemplate.evaluate.reflect import unbox
from sealer.gotemplate.evaluate.state import State
from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.gotemplate.functions import Registry

    Step = Callable[[State, Any], None]

NO_VALUE = "<no value>"


class ActionCompiler(Compiler):
    """Compiles what produces output."""

    def list(self, node: nodes.ListNode) -> Step:
        """Compile what stands one after another."""
        steps = [self.step(inner) for inner in node.nodes]

        def run(state: State, dot: Any) -> None:
            state.node = node
            for step in steps:
                step(state, dot)

        return run

    def step(self, node: nodes.Node) -> Step:
        """Compile one thing that produces output."""
        if isinstance(node, nodes.TextNode):
            return _text(node)
        if isinstance(node, nodes.ActionNode):
            return self._action(node)
        if isinstance(node, nodes.RangeNode):
            return self._range(node)
        if isinstance(node, nodes.BranchNode):
            return self._branch(node)
        if isinstance(node, nodes.TemplateNode):
            return self._template(node)
        return _jump(node)

    def _action(self, node: nodes.ActionNode) -> Step:
        evaluate = self.pipe(node.pipe)
        prints = not node.pipe.declared

        def run(state: State, dot: Any) -> None:
            state.node = node
            value = evaluate(state, dot)
            if prints:
                state.node = node
                print_value(state, node, value)

        return run

    def _branch(self, node: nodes.BranchNode) -> Step:
        chain, last = _arms(node)
        arms = [(self.pipe(arm.pipe), self.list(arm.body)) for arm in chain]
        otherwise = None if last is None else self.list(last)
        sets_dot = isinstance(node, nodes.WithNode)

        def run(state: State, dot: Any) -> None:
            state.node = node
            mark = len(state.names)
            for evaluate, body in arms:
                value = evaluate(state, dot)
                if values.is_true(value):
                    body(state, value if sets_dot else dot)
                    break
            else:
                if otherwise is not None:
                    otherwise(state, dot)
            state.pop(mark)

        return run

    def _range(self, node: nodes.RangeNode) -> Step:
        evaluate = self.pipe(node.pipe)
        body = self.list(node.body)
        otherwise = None if node.otherwise is None else self.list(node.otherwise)

        def run(state: State, dot: Any) -> None:
            state.node = node
            mark = len(state.names)
            value = values.indirect(evaluate(state, dot))
            try:
                if not loop(state, node.pipe, value, body) and otherwise is not None:
                    otherwise(state, dot)
            except Break:
                pass
            state.pop(mark)

        return run

    def _template(self, node: nodes.TemplateNode) -> Step:
        evaluate = None if node.pipe is None else self.pipe(node.pipe)

        def run(state: State, dot: Any) -> None:
            state.node = node
            if node.name not in state.program.steps:
                state.fail(f"template {quote(node.name)} not defined")
            state.spend()
            inner = None if evaluate is None else evaluate(state, dot)
            invoke(state, node.name, inner)

        return run


def _arms(node: nodes.BranchNode) -> tuple[list[nodes.BranchNode], nodes.ListNode | None]:
    """A branch with its `else if` or `else with`, which are branches within each other, as one list; and the `else`."""
    arms = [node]
    while True:
        otherwise = arms[-1].otherwise
        inner = otherwise.nodes[0] if otherwise is not None and len(otherwise.nodes) == 1 else None
        if not isinstance(inner, nodes.BranchNode) or type(inner) is not type(node):
            return arms, otherwise
        arms.append(inner)


def invoke(state: State, name: str, dot: Any) -> None:
    """Execute another template of the set, into the same output."""
    context = state.context
    if context.depth >= context.limits.depth:
        state.stop(LimitError(f"exceeded maximum template depth ({context.limits.depth})"))
    context.depth += 1
    try:
        inner = State(state.program, name, dot, state.node, context, state.pieces)
        state.program.steps[name](inner, dot)
    finally:
        context.depth -= 1


def print_value(state: State, node: nodes.Node, value: Any) -> None:
    """Print the value of an action."""
    if type(value) is str:
        state.write(value)
        return
    value = values.indirect(unbox(value))
    if value is None:
        state.write(NO_VALUE)
        return
    found = values.type_of(value)
    if found is not None and found.kind in {"chan", "func"}:
        state.fail(f"can't print {node} of type {found.name}")
    try:
        written = fmt.sprint((value,), state.context.reserve)
    except LimitError as error:
        state.stop(error)
    state.write(written)


def _text(node: nodes.TextNode) -> Step:
    text = node.text

    def run(state: State, _dot: Any) -> None:
        state.node = node
        state.write(text)

    return run


def _jump(node: nodes.Node) -> Step:
    jump = Break if isinstance(node, nodes.BreakNode) else Continue

    def run(state: State, _dot: Any) -> None:
        state.node = node
        raise jump

    return run


def compile_templates(trees: dict[str, nodes.ListNode], functions: Registry) -> dict[str, Step]:
    """Compile a set of templates, by name."""
    compiler = ActionCompiler(functions)
    return {name: compiler.list(root) for name, root in trees.items()}
