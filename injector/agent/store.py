"""What the agent wants, what it holds of it, and when something is due. No I/O: the loop acts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from injector.agent import renewal, schedule
from injector.agent.perform import Fetched, Renewed, Unchanged
from injector.agent.renewal import Next
from injector.agent.wants import LocalFile, Read
from injector.vault.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from injector.agent.perform import Outcome
    from injector.agent.schedule import Circumstances, Item
    from injector.agent.settings import Refresh
    from injector.agent.wants import Want
    from sealer.errors import SealerError


class Store:
    """Everything that is wanted.

    Args:
        refresh: The configured times.
        now: The wall clock, aware.
        chance: From 0 to 1; spreads many agents over time.

    """

    def __init__(self, refresh: Refresh, now: Callable[[], datetime], chance: Callable[[], float]) -> None:
        self.values: dict[Want, object] = {}
        self._refresh = refresh
        self._now = now
        self._chance = chance
        self._items: dict[Want, Item] = {}
        self._moments: dict[Want, float] = {}
        self._busy: set[Want] = set()

    def want(self, wants: Iterable[Want], now: float) -> None:
        """Add what is not wanted yet; it is due at once."""
        for want in wants:
            self._items.setdefault(want, schedule.at_once(now))

    def seed(self, want: Want, answer: Answer, age: float, now: float) -> None:
        """Take up an answer that another agent got `age` seconds ago."""
        then = renewal.after_answer(answer, self._refresh, self._now(), self._chance())
        lease = answer.lease.duration - age if answer.lease is not None else None
        item = schedule.succeeded(schedule.at_once(now), then, now, lease=lease)
        self._items[want] = replace(item, due=max(item.due - age, now))
        self.values[want] = answer
        self._moments[want] = now - age

    def keep_only(self, wants: frozenset[Want]) -> None:
        """Drop what no file is made of any more."""
        for want in [want for want in self._items if want not in wants and want not in self._busy]:
            del self._items[want]
            self.values.pop(want, None)
            self._moments.pop(want, None)

    def due(self, now: float) -> list[tuple[Want, Next]]:
        """Return what is to be done now; each is busy from then on until `succeeded` or `failed`."""
        found = [(want, item.next) for want, item in self._items.items() if item.due <= now and want not in self._busy]
        self._busy.update(want for want, _ in found)
        return found

    def next_due(self) -> float | None:
        """Return when the next thing is due; None for nothing but what is busy."""
        return min((item.due for want, item in self._items.items() if want not in self._busy), default=None)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._busy)

    def is_hopeless(self, want: Want) -> bool:
        """Whether a thing failed for long, so that nothing waits for it any more."""
        return want in self._items and self._items[want].given_up

    def succeeded(self, want: Want, outcome: Outcome, now: float) -> bool:
        """Take up what came; return whether it is news."""
        self._busy.discard(want)
        item = self._items.get(want)
        if item is None:
            return False
        then, lease = self._after(item, outcome)
        if then.action == "look" and (item.by_reading or not isinstance(want, Read) or want.parameters):
            then = Next("fetch", then.after)
        if isinstance(want, LocalFile):
            then = Next("fetch", renewal.FILE_INTERVAL)
        self._items[want] = schedule.succeeded(item, then, now, lease=lease)
        if not isinstance(outcome, Fetched):
            return False
        news = want not in self.values or _differs(self.values[want], outcome.value)
        self.values[want] = outcome.value
        self._moments[want] = now
        return news

    def failed(self, want: Want, error: SealerError, around: Circumstances) -> float | None:
        """Note a failure.

        Returns:
            In how many seconds it is tried again; None where the agent has to end.

        """
        self._busy.discard(want)
        item = self._items.get(want)
        if item is None:
            return 0.0
        after = schedule.failed(item, error, around)
        if after is None:
            return None
        self._items[want] = after
        return max(after.due - around.now, 0.0)

    def ask_dynamic_anew(self, now: float) -> int:
        """Make everything due that ended, or will end, with the token that was; return how many."""
        found = list(self.dynamic())
        for want in found:
            self._items[want] = schedule.at_once(now)
        return len(found)

    def look_now(self, now: float) -> int:
        """Make everything due that has no lease; return how many."""
        found = [want for want in self._items if want not in self.dynamic()]
        for want in found:
            self._items[want] = schedule.hastened(self._items[want], now)
        return len(found)

    def dynamic(self) -> dict[Want, tuple[Answer, float]]:
        """Return the answers that end with the token, and when each came."""
        return {
            want: (value, self._moments[want])
            for want, value in self.values.items()
            if want in self._items and isinstance(value, Answer) and renewal.ends_with_token(value)
        }

    def leases(self) -> list[str]:
        """Return the names of the vault leases that are held."""
        return [value.lease.lease_id for value in self.values.values() if isinstance(value, Answer) and value.lease]

    def _after(self, item: Item, outcome: Outcome) -> tuple[Next, float | None]:
        """Return what comes after an outcome, and how long what is held is good."""
        chance = self._chance()
        if isinstance(outcome, Renewed):
            return renewal.after_renewal(outcome.lease, item.next), outcome.lease.duration
        if isinstance(outcome, Unchanged):
            return Next("look", renewal.static(self._refresh, chance)), None
        value = outcome.value
        if isinstance(value, Answer):
            lease = value.lease
            then = renewal.after_answer(value, self._refresh, self._now(), chance)
            return then, None if lease is None or lease.duration <= 0 else lease.duration
        due = getattr(value, "renew_at", None)  # a certificate with its key; its class is the template engine's
        if due is not None:
            return Next("fetch", renewal.until(due, self._now())), None
        return Next("fetch", renewal.static(self._refresh, chance)), None


def _differs(before: object, after: object) -> bool:
    if isinstance(before, Answer) and isinstance(after, Answer):
        return before.document != after.document or before.lease != after.lease
    return before != after
