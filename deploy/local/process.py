"""Start and stop processes so that none is left behind.

A process is either *owned* (it dies with the process that started it, even on SIGKILL) or *detached* (it outlives it
and is recorded in a state file, from which `down` stops it). Each leads a session and a process group of its own, so
that Ctrl-C in the terminal reaches only the owner, and a stop reaches its children too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from deploy.local.errors import ProcessError
from deploy.local.interrupts import held
from deploy.local.state import Record, signal_group, start_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from deploy.local.state import StateFile

SUPERVISE: Final = Path(__file__).parent / "supervise.py"
TERMINATE_SECONDS: Final = 10.0
LINES_SHOWN: Final = 15


@dataclass(frozen=True)
class Command:
    """What to run.

    Attributes:
        name: How messages and the state file call it.
        arguments: Program and arguments. No secret: other users can read them.
        log: File that gets standard output and error.
        environment: The whole environment; that of this process where None.
        folder: Working directory.
        prefix: Program and arguments put before everything else, such as `unshare`, which must be in force before the
            process is tied to its owner (a change of credentials unties it again).
        death_signal: Sent when the owner dies. SIGTERM for those who have children of their own to stop.

    """

    name: str
    arguments: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    folder: Path | None = None
    prefix: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL


class Process:
    """A started process."""

    def __init__(self, command: Command, popen: subprocess.Popen[bytes]) -> None:
        self.name = command.name
        self.log = command.log
        self.pid = popen.pid
        self._popen = popen

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, seconds: float = TERMINATE_SECONDS) -> int:
        """Wait for its end.

        Returns:
            The exit status.

        Raises:
            ProcessError: It still runs after `seconds`.

        """
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ProcessError(f"{self.name} still runs after {seconds:g} s") from error

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, not to its group."""
        self._popen.send_signal(number)

    def output(self) -> str:
        """Everything it has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def last_lines(self, count: int = LINES_SHOWN) -> str:
        """Return the end of its output, indented for a message."""
        return "\n".join(f"    {line}" for line in self.output().splitlines()[-count:])

    def stop(self, seconds: float = TERMINATE_SECONDS) -> None:
        """Ask the process group to end, and kill it if it has not after `seconds`."""
        signal_group(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        # Children that outlived the leader too; and the leader itself where it did not listen.
        signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str = "ready") -> None:
        """Poll until the process is ready.

        Raises:
            ProcessError: It ended, or is not ready in time; the message ends with its last lines.

        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise ProcessError(f"{self.name} ended with status {self.exit_code}\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"{self.name} is not {what} after {seconds:g} s\n{self.last_lines()}",
                    hint=f"its whole output is in {self.log}",
                )
            time.sleep(0.05)


class Processes:
    """All processes of one run, stopped together, the last started first.

    An owned process dies with the *thread* that started it, as the kernel sees it: start them from a thread that lasts.

    Args:
        state: Where to record detached processes; None for processes that die with this one.

    """

    def __init__(self, state: StateFile | None = None) -> None:
        self._state = state
        self._running: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, command: Command) -> Process:
        """Start a process; its log is made readable by the owner alone, as it may hold what the demo seals.

        Raises:
            ProcessError: The program cannot be run.

        """
        arguments = (*command.prefix, *self._tie(command), *command.arguments)
        command.log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # An interrupt between the start and the record would leave a process that nobody knows.
            with held():
                return self._start(command, arguments, descriptor)
        except OSError as error:
            raise ProcessError(f"cannot run {arguments[0]}: {error.strerror}") from error
        finally:
            os.close(descriptor)

    def _start(self, command: Command, arguments: tuple[str, ...], output: int) -> Process:
        popen = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=command.environment,
            cwd=command.folder,
            start_new_session=True,
        )
        process = Process(command, popen)
        self._running.append(process)
        if self._state is not None:
            self._state.add(Record(command.name, popen.pid, start_time(popen.pid), str(command.log)))
        return process

    def stop(self, process: Process) -> None:
        """Stop one process and forget it; one that was stopped before is left alone."""
        if process not in self._running:
            return
        with held():
            process.stop()
            self._running.remove(process)
            if self._state is not None:
                self._state.remove(process.pid)

    def stop_all(self) -> None:
        """Stop every process that still runs; a second Ctrl-C does not cut this short."""
        with held():
            for process in reversed(self._running[:]):
                self.stop(process)

    def _tie(self, command: Command) -> tuple[str, ...]:
        if self._state is not None:
            return ()
        number = str(int(command.death_signal))
        return (sys.executable, "-I", "-S", str(SUPERVISE), str(os.getpid()), number)
