"""Parse a template once, render it often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from sealer.gotemplate import text as go_text
from sealer.gotemplate.builtins import BUILTINS
from sealer.gotemplate.errors import FunctionError, LimitError, ParseError
from sealer.gotemplate.evaluate.actions import compile_templates
from sealer.gotemplate.evaluate.state import Program, State
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.lexer import Lexer
from sealer.gotemplate.limits import Context, Limits, Services
from sealer.gotemplate.nodes import Node
from sealer.gotemplate.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.gotemplate.nodes import ListNode

MissingKey = Literal["default", "zero", "error"]
_NO_FUNCTIONS: Final = Registry.join()
_DEFAULT_LIMITS: Final = Limits()
_DEFAULT_SERVICES: Final = Services()
_BEGINNING: Final = Node(0)


class Template:
    """A parsed template, with those defined in it: it does not change, and may be rendered in many threads at once."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @property
    def name(self) -> str:
        """Its name."""
        return self._program.name

    def render(self, data: Any, *, services: Services = _DEFAULT_SERVICES, limits: Limits = _DEFAULT_LIMITS) -> str:
        """Execute the template.

        Args:
            data: What dot is: a plain Go value (see `values`); dicts and lists are `map[string]any` and `[]any`.
            services: What functions may use besides their arguments.
            limits: What may be used up.

        Returns:
            The output, as a Go string (see `text`): text with surrogate escapes for bytes that are not UTF-8.

        Raises:
            ExecError: The template cannot be executed with this data.
            LimitError: It asked for more than it may have.

        """
        context = Context(services, limits)
        context.names = tuple(self._program.steps)
        context.source = self._program.text
        context.source = self._program.text
        context.executor = lambda name, dot: self._execute(context, name, dot)
        try:
            return self._execute(context, self.name, data)
        except RecursionError as error:
            # Nested data and templates within each other go deeper than Python does.
            raise LimitError(f"template: {self.name}: nests too deeply", name=self.name) from error

    def _execute(self, context: Context, name: str, dot: Any) -> str:
        if context.depth >= context.limits.depth:
            raise LimitError(f"exceeded maximum template depth ({context.limits.depth})")
        pieces: list[str] = []
        state = State(self._program, name, dot, _BEGINNING, context, pieces)
        context.depth += 1
        try:
            self._program.steps[name](state, dot)
        finally:
            context.depth -= 1
        return go_text.canonical("".join(pieces))


def parse(
    name: str,
    text: str,
    *,
    functions: Registry = _NO_FUNCTIONS,
    delims: tuple[str, str] = ("", ""),
    missingkey: MissingKey = "default",
) -> Template:
    """Parse a template.

    Args:
        name: Its name, for errors and for `template`.
        text: The template, as a Go string (see `text`).
        functions: Functions besides Go's own, which they may replace.
        delims: Delimiters of actions; empty for `{{` and `}}`.
        missingkey: What a missing key of a map gives: nothing, the zero value, or an error.

    Raises:
        ParseError: It is not a template.

    """
    text = go_text.canonical(text)
    known = frozenset(functions) | frozenset(BUILTINS)
    words = frozenset({"break", "continue"}) - known
    trees: dict[str, ListNode] = {}
    try:
        Parser(name, name, Lexer(text, *delims, words), known, trees).parse()
        steps = compile_templates(trees, functions)
    except RecursionError as error:
        raise ParseError(f"template: {name}: nests too deeply", name=name) from error
    return Template(Program(name, text, missingkey, steps))


def from_json(decoded: Any) -> Any:
    """Turn decoded JSON or YAML into Go values as `encoding/json` gives them to an `any`.

    Args:
        decoded: None, booleans, numbers, text, lists and dicts with text for keys.

    Raises:
        FunctionError: There is something else in it.

    """
    if isinstance(decoded, bool) or decoded is None:
        return decoded
    if isinstance(decoded, (int, float)):
        return _float(decoded)
    if isinstance(decoded, str):
        return go_text.from_python(decoded)
    if isinstance(decoded, list):
        return [from_json(item) for item in decoded]
    if isinstance(decoded, dict):
        return _map(decoded)
    raise FunctionError(f"not JSON: {type(decoded).__name__}")


def _map(decoded: Mapping[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in decoded):
        raise FunctionError("not JSON: a key that is not text")
    return {go_text.from_python(key): from_json(item) for key, item in decoded.items()}


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise FunctionError("a number too large for a float64") from None
