"""Measure a thing and its peer in one run, and say how they compare.

Times alone mean nothing on somebody else's machine, so every figure is a ratio against a peer that did the same work on
the same parts a moment before or after.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_MILLISECOND: Final = 0.001
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Cost:
    """What something cost.

    Attributes:
        seconds: Wall time.
        cpu: CPU time, user and system, in seconds; None where it was not measured.
        memory: Resident memory at the end, in bytes; None where it was not measured.
        requests: Requests to the server; None where they were not counted.

    """

    seconds: float
    cpu: float | None = None
    memory: int | None = None
    requests: int | None = None


@dataclass(frozen=True)
class Comparison:
    """One row of the report.

    Attributes:
        what: The work, with its size.
        ours: What it cost us.
        peer: What it cost the peer.
        against: Who the peer is.

    """

    what: str
    ours: Cost
    peer: Cost
    against: str

    @property
    def speed(self) -> float:
        """How many times faster than the peer; below 1 is slower."""
        return self.peer.seconds / self.ours.seconds


def median(measure: Callable[[], float], times: int) -> Cost:
    """Measure several times, after one run that warms caches, and take the median."""
    measure()
    return Cost(statistics.median(measure() for _ in range(times)))


def command_seconds(arguments: Sequence[str], *, stdin: bytes = b"") -> float:
    """Run a command to its end and return its wall time in seconds.

    Python may write its bytecode, as it does for an installed program.

    Raises:
        subprocess.CalledProcessError: It failed.

    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    subprocess.run(arguments, input=stdin, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def process_cpu(pid: int) -> float:
    """Return the CPU time that a process has used so far, in seconds (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def process_age(pid: int) -> float:
    """Return the time since a process was started, in seconds, to a hundredth (proc(5))."""
    started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) / _TICKS
    return float(Path("/proc/uptime").read_text().split()[0]) - started


def process_memory(pid: int) -> int:
    """Return the resident memory of a process, in bytes (proc(5))."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def children_cpu() -> float:
    """Return the CPU time of all children that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def table(rows: Sequence[Comparison]) -> str:
    """Return the report as a Markdown table."""
    lines = [
        "| what | against | ours | peer | faster | CPU ours / peer | memory ours / peer | requests ours / peer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_row, rows)])


def _row(row: Comparison) -> str:
    cells = (
        row.what,
        row.against,
        _seconds(row.ours.seconds),
        _seconds(row.peer.seconds),
        f"{row.speed:.2g} times",
        f"{_seconds(row.ours.cpu)} / {_seconds(row.peer.cpu)}",
        f"{_mebibytes(row.ours.memory)} / {_mebibytes(row.peer.memory)}",
        f"{_count(row.ours.requests)} / {_count(row.peer.requests)}",
    )
    return f"| {' | '.join(cells)} |"


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value < _MILLISECOND:
        return f"{value * 1_000_000:.0f} us"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _mebibytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 2**20:.0f} MiB"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
