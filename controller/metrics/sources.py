"""What metrics are made of, and a snapshot of it: taken on the loop in one go, rendered elsewhere at leisure."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from controller.verdict import Reason, Verdict
from controller.workqueue import Priority
from sealer.apiserver.lease import Election

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controller.keys import KeyStore, StoredKey
    from controller.manifests import Key
    from controller.metrics.numbers import Numbers
    from controller.records import Records
    from controller.tally import Tally
    from controller.workqueue import WorkQueue
    from sealer.apiserver.lease import Leadership

# Of an object that has not had its first attempt.
PENDING: Final = "Pending"
_VALUES: Final = {"True": 1, "Unknown": 0, "False": -1}
# The condition's value by reason: what `condition_info` is for each object.
CONDITION: Final = {reason: _VALUES[Verdict(reason).status] for reason in Reason}


@dataclass(frozen=True)
class Sources:
    """The parts of the controller that know something.

    Attributes:
        numbers: What was counted at the edges.
        tally: What the sync path counted.
        records: The objects.
        queue: Those that wait.
        keys: The sealing keys.
        leadership: Whether we lead.
        per_object: Whether to say something of single objects.
        clock: Monotonic seconds, the clock of `Records`.

    """

    numbers: Numbers
    tally: Tally
    records: Records
    queue: WorkQueue[Key]
    keys: KeyStore
    leadership: Leadership
    per_object: bool = True
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Snapshot:
    """How things stand at one moment.

    Attributes:
        leads: Whether we lead. A standby knows of objects and keys but not how they fare: that, only the leader tells.
        transitions: How often the leader has changed, by the Lease; None before it was seen, or without an election.
        objects: How many there are of each reason; `PENDING` for those that have not had their first attempt.
        conditions: Namespace, name, instance and value of the condition of each object.
        waiting: How many objects wait, by priority in lower case, and ``delayed``.
        oldest: Seconds that the longest waiting change has waited for its first attempt.
        keys: The sealing keys, the one that is sealed to first.
        unusable: How many key Secrets cannot be used.
        other_controller: Whether another controller was seen.

    """

    leads: bool
    transitions: int | None
    objects: Counter[str] = field(default_factory=Counter)
    conditions: list[tuple[str, str, str, int]] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    oldest: float = 0.0
    keys: tuple[StoredKey, ...] = ()
    unusable: int = 0
    other_controller: bool = False


def snapshot(sources: Sources) -> Snapshot:
    """Return how things stand now. Call it on the loop: nothing may change meanwhile."""
    election = sources.leadership if isinstance(sources.leadership, Election) else None
    transitions = election.record.transitions if election and election.record else None
    keys, unusable = sources.keys.keys, len(sources.keys.faults)
    if not sources.leadership.is_leader():
        return Snapshot(leads=False, transitions=transitions, keys=keys, unusable=unusable)
    return Snapshot(
        leads=True,
        transitions=transitions,
        objects=Counter(str(record.reason or PENDING) for _, record in sources.records.items()),
        conditions=list(_conditions(sources.records)) if sources.per_object else [],
        waiting=_waiting(sources.queue),
        oldest=_oldest(sources),
        keys=keys,
        unusable=unusable,
        other_controller=sources.tally.other_controller_seen(),
    )


def _conditions(records: Records) -> Iterator[tuple[str, str, str, int]]:
    for (namespace, name), record in records.items():
        if record.reason is not None:
            yield namespace, name, record.instance, CONDITION[record.reason]


def _waiting(queue: WorkQueue[Key]) -> Counter[str]:
    waiting = Counter({priority.name.lower(): 0 for priority in Priority})
    waiting.update(priority.name.lower() for _, priority in queue.ready())
    waiting["delayed"] = queue.delayed
    return waiting


def _oldest(sources: Sources) -> float:
    """Return the age of the oldest change that had no attempt yet; one that failed is counted as a retry instead."""
    now, oldest = sources.clock(), 0.0
    for key, priority in sources.queue.ready():
        record = sources.records.get(key)
        if record is not None and record.seen_at is not None and (priority is Priority.CHANGE or not record.reason):
            oldest = max(oldest, now - record.seen_at)
    return oldest
