"""Show commands as a user types them, what came out, and that it is what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from deploy.local.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS: Final = 60
WAIT_SECONDS: Final = 30


@dataclass(frozen=True)
class Stage:
    """Where the demo plays.

    Attributes:
        folder: Working directory of the commands.
        environment: Their environment.

    """

    folder: Path
    environment: Mapping[str, str]

    def title(self, text: str) -> None:
        """Begin a flow."""
        print(f"\n{_bold(text)}", flush=True)

    def say(self, text: str) -> None:
        """Explain what comes next."""
        print(f"\n# {text}", flush=True)

    def write(self, name: str, text: str) -> None:
        """Make a file, and show it as a user would type it."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)
        print(f"{_bold('$')} cat {name}\n{text.rstrip()}", flush=True)

    def run(self, line: str, *, fails: bool = False) -> str:
        """Show a shell line, run it, show what came out, and return its standard output.

        Args:
            line: The line.
            fails: Whether it should fail; standard error is what matters then, and is returned.

        Raises:
            ProcessError: It fails and should not, or the other way round.

        """
        print(f"{_bold('$')} {line}", flush=True)
        done = self._shell(line)
        show(done)
        if (done.returncode != 0) is not fails:
            expected = "fail" if fails else "succeed"
            raise ProcessError(f"the demo's command should {expected}, and ended with {done.returncode}: {line}")
        return done.stderr if fails else done.stdout

    def wait(self, line: str, expected: str) -> None:
        """Poll a shell line, unseen, until its output holds `expected`; then show it once.

        Raises:
            ProcessError: It does not come in time.

        """
        deadline = time.monotonic() + WAIT_SECONDS
        while expected not in self._shell(line).stdout:
            if time.monotonic() > deadline:
                raise ProcessError(f"the demo waited {WAIT_SECONDS} s for {expected!r} from: {line}")
            time.sleep(0.1)
        self.run(line)

    def check(self, what: str, *, holds: bool) -> None:
        """Say that something holds.

        Raises:
            ProcessError: It does not.

        """
        if not holds:
            raise ProcessError(f"the demo expected that {what}")
        print(f"{_green('ok:')} {what}", flush=True)

    def _shell(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def show(done: subprocess.CompletedProcess[str]) -> None:
    """Print what came out of a command, standard output first."""
    text = (done.stdout + done.stderr).rstrip()
    if text:
        print(text, flush=True)


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if _colours() else text


def _green(text: str) -> str:
    return f"\x1b[32m{text}\x1b[0m" if _colours() else text


def _colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
