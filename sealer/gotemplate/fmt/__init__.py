"""Go's package fmt: `Sprint`, `Sprintf` and `Sprintln` of plain Go values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.gotemplate.fmt.printer import Printer
from sealer.gotemplate.fmt.verbs import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["sprint", "sprintf", "sprintln"]


def sprint(operands: Sequence[Any], check: Callable[[int], None] | None = None) -> str:
    """`fmt.Sprint`: operands side by side, a space between two of which neither is a string.

    Args:
        operands: Plain Go values.
        check: Called with the size of the output from time to time; raises where it is too large.

    """
    printer = Printer(check)
    was_text = False
    for at, operand in enumerate(operands):
        is_text = isinstance(operand, str)
        if at and not is_text and not was_text:
            printer.write(" ")
        printer.print(operand, "v")
        was_text = is_text
    return printer.result()


def sprintln(operands: Sequence[Any], check: Callable[[int], None] | None = None) -> str:
    """`fmt.Sprintln`: operands with a space between each two, and a newline."""
    printer = Printer(check)
    for at, operand in enumerate(operands):
        if at:
            printer.write(" ")
        printer.print(operand, "v")
    printer.write("\n")
    return printer.result()


def sprintf(written: str, operands: Sequence[Any], check: Callable[[int], None] | None = None) -> str:
    """`fmt.Sprintf`: operands by a format."""
    return Format(written, operands, check).run()
