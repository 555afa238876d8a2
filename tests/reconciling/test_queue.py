from __future__ import annotations

import asyncio
import pickle

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.workqueue import Priority, Schedule, WorkQueue
from sealer.apiserver.backoff import Backoff


def taken(schedule: Schedule[str], now: float = 0.0) -> list[str]:
    found = []
    while (key := schedule.take(now)) is not None:
        found.append(key)
    return found


def test_a_key_is_queued_once() -> None:
    schedule: Schedule[str] = Schedule()
    for _ in range(3):
        schedule.add("a", Priority.BACKLOG)
    assert len(schedule) == 1
    assert taken(schedule) == ["a"]


def test_changes_overtake_the_backlog_in_their_own_order() -> None:
    schedule: Schedule[str] = Schedule()
    for key in ("old-1", "old-2", "old-3"):
        schedule.add(key, Priority.BACKLOG)
    schedule.add("new-1", Priority.CHANGE)
    schedule.add("old-3", Priority.CHANGE)
    schedule.add("new-2", Priority.CHANGE)
    assert taken(schedule) == ["new-1", "old-3", "new-2", "old-1", "old-2"]


def test_a_key_in_hand_is_not_handed_out_again_until_it_is_done() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", Priority.CHANGE)
    assert schedule.take(0) == "a"
    schedule.add("a", Priority.CHANGE)
    assert schedule.take(0) is None
    schedule.done("a")
    assert schedule.take(0) == "a"
    schedule.done("a")
    assert schedule.take(0) is None


def test_a_retry_waits_for_its_time() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add_later("a", 10.0)
    assert schedule.take(9.9) is None
    assert schedule.next_due() == 10.0
    assert schedule.take(10.0) == "a"


def test_a_change_brings_a_retry_forward_and_uses_it_up() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add_later("a", 10.0)
    schedule.add("a", Priority.CHANGE)
    assert taken(schedule, 0.0) == ["a"]
    schedule.done("a")
    assert taken(schedule, 20.0) == []


def test_the_sooner_of_two_retries_counts() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add_later("a", 10.0)
    schedule.add_later("a", 5.0)
    schedule.add_later("a", 20.0)
    assert schedule.next_due() == 5.0
    assert taken(schedule, 5.0) == ["a"]
    schedule.done("a")
    assert taken(schedule, 30.0) == []


def test_a_retry_that_is_asked_for_in_hand_comes_even_if_it_is_overdue_when_done() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", Priority.CHANGE)
    assert schedule.take(0) == "a"
    schedule.add_later("a", 5.0)
    assert schedule.take(6.0) is None
    schedule.done("a")
    assert schedule.take(6.0) == "a"


def test_what_comes_and_goes_while_nobody_takes_it_leaves_nothing_behind() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("stays", Priority.BACKLOG)
    schedule.add_later("waits", 10.0)
    for number in range(5_000):
        schedule.add(f"a{number}", Priority.CHANGE)
        schedule.add_later(f"b{number}", 20.0)
        schedule.drop(f"a{number}")
        schedule.drop(f"b{number}")
    assert len(pickle.dumps(schedule)) < 50_000
    assert taken(schedule, 10.0) == ["stays", "waits"]


def test_a_dropped_key_does_not_come() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.add("a", Priority.CHANGE)
    schedule.add_later("b", 1.0)
    schedule.drop("a")
    schedule.drop("b")
    assert taken(schedule, 10.0) == []
    assert schedule.next_due() is None


class Model(RuleBasedStateMachine):
    """Whatever happens, a wanted key is handed out in the end, and never to two at a time."""

    keys = st.sampled_from("abc")

    def __init__(self) -> None:
        super().__init__()
        self.schedule: Schedule[str] = Schedule()
        self.now = 0.0
        self.in_hand: set[str] = set()
        self.wanted: dict[str, float] = {}

    @rule(key=keys, priority=st.sampled_from(Priority))
    def add(self, key: str, priority: Priority) -> None:
        self.schedule.add(key, priority)
        self.wanted[key] = self.now

    @rule(key=keys, delay=st.integers(0, 5))
    def add_later(self, key: str, delay: int) -> None:
        self.schedule.add_later(key, self.now + delay)
        self.wanted[key] = min(self.wanted.get(key, self.now + delay), self.now + delay)

    @rule()
    def take(self) -> None:
        key = self.schedule.take(self.now)
        if key is None:
            assert not [k for k, at in self.wanted.items() if at <= self.now and k not in self.in_hand]
        else:
            assert key not in self.in_hand
            assert self.wanted.pop(key) <= self.now
            self.in_hand.add(key)

    @rule(key=keys)
    def done(self, key: str) -> None:
        if key in self.in_hand:
            self.in_hand.remove(key)
            self.schedule.done(key)

    @rule(key=keys)
    def drop(self, key: str) -> None:
        self.schedule.drop(key)
        self.wanted.pop(key, None)

    @rule(step=st.integers(1, 3))
    def time_passes(self, step: int) -> None:
        self.now += step

    @invariant()
    def counts(self) -> None:
        assert len(self.schedule) == len(self.wanted)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.asyncio
async def test_who_waits_is_woken_by_work() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waiting = [asyncio.create_task(queue.take()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in ("a", "b", "c"):
        queue.add(key, Priority.CHANGE)
    assert {await task for task in waiting} == {"a", "b", "c"}


@pytest.mark.asyncio
async def test_who_waits_is_woken_when_a_retry_is_due() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.add_later("late", 60)
    queue.add_later("soon", 0.01)
    assert await waiting == "soon"
    queue.close()


@pytest.mark.asyncio
async def test_a_cancelled_waiter_loses_no_work() -> None:
    queue: WorkQueue[str] = WorkQueue()
    first = asyncio.create_task(queue.take())
    second = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    first.cancel()
    queue.add("a", Priority.CHANGE)
    assert await second == "a"


@pytest.mark.asyncio
async def test_closing_sends_everybody_home() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waiting = [asyncio.create_task(queue.take()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.add_later("a", 60)
    queue.close()
    assert [await task for task in waiting] == [None, None]
    assert await queue.take() is None


def test_backoff_doubles_up_to_its_cap_and_never_ends() -> None:
    backoff = Backoff(first=0.5, cap=8.0, jitter=0.0)
    assert [backoff.delay(n, lambda: 0.0) for n in (1, 2, 3, 4, 5, 6, 10_000)] == [0.5, 1, 2, 4, 8, 8, 8]


def test_jitter_only_shortens() -> None:
    backoff = Backoff(first=1.0, cap=8.0, jitter=0.5)
    assert backoff.delay(1, lambda: 0.0) == 1.0
    assert backoff.delay(1, lambda: 0.999) == pytest.approx(0.5, abs=0.01)


def test_what_the_server_asks_for_is_waited() -> None:
    assert Backoff().delay(1, lambda: 0.9, at_least=30.0) == 30.0
