"""When to try again: capped exponential backoff with jitter, without an end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Backoff:
    """How the wait grows.

    Attributes:
        first: Seconds before the second try.
        cap: The longest wait, seconds.
        jitter: The share of the wait that is left to chance, 0 to 1, so that many objects that failed together do not
            come back together.

    """

    first: float = 0.5
    cap: float = 300.0
    jitter: float = 0.5

    def delay(self, failures: int, chance: Callable[[], float], *, at_least: float | None = None) -> float:
        """Return the seconds to wait.

        Args:
            failures: How many tries have failed in a row, from 1.
            chance: A number in [0, 1), as `random.random`.
            at_least: What the server asked for, if it did.

        """
        # 2**63 is beyond any cap; the bound keeps a float from overflowing after weeks of failures.
        wait = min(self.cap, self.first * 2.0 ** min(failures - 1, 63))
        return max(wait * (1 - self.jitter * chance()), at_least or 0.0)
