"""Who leads: the rules by which candidates share one Lease, as functions from values to values.

The rules are those of client-go's leader election. A candidate never compares clocks of machines: it takes the moment
at which *it* first saw the Lease as it is now, on its own monotonic clock, and takes the Lease when it stayed so for
the whole lease duration. Whoever leads stops by itself when it could not renew for the renew deadline, counted from
the moment at which the last renewal that succeeded was *sent*. A renewal is sent before it is stored, and stored before
anybody sees it, and the deadline is shorter than the duration: so the leader has stopped before anybody may take over,
whatever is lost or late on the way, as long as no clock runs half as fast again as another.

Where client-go trusts whatever it reads, these rules are stricter, since people edit Leases. An emptied holder counts
as a release only in the form in which a leader writes one, a shortened duration shortens no wait, and a holder that
bears our name but not our acquisition is a stranger. A deleted Lease is waited for as if it were still held. What is
left: a candidate that starts between the deletion of a Lease and its leader's next renewal cannot know that there was
one, and both lead until that renewal. https://kubernetes.io/docs/concepts/architecture/leases/
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

# What client-go writes on release too, so that its candidates and ours understand each other.
_RELEASED_SECONDS: Final = 1


@dataclass(frozen=True)
class Timing:
    """How long to wait for what, in seconds; the defaults are those of Kubernetes' own components.

    Attributes:
        lease_duration: How long a Lease must stay as it is before another candidate takes it.
        renew_deadline: How long a leader leads on from its last renewal.
        retry_period: How long a leader waits between renewals, and a candidate at most between looks.

    """

    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what would lead to two leaders, or to none.

        Raises:
            ConfigError: The times do not fit together.

        """
        if self.lease_duration <= self.renew_deadline:
            raise ConfigError("the lease duration must be longer than the renew deadline")
        if self.renew_deadline <= 2 * self.retry_period:
            raise ConfigError("the renew deadline must be longer than two retry periods", hint="one try may get lost")
        if self.retry_period <= 0:
            raise ConfigError("the retry period must be longer than nothing")


@dataclass(frozen=True)
class LeaseRecord:
    """What ``spec`` of a Lease (coordination.k8s.io/v1) says.

    Attributes:
        holder: Who leads; empty when nobody does.
        duration: Seconds that the holder asks others to wait.
        acquired: When the holder began to lead, by its own wall clock, as text; nobody compares it with a clock.
        renewed: When it last renewed, in the same manner.
        transitions: How often the holder has changed.

    """

    holder: str
    duration: int
    acquired: str
    renewed: str
    transitions: int

    @property
    def term(self) -> tuple[str, str, int]:
        """Which acquisition it is: the same for all its renewals."""
        return (self.holder, self.acquired, self.transitions)

    @property
    def released(self) -> bool:
        """Whether it is as a leader leaves it that has stopped writing."""
        return not self.holder and self.duration == _RELEASED_SECONDS


@dataclass(frozen=True)
class Sighting:
    """The Lease as it was first seen in its present form.

    Attributes:
        record: What it says; None when there is none.
        version: Its resourceVersion; empty when there is none.
        free_at: When somebody else may take it, on the candidate's own monotonic clock.

    """

    record: LeaseRecord | None
    version: str
    free_at: float


@dataclass(frozen=True)
class Candidate:
    """What one candidate knows; times are seconds on its own monotonic clock.

    Attributes:
        identity: Its name, no other candidate's.
        timing: How long it waits for what.
        sighting: What it saw last; None before the first look.
        sent: What it last tried to write, or inherited from its own earlier life.
        sent_on: The version that `sent` was to replace.
        sent_at: When it was sent.
        renewed_at: When its last successful write was sent; None when it does not lead.

    """

    identity: str
    timing: Timing
    sighting: Sighting | None = None
    sent: LeaseRecord | None = None
    sent_on: str | None = None
    sent_at: float = 0.0
    renewed_at: float | None = None

    def remaining(self, now: float) -> float:
        """Return the seconds for which it leads without another renewal; 0 when it does not lead."""
        return 0.0 if self.renewed_at is None else max(0.0, self.renewed_at + self.timing.renew_deadline - now)

    def leads(self, now: float) -> bool:
        """Return whether it leads."""
        return self.remaining(now) > 0

    @property
    def unanswered(self) -> bool:
        """Whether something was sent of which it is not known whether it was stored."""
        return self.sighting is not None and self.sent is not None and self.sent_on == self.sighting.version


def observe(candidate: Candidate, record: LeaseRecord | None, version: str, now: float) -> Candidate:
    """Take in a look at the Lease.

    Every new version starts the wait anew, whatever changed in it: somebody's edit delays a takeover, and can never
    hasten one.

    Args:
        candidate: What is known.
        record: What the Lease says; None when there is none.
        version: Its resourceVersion; empty when there is none.
        now: When the answer was there.

    """
    before = candidate.sighting
    if before is not None and before.version == version:
        return candidate
    if before is None and record is not None and record.holder == candidate.identity:
        # Ours from an earlier life. Safe at once, as no two live processes have one identity: a container of a Pod is
        # started again only when its predecessor is dead.
        candidate = replace(candidate, sent=record)
    seen = Sighting(record, version, now + _wait_for(candidate, record))
    if record is None or _is_ours(candidate, record):
        return replace(candidate, sighting=seen)
    return replace(candidate, sighting=seen, renewed_at=None)


def propose(candidate: Candidate, now: float, stamp: str) -> LeaseRecord | None:
    """Return what to write over the sighting (its version must still be the Lease's), or None to wait.

    Args:
        candidate: What is known; it has had a look.
        now: The time.
        stamp: The wall clock's time, as RFC 3339 with microseconds, for the record's readers.

    """
    seen = candidate.sighting
    if seen is None:
        return None
    duration = math.ceil(candidate.timing.lease_duration)
    ours = seen.record if seen.record is not None and _is_ours(candidate, seen.record) else None
    if seen.record is None and candidate.leads(now):
        ours = candidate.sent  # Somebody deleted it under the leader, who puts it back.
    if ours is not None:
        return replace(ours, duration=duration, renewed=stamp)
    if now < seen.free_at:
        return None
    # The same acquisition as the one before whose answer was lost: it may be stored yet, and must be known for ours.
    acquired = candidate.sent.acquired if candidate.sent and candidate.unanswered else stamp
    transitions = seen.record.transitions + 1 if seen.record else 0
    return LeaseRecord(candidate.identity, duration, acquired, stamp, transitions)


def sending(candidate: Candidate, record: LeaseRecord, now: float) -> Candidate:
    """Remember what is being sent, before it is: whether it arrives may never be known."""
    version = candidate.sighting.version if candidate.sighting else ""
    return replace(candidate, sent=record, sent_on=version, sent_at=now)


def stored(candidate: Candidate, version: str, now: float) -> Candidate:
    """Take in that what was sent last is stored, as `version`."""
    seen = Sighting(candidate.sent, version, now + candidate.timing.lease_duration)
    return replace(candidate, sighting=seen, renewed_at=candidate.sent_at)


def release(candidate: Candidate, stamp: str) -> LeaseRecord | None:
    """Return what to write so that others need not wait, or None when the Lease is not ours to give up.

    The caller has stopped doing what only a leader may.
    """
    seen = candidate.sighting
    if seen is None or seen.record is None or not _is_ours(candidate, seen.record):
        return None
    return LeaseRecord("", _RELEASED_SECONDS, stamp, stamp, seen.record.transitions)


def pause(candidate: Candidate, now: float, chance: Callable[[], float]) -> float:
    """Return the seconds until the next try.

    A leader keeps to the retry period. Others look once or twice in it, each at moments of its own, and just when the
    Lease becomes free.

    Args:
        candidate: What is known.
        now: The time.
        chance: A number in [0, 1).

    """
    period = candidate.timing.retry_period
    if candidate.leads(now):
        return min(period, candidate.remaining(now))
    spread = period * (1 - chance() / 2)
    wait = candidate.sighting.free_at - now if candidate.sighting else 0.0
    return min(spread, wait) if wait > 0 else spread


def _is_ours(candidate: Candidate, record: LeaseRecord) -> bool:
    return candidate.sent is not None and record.term == candidate.sent.term


def _wait_for(candidate: Candidate, record: LeaseRecord | None) -> float:
    """Return the seconds that a Lease first seen now must stay as it is."""
    if record is None:
        # None at the first look: nobody has ever led. Gone since the last: whoever held it may not know yet.
        return 0.0 if candidate.sighting is None else candidate.timing.lease_duration
    return 0.0 if record.released else max(candidate.timing.lease_duration, float(record.duration))
