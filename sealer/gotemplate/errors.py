"""What can go wrong with a template.

::

    InputError
    └── GoTemplateError       a template that cannot be used as it is
        ├── ParseError        its text is not a template
        ├── ExecError         it cannot be executed with this data
        │   └── LimitError    it asked for more output, steps, depth or time than it may have
        └── FunctionError     what a function raises; execution turns it into an ExecError

Messages have the wording of Go's text/template without its values: names, positions, types and the template's own text
may stand in them, data never does.
"""

from __future__ import annotations

from sealer.errors import InputError


class GoTemplateError(InputError):
    """A template cannot be used as it is.

    Args:
        message: The whole message, in Go's wording.
        name: Name of the template that was parsed; empty where it is not known.
        line: Line of the template's text, from 1; None where it is not known.
        column: Offset in that line in bytes of UTF-8, from 0, as Go counts; None where it is not known.
        hint: What to do about it.

    """

    def __init__(
        self,
        message: str,
        *,
        name: str = "",
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.line = line
        self.column = column


class ParseError(GoTemplateError):
    """The text is not a template. Go gives the line only."""


class ExecError(GoTemplateError):
    """The template cannot be executed with this data."""


class LimitError(ExecError):
    """The template asked for more than it may have."""


class FunctionError(GoTemplateError):
    """A function of a template refuses its arguments. The message must not hold any of their values."""
