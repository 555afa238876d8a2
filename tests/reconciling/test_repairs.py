"""How soon a Secret is put right: at once, unless somebody undoes it each time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.repairs import AT_ONCE, MANY, AllRepairs, Repairs
from controller.verdict import Reason
from controller.workqueue import Priority
from tests.reconciling.attempting import KEY, SECRET, Bench
from tests.reconciling.samples import sealed


def fight(rounds: int) -> list[float]:
    """Return the intervals between repairs of a Secret that is changed right after each."""
    now, repairs, times = 0.0, Repairs(), []
    for _ in range(rounds):
        now += repairs.wait(now)
        times.append(now)
        repairs = repairs.repaired(now)
    return [after - before for before, after in pairwise(times)]


def test_the_first_repairs_are_made_at_once_and_then_the_intervals_grow_to_five_minutes() -> None:
    intervals = fight(40)
    assert intervals[: AT_ONCE - 1] == [0.0] * (AT_ONCE - 1)
    assert all(later >= sooner - 5 for sooner, later in pairwise(intervals))
    assert 60 < intervals[-1] <= 300


def test_a_repair_now_and_then_is_always_made_at_once() -> None:
    now, repairs = 0.0, Repairs()
    for _ in range(100):
        assert repairs.wait(now) == 0.0
        repairs = repairs.repaired(now)
        now += 600.0


def test_peace_is_forgotten_about() -> None:
    repairs = Repairs().repaired(0.0)
    assert not repairs.forgotten(60.0)
    assert repairs.forgotten(700.0)


def test_what_is_long_ago_takes_no_memory_and_what_counts_is_kept() -> None:
    repairs: AllRepairs[int] = AllRepairs()
    for number in range(10 * MANY):
        repairs.repaired(number, float(number))
        for _ in range(AT_ONCE):
            repairs.repaired(-1, float(number))
    assert len(repairs) <= 3 * MANY
    assert repairs.wait(-1, 10.0 * MANY) > 60


@given(st.lists(st.floats(0, 10_000), max_size=30))
def test_no_wait_is_longer_than_five_minutes_or_negative(gaps: list[float]) -> None:
    now, repairs = 0.0, Repairs()
    for gap in gaps:
        now += gap
        assert 0.0 <= repairs.wait(now) <= 300.0
        repairs = repairs.repaired(now)


async def contest(bench: Bench) -> None:
    """Edit the Secret after each repair until one is put off."""
    bench.put(sealed())
    await bench.attempts()
    for _ in range(AT_ONCE + 1):
        entry = {"manager": "their-operator", "operation": "Update", "time": "2026-01-02T03:04:05Z"}
        bench.objects.change(SECRET, {"data": {"password": "dGhlaXJz"}, "metadata": {"managedFields": [entry]}})
        bench.see_secret()
        await bench.attempts()


@pytest.mark.asyncio
async def test_a_contest_is_told_with_who_it_is_with_and_goes_on_at_growing_intervals() -> None:
    bench = Bench()
    await contest(bench)
    assert bench.values == {"password": "theirs"}
    assert bench.condition["reason"] == "Contested"
    assert "(field manager 'their-operator') changes the Secret shop/db again and again" in bench.condition["message"]
    assert bench.events.count("ErrUpdateFailed") == 1
    again = bench.next_try()
    assert again is not None
    await bench.attempts(until=again + 1)
    assert bench.values == {"password": "hunter2"}
    assert bench.condition["reason"] == "Unsealed"
    assert (bench.tally.repairs, bench.tally.contested) == (AT_ONCE + 1, 1)


@pytest.mark.asyncio
async def test_a_new_generation_is_written_at_once_in_the_middle_of_a_contest() -> None:
    bench = Bench()
    await contest(bench)
    newer = sealed({"password": "newer"})
    newer["metadata"]["generation"] = 2
    bench.put(newer)
    await bench.attempts()
    assert bench.values == {"password": "newer"}


@pytest.mark.asyncio
async def test_a_secret_that_is_deleted_again_and_again_is_a_contest_too() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    for _ in range(AT_ONCE + 1):
        gone = bench.objects.stored.pop(SECRET)
        for key in bench.records.secret_deleted(gone):
            bench.queue.add(key, Priority.CHANGE)
        await bench.attempts()
    record = bench.records.get(KEY)
    assert record is not None
    assert record.reason is Reason.CONTESTED
    assert "deletes the Secret shop/db" in bench.condition["message"]
