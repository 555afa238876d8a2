"""An agent that stays, as a process, and what it says."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


def eventually(holds: Callable[[], object], seconds: float = 20) -> bool:
    """Wait for a condition, such as the end of leases, which Vault brings about in its own time after a token's."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Staying:
    """A running agent; it is killed at the end of the block."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    @property
    def said(self) -> str:
        return "".join(self._said)

    def wait_until(self, holds: Callable[[], object], seconds: float = 40) -> None:
        """Wait for a condition; an agent that ends first, or never fulfils it, fails with what it said."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"it never came true; the agent said:\n{self.said}"
            assert self.process.poll() is None or holds(), f"the agent ended, and said:\n{self.said}"
            time.sleep(0.02)

    def wait_for(self, words: str, times: int = 1) -> None:
        self.wait_until(lambda: self.said.count(words) >= times)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        status = self.process.wait(30)
        self._reader.join(10)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._said.append(line)  # line by line: `said` is looked at meanwhile
