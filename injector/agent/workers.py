"""Threads that do one job each, and put what came of it into an inbox.

Not concurrent.futures: it costs more to import than all threads to start, and it waits for its threads at the end.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from injector.agent.events import place_of
from sealer.errors import SealerError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Done:
    """A job has ended.

    Attributes:
        job: Which.
        value: What it gave.
        error: What it raised on purpose.
        crashed: Whether it raised anything else, which is a bug; `crash` says where.
        crash: Where that was, without the error's words: they may hold a value.

    """

    job: Any
    value: Any = field(default=None, repr=False)
    error: SealerError | None = None
    crashed: bool = False
    crash: str = ""


class Workers:
    """A few threads; those that nobody needs are never started.

    Args:
        count: How many at most.
        inbox: Gets a `Done` for each job.

    """

    def __init__(self, count: int, inbox: queue.SimpleQueue[Any]) -> None:
        self._count = count
        self._inbox = inbox
        self._jobs: queue.SimpleQueue[tuple[Any, Callable[[], Any]]] = queue.SimpleQueue()
        self._threads = 0
        self.busy = 0
        """How many jobs are under way, or done and not yet taken from the inbox."""

    def start(self, job: Any, action: Callable[[], Any]) -> None:
        """Do something as soon as a thread is free.

        Args:
            job: Its name in the inbox.
            action: What to do.

        """
        self.busy += 1
        if self._threads < min(self._count, self.busy):
            self._threads += 1
            # Daemons: a request that hangs must not keep an agent from ending.
            threading.Thread(target=self._work, name=f"worker-{self._threads}", daemon=True).start()
        self._jobs.put((job, action))

    def finished(self) -> None:
        """Count a job whose `Done` was taken from the inbox."""
        self.busy -= 1

    def _work(self) -> None:
        while True:
            job, action = self._jobs.get()
            try:
                done = Done(job, action())
            except SealerError as error:
                done = Done(job, error=error)
            except BaseException as error:  # noqa: BLE001  # not borne: the loop ends the agent by it
                done = Done(job, crashed=True, crash=place_of(error))
            self._inbox.put(done)
