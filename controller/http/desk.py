"""How much is done at a time: one private-key job, in a thread that yields to the sync, and few bodies in memory.

Whatever is asked here, Secrets must go on being synced. So this work has a thread of its own, one for all callers, and
where the system can, that thread is given less of the processor than everything else while there is not enough of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from controller.http.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")
# A body has 2 MiB at most, so that waiting ones take 32 MiB.
MOST_PLACES: Final = 16
# One that holds places by sending slowly leaves the others to the rest.
MOST_PLACES_OF_ONE: Final = 2
# A tenth of the weight of a thread at 0, in Linux' scheduler.
_NICENESS: Final = 10


def _yield_to_others() -> None:
    # On Linux niceness is each thread's own; elsewhere it would be that of the whole process.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "http", initializer=_yield_to_others)


@dataclass
class Desk:
    """Places for those who wait with a body in hand, and the one who does the work."""

    most: int = MOST_PLACES
    most_of_one: int = MOST_PLACES_OF_ONE
    _taken: Counter[str] = field(default_factory=Counter, repr=False)
    _thread: ThreadPoolExecutor = field(default_factory=_one_thread, repr=False)

    @contextlib.contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Hold a place while a request is read and answered.

        Raises:
            RefusedError: 503, there is none for `caller` now.

        """
        if self._taken.total() >= self.most or self._taken[caller] >= self.most_of_one:
            headers = {"Retry-After": "1", "Connection": "close"}
            raise RefusedError(503, "too many requests are being answered", hint="try again soon", headers=headers)
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]

    async def work(self, function: Callable[..., _T], *arguments: object) -> _T:
        """Run what parses a body and uses private keys, after what was asked before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
