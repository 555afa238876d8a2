"""Processes by their names, for signals: with ``shareProcessNamespace`` the application's are here, too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from injector.agent.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from injector.agent.settings import Signal

# The kernel keeps this much of a name (https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html).
_KEPT: Final = 15


def send(wanted: Signal, proc: Path) -> int:
    """Send a signal to every process of a name but the agent, and return how many there are.

    Args:
        wanted: The signal, and the name.
        proc: ``/proc``.

    Raises:
        CommandError: There is no such process, or the agent may not send it signals.

    """
    found = list(named(wanted.process, proc))
    if not found:
        raise CommandError(
            f"there is no process {wanted.process} to signal", hint="the pod needs shareProcessNamespace: true"
        )
    for pid in found:
        try:
            os.kill(pid, wanted.number)
        except ProcessLookupError:
            continue  # it has just ended
        except PermissionError as error:
            raise CommandError(
                f"may not signal {wanted.process}: it runs as another user",
                hint="run the agent as the application's user: agent-run-as-same-user",
            ) from error
    return len(found)


def named(name: str, proc: Path) -> Iterator[int]:
    """Yield the numbers of the processes of a name, without this one's."""
    for folder in sorted(proc.iterdir(), key=lambda folder: folder.name):
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            kept = (folder / "comm").read_text(errors="replace").rstrip("\n")
            program = (folder / "cmdline").read_bytes().split(b"\0")[0].rpartition(b"/")[2].decode(errors="replace")
        except OSError:
            continue  # it has ended
        if name == program or name[:_KEPT] == kept:
            yield int(folder.name)
