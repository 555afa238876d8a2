"""When the next sealing key is due.

Two clocks are asked, as neither can be trusted alone. The wall clock may be wrong and be put right, by years, in either
direction; the monotonic one knows nothing of the time before this process. The rules that follow from that:

- a clock that steps forward renews once, and back again not at all;
- a clock that steps back makes no key: keys that seem to come from the future count from when the API server got them;
- a process that saw no new key for a whole period makes one, whatever the wall clock says;
- keys are not made without an end, whatever takes them away again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from controller.settings import KeyOrder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.keys import StoredKey

# An operator who takes out keys one by one gets a new one at once; a webhook that takes out each new key does not.
_AT_ONCE: Final = 3
_HOUR: Final = 3600.0
_FIRST_PAUSE: Final = 10.0


@dataclass
class Renewal:
    """Decides when a key is made; the clocks' readings are arguments.

    Attributes:
        period: Age of the youngest key at which the next is made; zero for never.
        cutoff: When the youngest key is from before this, aware, another is made; None for no such time.
        order: What makes a key the newest.

    """

    period: timedelta
    cutoff: datetime | None = None
    order: KeyOrder = KeyOrder.NOT_BEFORE
    _known: frozenset[str] = frozenset()
    _news_at: float = 0.0
    _made_at: list[float] = field(default_factory=list)

    def wait(self, keys: Sequence[StoredKey], now: datetime, monotonic: float) -> float | None:
        """Return the seconds until a key is to be made: zero for now, None for never.

        Args:
            keys: Those that there are.
            now: The wall clock's time, aware.
            monotonic: The monotonic clock's, in seconds.

        """
        self._look_at(keys, monotonic)
        births = [born(stored, self.order, now) for stored in keys]
        # By both dates further ahead than the next key would be: a wrong clock's, and no reason to make none.
        plausible = [at for at in births if at <= now + self.period]
        newest = max(plausible) if plausible else now if births else None
        due = renewal_due(newest, self.period, now, self.cutoff)
        if due is None:
            return None
        seconds = due.total_seconds()
        if births and self.period > timedelta():
            seconds = min(seconds, max(0.0, self._news_at + self.period.total_seconds() - monotonic))
        return max(seconds, self._pause(monotonic))

    def made(self, monotonic: float) -> None:
        """Note that a key was made because it was due."""
        self._made_at = [at for at in self._made_at if monotonic - at < _HOUR] + [monotonic]

    def _look_at(self, keys: Sequence[StoredKey], monotonic: float) -> None:
        """Note when there was last a key that was not there before."""
        fingerprints = frozenset(stored.key.fingerprint for stored in keys)
        if fingerprints - self._known:
            self._news_at = monotonic
        self._known = fingerprints

    def _pause(self, monotonic: float) -> float:
        """Return the seconds to wait since too many keys were made in the last hour."""
        recent = [at for at in self._made_at if monotonic - at < _HOUR]
        if len(recent) < _AT_ONCE:
            return 0.0
        pause = min(_HOUR, _FIRST_PAUSE * 2.0 ** (len(recent) - _AT_ONCE))
        return max(0.0, recent[-1] + pause - monotonic)


def renewal_due(
    newest: datetime | None, period: timedelta, now: datetime, cutoff: datetime | None = None
) -> timedelta | None:
    """Return how long to wait until the next key is made, by the wall clock.

    Args:
        newest: When the youngest key was born, aware; None when there is no key.
        period: A key's age at which it is renewed; zero for never.
        now: The time, aware.
        cutoff: A key from before this is renewed, once it is that time; aware. None for no such time.

    Returns:
        Zero when it is time, or past it; None when it never will be.

    """
    if newest is None:
        return timedelta()
    due = [newest + period] if period > timedelta() else []
    if cutoff is not None and newest < cutoff:
        due.append(cutoff)
    return max(timedelta(), min(due) - now) if due else None


def born(stored: StoredKey, order: KeyOrder, now: datetime) -> datetime:
    """Return when a key came to be, as far as can be known at `now`.

    A date that is later than now was set for later, or by a clock that was ahead of ours: the other one counts, or, if
    both are, the earlier. Otherwise the certificate's date counts; where the Secret's age is what orders the keys, the
    later of the two, so that a key of ours is young by our own clock even if the API server's is behind.
    """
    begins, created = stored.begins, stored.created or stored.begins
    if begins > now:
        return min(begins, created)
    return max(begins, created) if order is KeyOrder.CREATED and created <= now else begins
