"""The queue of objects to reconcile: each once, the urgent first, one attempt at a time for each.

`Schedule` is the policy, a plain value with the time as an argument; `WorkQueue` lets coroutines wait on it.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

K = TypeVar("K")
# Entries of a heap that are no longer current, before it is made anew.
_UNTIDY: Final = 256


class Priority(IntEnum):
    """Who goes first; within one, who came first."""

    CHANGE = 0
    """Somebody changed something and may be waiting for it."""
    BACKLOG = 1
    """Found at the start, or tried before: a new object must not wait behind ten thousand of these."""
    TELL = 2
    """Its Secret is there, and only the status and the event are not: a Secret is what somebody waits for."""


@dataclass
class Schedule(Generic[K]):
    """Which key is next. A key is ready, delayed, in hand, or in hand and wanted again; never twice in any of them."""

    _order: itertools.count[int] = field(default_factory=itertools.count)
    _ready: list[tuple[Priority, int, K]] = field(default_factory=list)
    _ready_entry: dict[K, tuple[Priority, int, K]] = field(default_factory=dict)
    _delayed: list[tuple[float, int, K]] = field(default_factory=list)
    _due: dict[K, tuple[float, int, K]] = field(default_factory=dict)
    _taken: dict[K, Priority] = field(default_factory=dict)
    _again: dict[K, Priority] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._ready_entry) + len(self._due) + len(self._again)

    def add(self, key: K, priority: Priority) -> None:
        """Want `key` now. A waiting retry is brought forward; a key in hand is taken again when it is done."""
        self._due.pop(key, None)
        if key in self._taken:
            self._again[key] = min(priority, self._again.get(key, priority))
            return
        before = self._ready_entry.get(key)
        if before is not None and before[0] <= priority:
            return
        # An entry that was ready with less priority stays in the heap; `take` knows it by its being no longer current.
        self._ready_entry[key] = entry = (priority, next(self._order), key)
        heapq.heappush(self._ready, entry)
        self._tidy()

    def add_later(self, key: K, at: float) -> None:
        """Want `key` at time `at`, unless it is wanted sooner already."""
        if key in self._ready_entry or key in self._again:
            return
        before = self._due.get(key)
        if before is not None and before[0] <= at:
            return
        self._due[key] = entry = (at, next(self._order), key)
        heapq.heappush(self._delayed, entry)
        self._tidy()

    def take(self, now: float) -> K | None:
        """Take the next key in hand, or return None when none is ready at time `now`."""
        while self._delayed and self._delayed[0][0] <= now:
            entry = heapq.heappop(self._delayed)
            key = entry[2]
            if self._due.get(key) is entry and key not in self._taken:
                self.add(key, Priority.BACKLOG)
        while self._ready:
            ready = heapq.heappop(self._ready)
            if self._ready_entry.get(ready[2]) is ready:
                del self._ready_entry[ready[2]]
                self._taken[ready[2]] = ready[0]
                return ready[2]
        return None

    def done(self, key: K) -> None:
        """Put down a key that was in hand; it is ready again if it was wanted meanwhile."""
        self._taken.pop(key, None)
        if key in self._again:
            self.add(key, self._again.pop(key))
        elif key in self._due:
            # Its retry was asked for while it was in hand; the heap entry may be gone, so it is entered anew.
            at = self._due.pop(key)[0]
            self.add_later(key, at)

    def drop(self, key: K) -> None:
        """Want `key` no more."""
        self._ready_entry.pop(key, None)
        self._due.pop(key, None)
        self._again.pop(key, None)

    def in_hand(self, key: K) -> Priority | None:
        """Return the priority with which `key` was taken in hand, or None when it is not."""
        return self._taken.get(key)

    @property
    def busy(self) -> bool:
        """Whether a key is ready."""
        return bool(self._ready_entry)

    def ready(self) -> Iterator[tuple[K, Priority]]:
        """Yield the keys that are ready, in no order; nothing may be added or taken meanwhile."""
        yield from ((key, entry[0]) for key, entry in self._ready_entry.items())

    @property
    def delayed(self) -> int:
        """How many keys wait for their time."""
        return len(self._due)

    def next_due(self) -> float | None:
        """Return when the next delayed key is due, or None when there is none."""
        while self._delayed and self._due.get(self._delayed[0][2]) is not self._delayed[0]:
            heapq.heappop(self._delayed)
        return self._delayed[0][0] if self._delayed else None

    def _tidy(self) -> None:
        """Take out what is no longer current: a standby takes nothing, and objects come and go for months."""
        if len(self._ready) > 2 * len(self._ready_entry) + _UNTIDY:
            self._ready = list(self._ready_entry.values())
            heapq.heapify(self._ready)
        if len(self._delayed) > 2 * len(self._due) + _UNTIDY:
            self._delayed = list(self._due.values())
            heapq.heapify(self._delayed)


class WorkQueue(Generic[K]):
    """A `Schedule` that coroutines of one loop wait on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._schedule: Schedule[K] = Schedule()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._paused = False

    def __len__(self) -> int:
        return len(self._schedule)

    def add(self, key: K, priority: Priority) -> None:
        """Want `key` now."""
        self._schedule.add(key, priority)
        self._wake()

    def add_later(self, key: K, delay: float) -> None:
        """Want `key` in `delay` seconds, unless it is wanted sooner already."""
        self._schedule.add_later(key, self._clock() + delay)
        self._arm()

    def drop(self, key: K) -> None:
        """Want `key` no more."""
        self._schedule.drop(key)

    def done(self, key: K) -> None:
        """Put down a key that `take` returned."""
        self._schedule.done(key)
        self._arm()
        self._wake()

    def in_hand(self, key: K) -> Priority | None:
        """Return the priority with which `key` was taken in hand, or None when it is not."""
        return self._schedule.in_hand(key)

    @property
    def busy(self) -> bool:
        """Whether a key is ready and waits for somebody to take it."""
        return self._schedule.busy

    def ready(self) -> Iterator[tuple[K, Priority]]:
        """Yield the keys that are ready, in no order; nothing may be added or taken meanwhile."""
        return self._schedule.ready()

    @property
    def delayed(self) -> int:
        """How many keys wait for their time."""
        return self._schedule.delayed

    def pause(self) -> None:
        """Hand out nothing until `resume`."""
        self._paused = True

    def resume(self) -> None:
        """Hand out again."""
        self._paused = False
        for _ in range(len(self._waiters)):
            self._wake()

    def close(self) -> None:
        """Hand out nothing any more: all who wait, or will, get None."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._waiters:
            self._wake()

    async def take(self) -> K | None:
        """Wait for the next key and take it in hand; None when the queue is closed."""
        while not self._closed:
            key = None if self._paused else self._schedule.take(self._clock())
            if key is not None:
                self._wake()  # There may be another; whoever wakes in vain waits again.
                return key
            self._arm()
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        return None

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _arm(self) -> None:
        """Set the one timer to when the next delayed key is due."""
        due = self._schedule.next_due()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - self._clock()), self._wake)
