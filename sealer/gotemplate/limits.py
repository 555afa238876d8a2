"""What one rendering may use, and what the functions of a template are given.

A template is not trusted to end, or to end small: `repeat`, nested ranges and recursive templates must not stop a
controller. Loops, template invocations and function calls cost steps; output and built strings have a size; the clock
is looked at every so often.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sealer.gotemplate.errors import FunctionError, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Service = TypeVar("Service")

STEPS_BETWEEN_LOOKS: Final = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rendering may use.

    Attributes:
        output: Bytes of output, and of any one string or list that a function builds.
        steps: Loop turns, template invocations and function calls, and what functions charge for their loops.
        depth: Template invocations within each other.
        seconds: Time from begin to end.

    """

    output: int = 4 << 20
    steps: int = 1_000_000
    depth: int = 100
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the functions of a template may use besides their arguments.

    Attributes:
        clock: Gives the time in nanoseconds since 1970-01-01 UTC.
        random: Gives so many random bytes.
        timezone: Go's Local.
        provided: Services by the class or protocol that functions ask for.

    """

    clock: Callable[[], int] = time.time_ns
    random: Callable[[int], bytes] = os.urandom
    timezone: tzinfo = UTC
    provided: Mapping[Any, Any] = field(default_factory=dict, repr=False)


class Context:
    """One rendering: its services, its budget, its store and its source. Functions that ask for it get it first.

    Args:
        services: What functions may use.
        limits: What may be used up.

    Attributes:
        source: The template's own text: what stands in it is its author's, and no secret.

    """

    def __init__(self, services: Services, limits: Limits) -> None:
        self.clock = services.clock
        self.random = services.random
        self.timezone = services.timezone
        self.limits = limits
        self.depth = 0
        self.executor: Callable[[str, Any], str] | None = None
        self.names: tuple[str, ...] = ()
        self.source = ""  # the text of the template, which is public as its data is not; set by Template.render
        self.source = ""
        self._provided = services.provided
        self._store: dict[str, Any] = {}
        self._steps = limits.steps
        self._room = limits.output
        self._look_at = limits.steps - STEPS_BETWEEN_LOOKS
        self._deadline = time.monotonic() + limits.seconds

    def spend(self, steps: int = 1) -> None:
        """Charge for work; one step is about a microsecond.

        Raises:
            LimitError: The steps or the time are used up.

        """
        self._steps -= steps
        if self._steps < self._look_at:
            self._look()

    def _look(self) -> None:
        if self._steps < 0:
            raise LimitError(f"takes more than {self.limits.steps} steps")
        if time.monotonic() > self._deadline:
            raise LimitError(f"takes longer than {self.limits.seconds:g} seconds")
        self._look_at = self._steps - STEPS_BETWEEN_LOOKS

    def reserve(self, size: int) -> None:
        """Check the size of a string or list before it is built.

        Args:
            size: In bytes; a number of elements counts 16 for each.

        Raises:
            LimitError: It is larger than the output may be, or the time is used up.

        """
        if time.monotonic() > self._deadline:
            raise LimitError(f"takes longer than {self.limits.seconds:g} seconds")
        if size > self.limits.output:
            raise LimitError(f"makes more than {self.limits.output} bytes")

    def write(self, size: int) -> None:
        """Charge for output.

        Raises:
            LimitError: There is too much of it.

        """
        self._room -= size
        if self._room < 0:
            raise LimitError(f"makes more than {self.limits.output} bytes")

    def service(self, wanted: type[Service]) -> Service:
        """Get a service.

        Raises:
            FunctionError: Nobody provided it.

        """
        if wanted not in self._provided:
            raise FunctionError("it is not available here")
        return cast("Service", self._provided[wanted])

    def store(self, key: str, factory: Callable[[], Service]) -> Service:
        """The one object of this rendering under `key`, made when it is first asked for."""
        if key not in self._store:
            self._store[key] = factory()
        return cast("Service", self._store[key])

    def execute(self, name: str, dot: Any) -> str:
        """Render another template of the set and return its output.

        Raises:
            FunctionError: There is no such template.

        """
        if self.executor is None or name not in self.names:
            raise FunctionError("no such template")
        return self.executor(name, dot)

    def template_names(self) -> tuple[str, ...]:
        """Names of the templates that are defined."""
        return self.names
