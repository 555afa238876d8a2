"""How often a caller may ask: the generic cell rate algorithm, one number for each caller, the clock an argument.

GCRA (ITU-T I.371, annex A) is a leaky bucket that stores only the theoretical arrival time: the moment at which, had
the caller kept to the rate, its next request would be due. Limits and headers are those of the existing system
(reference, sealed-secrets 2.5): a burst of N lets N + 1 requests through at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

# An entry says something until its time is over, (burst + 1) / rate seconds: 1.5 by default. That many callers would
# have to come new within it before one that counts is forgotten, and forgetting one lets it ask a few times more.
MOST_CALLERS: Final = 8192


@dataclass(frozen=True)
class Rate:
    """What is allowed: `per_second` requests in the long run, and `burst` more at once. Zero a second: no limit."""

    per_second: float
    burst: int

    def times(self, factor: int) -> Rate:
        """Return the rate of so many callers together."""
        return Rate(self.per_second * factor, (self.burst + 1) * factor - 1)


@dataclass(frozen=True)
class Allowance:
    """The answer to one request.

    Attributes:
        allowed: Whether it may go on.
        limit: How many requests an idle caller may make at once.
        remaining: How many it may still make now.
        reset: Seconds until it may make `limit` again.
        retry_after: Seconds until the next is allowed; zero when this one is.

    """

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_after: float

    def headers(self) -> dict[str, str]:
        """Return the headers that tell it, in whole seconds, rounded up: an early retry would be refused again."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset)),
        }
        return told if self.allowed else told | {"Retry-After": str(max(1, math.ceil(self.retry_after)))}


def take(due: float | None, rate: Rate, now: float) -> tuple[float, Allowance]:
    """Return the caller's next theoretical arrival time, and whether a request at `now` is allowed.

    Args:
        due: The theoretical arrival time as it was; None for a caller that is not known.
        rate: What is allowed; more than zero a second.
        now: The time, seconds of a clock that never steps.

    """
    interval = 1 / rate.per_second
    tolerance = interval * (rate.burst + 1)
    start = now if due is None else max(due, now)
    wait = start + interval - tolerance - now
    # A whole number of intervals may come out a hair off in floating point.
    allowed = wait <= interval * 1e-9
    after = start + interval if allowed else start
    remaining = max(0, math.floor((tolerance - (after - now)) / interval + 1e-9))
    return after, Allowance(allowed, rate.burst + 1, remaining, after - now, 0.0 if allowed else wait)


@dataclass
class Limiter:
    """The allowances of many callers, in bounded memory: the one that asked least recently is forgotten first.

    Attributes:
        rate: What each is allowed.
        most: How many callers are remembered.

    """

    rate: Rate
    most: int = MOST_CALLERS
    _due: dict[bytes, float] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self._due)

    def ask(self, caller: str, now: float) -> Allowance | None:
        """Count a request by `caller` at `now` (seconds, never stepping back); None where there is no limit."""
        if self.rate.per_second <= 0:
            return None
        # Names have any length that a header has; what is kept of each has one.
        name = blake2b(caller.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._due[name], allowance = take(self._due.pop(name, None), self.rate, now)
        if len(self._due) > self.most:
            del self._due[next(iter(self._due))]
        return allowance
