"""A rate limit for many threads: a bucket that fills with time, each request takes from."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from injector.vault.environment import RateLimit


def next_turn(rate: RateLimit, last: float, now: float) -> float:
    """Decide when the next request may be sent (pure).

    The turns of requests lie ``1 / per_second`` apart; whoever was quiet may send `burst` of them at once.

    Args:
        rate: The limit.
        last: The turn of the request before.
        now: The time, in seconds of any clock that does not go back.

    """
    interval = 1 / rate.per_second
    return max(last + interval, now - (rate.burst - 1) * interval)


class Throttle:
    """Makes requests wait for their turn.

    Args:
        rate: The limit.
        monotonic: The time.
        sleep: How to wait.

    """

    def __init__(
        self,
        rate: RateLimit,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = Lock()
        self._last = float("-inf")

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self._monotonic()
            self._last = next_turn(self._rate, self._last, now)
            left = self._last - now
        if left > 0:
            self._sleep(left)
