"""The state of one execution: variables, the node at hand, output, and what may still be used up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from sealer.gotemplate import text
from sealer.gotemplate.errors import ExecError, LimitError
from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.gotemplate.limits import Context
    from sealer.gotemplate.nodes import Node


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled set of templates.

    Attributes:
        name: Name of the template as it was parsed.
        text: Its text, for positions.
        missing_key: What a missing key of a map gives: `default`, `zero` or `error`.
        steps: The compiled templates by name.

    """

    name: str
    text: str
    missing_key: str
    steps: Mapping[str, Callable[[State, Any], None]] = field(repr=False)


class State:
    """The state of one execution of one template.

    Args:
        program: The set of templates.
        name: Name of the template that is executed.
        dot: Its data.
        node: Where it is executed from.
        context: The rendering.
        pieces: Where output goes.

    """

    __slots__ = ("context", "missing_key", "name", "names", "node", "pieces", "program", "room", "slots")

    def __init__(  # noqa: PLR0913, PLR0917 - one place makes it from outside, and one from within
        self, program: Program, name: str, dot: Any, node: Node, context: Context, pieces: list[str]
    ) -> None:
        self.program = program
        self.name = name
        self.node = node
        self.context = context
        self.pieces = pieces
        self.missing_key = program.missing_key
        # The variables in scope, the newest last; a name may be there more than once.
        self.names = ["$"]
        self.slots = [dot]

    def write(self, piece: str) -> None:
        """Add to the output."""
        try:
            self.context.write(len(piece) if piece.isascii() else text.size(piece))
        except LimitError as error:
            self.stop(error)
        self.pieces.append(piece)

    def spend(self) -> None:
        """Charge one step."""
        try:
            self.context.spend()
        except LimitError as error:
            self.stop(error)

    def push(self, name: str, value: Any) -> None:
        """Declare a variable."""
        self.names.append(name)
        self.slots.append(value)

    def pop(self, mark: int) -> None:
        """Forget the variables that were declared since there were `mark` of them."""
        del self.names[mark:]
        del self.slots[mark:]

    def variable(self, name: str) -> Any:
        """Value of the newest variable of a name."""
        names = self.names
        for at in range(len(names) - 1, -1, -1):
            if names[at] == name:
                return self.slots[at]
        return self.fail(f"undefined variable: {name}")

    def assign(self, name: str, value: Any) -> None:
        """Assign to the newest variable of a name."""
        for at in range(len(self.names) - 1, -1, -1):
            if self.names[at] == name:
                self.slots[at] = value
                return
        self.fail(f"undefined variable: {name}")

    def fail(self, message: str) -> NoReturn:
        """Give up at the node at hand.

        Raises:
            ExecError: Always.

        """
        raise self._located(ExecError, message)

    def stop(self, error: LimitError) -> NoReturn:
        """Give up over a limit at the node at hand, unless the error already has its place.

        Raises:
            LimitError: Always.

        """
        if error.line is not None:
            raise error
        raise self._located(LimitError, error.message) from error

    def _located(self, made: type[ExecError], message: str) -> ExecError:
        before = self.program.text[: self.node.at]
        line = before.count("\n") + 1
        column = text.size(before[before.rfind("\n") + 1 :])
        place = f"template: {self.program.name}:{line}:{column}: executing {quote(self.name)} at <{self.node}>"
        return made(f"{place}: {message}", name=self.program.name, line=line, column=column)
