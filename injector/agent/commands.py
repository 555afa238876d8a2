"""What runs after a change: commands and signals (reference, vault-agent-injector 3.6).

A command of several words goes through ``sh -c`` where there is a shell, as in the existing agent. An image without
one is as good: there the words are split as a shell would, and the usual ways to send a signal are done without a
program.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from injector.agent.errors import CommandError
from injector.agent.processes import send
from injector.agent.settings import Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SHELL: Final = "/bin/sh"
_KEPT_BACK: Final = ("VAULT_TOKEN", "BAO_TOKEN", "SEALER_AGENT_CONFIG")
_PIDOF: Final = r'"?\$\(\s*pidof\s+([\w.+-]+)\s*\)"?|`\s*pidof\s+([\w.+-]+)\s*`'
_KILL: Final = re.compile(rf"kill\s+(?:-s\s+|-)(\w+)\s+(?:{_PIDOF})")
_PKILL: Final = re.compile(r"(?:pkill|killall)\s+(?:-s\s+|--signal[ =]|-)(\w+)\s+(?:-x\s+)?([\w.+-]+)")


@dataclass(frozen=True)
class Command:
    """Something to run.

    Attributes:
        text: As it is configured.
        timeout: How long it may take, in seconds.
        why: The secret whose file changed.

    """

    text: str
    timeout: float
    why: str


def arguments_of(text: str, *, shell: bool) -> Signal | Sequence[str]:
    """Return what to do for a command: words to start, or a signal to send (pure).

    Args:
        text: As it is configured.
        shell: Whether there is one.

    Raises:
        CommandError: Without a shell it cannot be read.

    """
    if shell and len(text.split()) > 1:
        return [_SHELL, "-c", text]
    found = signal_in(text)
    if found is not None:
        return found
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CommandError(f"it cannot be read: {str(error).lower()}") from error
    if not words:
        raise CommandError("it is empty")
    return words


def signal_in(text: str) -> Signal | None:
    """Return the signal that a usual command sends by a process's name: ``kill -HUP $(pidof nginx)``, ``pkill``."""
    found = _KILL.fullmatch(text) or _PKILL.fullmatch(text)
    if found is None:
        return None
    word = found[1].upper()
    number = int(word) if word.isdecimal() else signal.Signals.__members__.get(f"SIG{word.removeprefix('SIG')}")
    process = next(filter(None, found.groups()[1:]))
    return None if number is None else Signal(process, int(number))


class Runner:
    """Runs commands, one at a time.

    Args:
        environment: The agent's environment; tokens and its configuration are kept from commands.
        report: Gets a line for each thing that ran; never its output, which may hold secrets.

    """

    def __init__(self, environment: Mapping[str, str], report: Callable[[str], None]) -> None:
        self._environment = {name: value for name, value in environment.items() if name not in _KEPT_BACK}
        self._report = report
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, command: Command) -> None:
        """Run a command to its end.

        Raises:
            CommandError: It cannot be started, takes too long, or fails.

        """
        what = f"the command of {command.why}"
        try:
            todo = arguments_of(command.text, shell=os.access(_SHELL, os.X_OK))
        except CommandError as error:
            raise CommandError(f"{what}: {error.message}", hint=error.hint) from error
        if isinstance(todo, Signal):
            self.signal(todo, command.why)
            return
        status = self._wait(todo, command.timeout, what)
        if status != 0:
            said = f"status {status}" if status > 0 else f"signal {-status}"
            raise CommandError(f"{what} ended with {said}", hint="run it by hand in the agent's container")
        self._report(f"ran {what}")

    def signal(self, wanted: Signal, why: str) -> None:
        """Send a signal to all processes of a name.

        Raises:
            CommandError: There is none, or the agent may not.

        """
        count = send(wanted, Path("/proc"))
        self._report(f"sent {signal.Signals(wanted.number).name} to {wanted.process} ({count}) for {why}")

    def stop(self) -> None:
        """End what runs; may be called from another thread."""
        self._stopped = True
        running = self._running
        if running is not None:
            _end(running)

    def _wait(self, words: Sequence[str], timeout: float, what: str) -> int:
        try:
            running = subprocess.Popen(
                words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that all it starts can be ended with it
            )
        except (OSError, ValueError) as error:
            said = (error.strerror or "unknown reason").lower() if isinstance(error, OSError) else "it holds NUL"
            raise CommandError(
                f"{what} cannot be started: {said}", hint="it runs in the agent's container, not in the application's"
            ) from error
        self._running = running
        if self._stopped:
            _end(running)
        try:
            return running.wait(timeout)
        except subprocess.TimeoutExpired:
            _end(running)
            running.wait()
            raise CommandError(f"{what} took longer than {timeout:g} s, and was ended") from None
        finally:
            self._running = None


def _end(running: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.pid, signal.SIGKILL)
