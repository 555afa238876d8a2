"""The state file of detached processes: `.demo/state.json`.

A record names a process by its id and its start time, as the id alone may have been given to another process since: one
that is not ours is never signalled.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sealer.errors import InputError

PROC: Final = Path("/proc")
FIELDS_BEFORE_STATE: Final = 2
START_TIME_FIELD: Final = 22


@dataclass(frozen=True)
class Record:
    """One detached process.

    Attributes:
        name: What it is.
        pid: Process id, and the id of its group.
        started: What `start_time` said when it was started.
        log: File with its output.

    """

    name: str
    pid: int
    started: str
    log: str


def start_time(pid: int) -> str:
    """When a process started, in a form that is only compared: clock ticks since boot, or the date that `ps` prints.

    Returns:
        The empty string where there is no such process, or it has ended and only waits to be reaped.

    """
    if PROC.joinpath("self").exists():
        return _start_time_from_proc(pid)
    result = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return result.stdout.strip()


def _start_time_from_proc(pid: int) -> str:
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # Field 2 is the command in parentheses, which may itself hold spaces and parentheses (man 5 proc).
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], fields[START_TIME_FIELD - FIELDS_BEFORE_STATE - 1]
    return "" if state == "Z" else started


def alive(record: Record) -> bool:
    """Whether the very process that was recorded still runs."""
    return bool(record.started) and start_time(record.pid) == record.started


def stop(record: Record, *, seconds: float = 10.0) -> bool:
    """Stop a recorded process and its group.

    Returns:
        Whether there was anything to stop.

    """
    if not alive(record):
        return False
    deadline = time.monotonic() + seconds
    signal_group(record.pid, signal.SIGTERM)
    while alive(record) and time.monotonic() < deadline:
        time.sleep(0.05)
    signal_group(record.pid, signal.SIGKILL)
    return True


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a process group; nothing happens where it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


class StateFile:
    """The records of one folder, in the order in which the processes were started.

    Args:
        path: The file; it need not exist.

    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[Record]:
        """Read every record.

        Raises:
            InputError: The file is not what this program wrote.

        """
        try:
            return [Record(**item) for item in json.loads(self.path.read_text())["processes"]]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError, KeyError) as error:
            hint = "look for the processes yourself, then remove the file"
            raise InputError(f"{self.path} does not hold what was written to it", hint=hint) from error

    def add(self, record: Record) -> None:
        """Append a record."""
        self._write([*self.records(), record])

    def remove(self, pid: int) -> None:
        """Remove the record of a process."""
        self._write([record for record in self.records() if record.pid != pid])

    def stop_all(self) -> list[Record]:
        """Stop what is recorded and still runs, the last started first, and empty the file.

        Returns:
            The processes that were stopped.

        """
        stopped = [record for record in reversed(self.records()) if stop(record)]
        self.clear()
        return stopped

    def clear(self) -> None:
        """Write a file without records."""
        self._write([])

    def _write(self, records: list[Record]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".new")
        temporary.write_text(json.dumps({"processes": [asdict(record) for record in records]}, indent=2) + "\n")
        temporary.replace(self.path)
