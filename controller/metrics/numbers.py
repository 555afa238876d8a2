"""What is counted that no part of the controller counts for itself."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# The default buckets of Prometheus' client libraries, which the existing controller has for HTTP.
DEFAULT_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# From what one object takes to what ten thousand take.
SYNC_BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


@dataclass
class Histogram:
    """How often a value was at most as large as each bound.

    Attributes:
        bounds: Upper bounds, ascending; what is larger counts too.
        total: The sum of all values.

    """

    bounds: tuple[float, ...] = DEFAULT_BOUNDS
    total: float = 0.0
    _counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect.bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Yield each bound as text with the number of values up to it, and all of them at the end."""
        sum_so_far = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            sum_so_far += count
            yield bound, sum_so_far


@dataclass
class Numbers:
    """Counts since the start.

    Attributes:
        api: Requests to the API server, by verb and HTTP status.
        api_seconds: How long they took, by verb.
        http: Requests to us, by path, status and method.
        http_seconds: How long they took, by path and method.
        sync_seconds: From when a SealedSecret, or its change, was seen to when its Secret was written.

    """

    api: Counter[tuple[str, int]] = field(default_factory=Counter)
    api_seconds: defaultdict[str, Histogram] = field(default_factory=lambda: defaultdict(Histogram))
    http: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    http_seconds: defaultdict[tuple[str, str], Histogram] = field(default_factory=lambda: defaultdict(Histogram))
    sync_seconds: Histogram = field(default_factory=lambda: Histogram(SYNC_BOUNDS))

    def api_answered(self, verb: str, status: int, seconds: float) -> None:
        """Count a request to the API server; `status` is 0 when there was no answer."""
        self.api[verb, status] += 1
        self.api_seconds[verb].observe(seconds)

    def http_answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request to us; methods are lower case, as in the existing controller."""
        self.http[path, status, method.lower()] += 1
        self.http_seconds[path, method.lower()].observe(seconds)
