"""One line for each part: what is being done, for how long, and how it ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH: Final = 32
PLAIN_SECONDS: Final = 60.0


class Progress:
    """Writes progress: a live line on a terminal, a plain line now and then otherwise.

    Args:
        out: Where to write; standard error where None, since standard output carries data.
        clock: Seconds that only grow.

    """

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stderr
        self._clock = clock
        self._began = clock()
        self._next_plain = 0.0

    def begin(self, name: str) -> None:
        """Say that a long step begins."""
        self._began = self._clock()
        self._next_plain = PLAIN_SECONDS
        self._show(name, "building")

    def tick(self, name: str) -> None:
        """Show how long the step has been going on."""
        elapsed = self.elapsed()
        if self._out.isatty() or elapsed >= self._next_plain:
            self._next_plain = elapsed + PLAIN_SECONDS
            self._show(name, f"building, {elapsed:.0f} s")

    def line(self, name: str, text: str) -> None:
        """Write how a step ended."""
        start = "\r" if self._out.isatty() else ""
        self._out.write(f"{start}{name:<{WIDTH}}{text:<{WIDTH}}".rstrip() + "\n")
        self._out.flush()

    def note(self, text: str) -> None:
        """Write a sentence on a line of its own."""
        self._out.write(text + "\n")
        self._out.flush()

    def elapsed(self) -> float:
        """Seconds since the step began."""
        return self._clock() - self._began

    def _show(self, name: str, text: str) -> None:
        if self._out.isatty():
            self._out.write(f"\r{name:<{WIDTH}}{text:<{WIDTH}}")
            self._out.flush()
        else:
            self.line(name, text)
