"""How soon a Secret that somebody changes again and again is put right again.

Drift is repaired at once. But two writers that both mean to be right would write for ever as fast as they can, so the
repairs of one Secret come at growing intervals while they follow each other closely, and at once again after a while of
peace. Pure: the time is an argument.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

K = TypeVar("K")
AT_ONCE: Final = 3
_FIRST: Final = 2.0
_CAP: Final = 300.0
# After this many seconds without a repair, half of what was counted is forgotten.
_HALF_LIFE: Final = 600.0
# Secrets whose repairs are remembered before it is asked whose still count.
MANY: Final = 1024


@dataclass(frozen=True, slots=True)
class Repairs:
    """The repairs of one Secret so far.

    Attributes:
        count: How many, those long ago counting less.
        last: When the last one was, monotonic seconds.

    """

    count: float = 0.0
    last: float = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds to wait before the next repair; 0 for at once."""
        count = self._decayed(now)
        if count < AT_ONCE:
            return 0.0
        interval = min(_CAP, _FIRST * math.exp2(min(count - AT_ONCE, 63.0)))
        return max(0.0, self.last + interval - now)

    def repaired(self, now: float) -> Repairs:
        """Return the count after one more repair."""
        return Repairs(self._decayed(now) + 1.0, now)

    def forgotten(self, now: float) -> bool:
        """Return whether nothing is left to remember."""
        return self._decayed(now) < 1.0 / 2

    def _decayed(self, now: float) -> float:
        return self.count * math.exp2((self.last - now) / _HALF_LIFE)


@dataclass
class AllRepairs(Generic[K]):
    """The repairs of all Secrets, by a key of each; of those long ago nothing is kept, as objects go without a word."""

    _kept: dict[K, Repairs] = field(default_factory=dict)
    _sweep_at: int = MANY

    def __len__(self) -> int:
        return len(self._kept)

    def wait(self, key: K, now: float) -> float:
        """Return the seconds to wait before the next repair of a Secret; 0 for at once."""
        return self._kept.get(key, Repairs()).wait(now)

    def repaired(self, key: K, now: float) -> None:
        """Count one more repair of a Secret."""
        self._kept[key] = self._kept.get(key, Repairs()).repaired(now)
        if len(self._kept) >= self._sweep_at:
            self._kept = {one: repairs for one, repairs in self._kept.items() if not repairs.forgotten(now)}
            self._sweep_at = max(MANY, 2 * len(self._kept))
