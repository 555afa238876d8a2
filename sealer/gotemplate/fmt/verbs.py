"""Read a format of `printf` and print its operands by it (package fmt, "Printing", "Explicit argument indexes")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate.fmt.flags import Flags
from sealer.gotemplate.fmt.printer import NIL, Printer
from sealer.gotemplate.values import type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST: Final = 1_000_000
MINIMUM: Final = len("[]")
_FLAG_NAMES: Final = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}
_DIGITS: Final = frozenset("0123456789")


class Format:
    """One format at work.

    Args:
        written: The format.
        operands: What is printed by it, plain values.
        check: As of Printer.

    """

    def __init__(self, written: str, operands: Sequence[Any], check: Callable[[int], None] | None = None) -> None:
        self.written = written
        self.operands = operands
        self.printer = Printer(check)
        self.at = 0
        self.operand = 0
        self.reordered = False
        self.good = True
        self.after_index = False

    def run(self) -> str:
        """Print all of it."""
        written, end = self.written, len(self.written)
        while self.at < end:
            percent = written.find("%", self.at)
            if percent < 0:
                self.printer.write(written[self.at :])
                break
            if percent > self.at:
                self.printer.write(written[self.at : percent])
            self.at = percent + 1
            if not self._verb():
                break
        if not self.reordered and self.operand < len(self.operands):
            self._extra()
        return self.printer.result()

    def _peek(self) -> str:
        return self.written[self.at] if self.at < len(self.written) else ""

    def _verb(self) -> bool:
        """Print by one verb; whether there was one."""
        self.good, self.after_index = True, False
        flags = self.printer.flags = Flags()
        while self._peek() in _FLAG_NAMES:
            setattr(flags, _FLAG_NAMES[self._peek()], True)
            self.at += 1
        self._index()
        self._width(flags)
        self._precision(flags)
        if not self.after_index:
            self._index()
        verb = self._peek()
        if not verb:
            self.printer.write("%!(NOVERB)")
            return False
        self.at += 1
        self._print(verb, flags)
        return True

    def _print(self, verb: str, flags: Flags) -> None:
        shown = verb if not "\udc80" <= verb <= "\udcff" else "\ufffd"
        if verb == "%":
            self.printer.write("%")
        elif not self.good:
            self.printer.write(f"%!{shown}(BADINDEX)")
        elif self.operand >= len(self.operands):
            self.printer.write(f"%!{shown}(MISSING)")
        else:
            if verb in "vw":
                flags.sharp_v, flags.sharp = flags.sharp, False
                flags.plus_v, flags.plus = flags.plus, False
            self.printer.reserve(max(flags.width or 0, flags.precision or 0))
            self.printer.print(self.operands[self.operand], shown)
            self.operand += 1

    def _number(self) -> int | None:
        start, number = self.at, 0
        while self._peek() in _DIGITS and self.at < len(self.written):
            if number > MOST:
                self.at = len(self.written)
                return None
            number = number * 10 + int(self._peek())
            self.at += 1
        return number if self.at > start else None

    def _width(self, flags: Flags) -> None:
        if self._peek() == "*":
            self.at += 1
            flags.width = self._integer_operand()
            if flags.width is None:
                self.printer.write("%!(BADWIDTH)")
            elif flags.width < 0:
                flags.width, flags.minus, flags.zero = -flags.width, True, False
            self.after_index = False
        else:
            flags.width = self._number()
            if self.after_index and flags.width is not None:
                self.good = False

    def _precision(self, flags: Flags) -> None:
        if self._peek() != "." or self.at + 1 >= len(self.written):
            return
        self.at += 1
        if self.after_index:
            self.good = False
        self._index()
        if self._peek() == "*":
            self.at += 1
            given = self._integer_operand()
            flags.precision = given if given is not None and given >= 0 else None
            if flags.precision is None:
                self.printer.write("%!(BADPREC)")
            self.after_index = False
        else:
            flags.precision = self._number() or 0

    def _integer_operand(self) -> int | None:
        if self.operand >= len(self.operands):
            return None
        given = self.operands[self.operand]
        self.operand += 1
        if not isinstance(given, int) or isinstance(given, bool) or abs(given) > MOST:
            return None
        return int(given)

    def _index(self) -> None:
        """Read an index such as `[2]`, where one stands here."""
        if self._peek() != "[":
            self.after_index = False
            return
        self.reordered = True
        # Without at least three characters there is no index.
        close = self.written.find("]", self.at) if len(self.written) - self.at > MINIMUM else -1
        inner = self.written[self.at + 1 : close] if close > 0 else ""
        self.at = close + 1 if close > 0 else self.at + 1
        number = _index_number(inner)
        self.after_index = number is not None
        if number is not None and 0 < number <= len(self.operands):
            self.operand = number - 1
        else:
            self.good = False

    def _extra(self) -> None:
        printer = self.printer
        printer.flags = Flags()
        printer.write("%!(EXTRA ")
        for at, operand in enumerate(self.operands[self.operand :]):
            if at:
                printer.write(", ")
            found = type_of(operand)
            if found is None:
                printer.write(NIL)
            else:
                printer.write(f"{found.name}=")
                printer.print(operand, "v")
        printer.write(")")


def _index_number(inner: str) -> int | None:
    if not inner or not set(inner) <= _DIGITS or len(inner.lstrip("0")) > len(str(MOST)):
        return None
    number = int(inner)
    return number if number // 10 <= MOST else None
