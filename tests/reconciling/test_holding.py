"""Holds: whose counts, until when, and that nothing is written meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.hold import HOLD_ANNOTATION, in_force
from controller.workqueue import Priority
from tests.reconciling.attempting import KEY, SEALED, SECRET, Bench
from tests.reconciling.samples import NOW, keyring, sealed

Json = dict[str, Any]


def at(**delta: float) -> str:
    return (NOW + timedelta(**delta)).isoformat()


def held(until: str, **fields: Any) -> Json:
    manifest = sealed(**fields)
    manifest["metadata"]["annotations"] = {**manifest["metadata"].get("annotations", {}), HOLD_ANNOTATION: until}
    return manifest


def test_without_an_annotation_or_after_its_time_there_is_no_hold() -> None:
    assert in_force(None, None, NOW) is None
    assert in_force(at(seconds=0), at(hours=-1), NOW) is None


def test_of_two_the_later_one_counts_and_says_whose_it_is() -> None:
    hold = in_force(at(hours=1), at(hours=2), NOW)
    assert hold is not None
    assert hold.by == "Namespace"
    assert hold.verdict.message == (
        "nothing is written until 2026-01-02T05:04:05+00:00, as asked for by sealer.dev/hold-until on the Namespace"
    )
    own = in_force(at(hours=3), at(hours=2), NOW)
    assert own is not None
    assert own.by == "SealedSecret"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T04:04:05Z",
        "2026-01-02t04:04:05z",
        "2026-01-02T05:04:05+01:00",
        "2026-01-02T04:04:05.250Z",
        " 2026-01-02T04:04:05Z\n",
    ],
)
def test_times_are_those_of_rfc_3339(text: str) -> None:
    hold = in_force(text, None, NOW)
    assert hold is not None
    assert hold.until is not None
    assert hold.until.replace(microsecond=0) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-01-02", "2026-01-02T04:04:05", "2026-02-30T00:00:00Z", "1767326645", "2026-W01-5T04:04:05Z"],
)
def test_a_time_that_cannot_be_read_holds_and_says_so(text: str) -> None:
    hold = in_force(text, at(days=300), NOW)
    assert hold is not None
    assert hold.until is None
    assert "corrected or removed" in hold.verdict.message
    assert hold.look_again_in(NOW) == 60.0


def test_what_is_quoted_of_it_is_short() -> None:
    hold = in_force("x" * 100_000, None, NOW)
    assert hold is not None
    assert len(hold.verdict.message) < 300


@given(st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_it_is_looked_at_again_within_a_minute_and_never_after_its_end(until: datetime) -> None:
    hold = in_force(until.isoformat(), None, NOW)
    assert (hold is not None) == (until > NOW)
    if hold is not None:
        assert 0 < hold.look_again_in(NOW) <= 60.0
        assert hold.look_again_in(NOW) <= (until - NOW).total_seconds()


@pytest.mark.asyncio
async def test_a_held_object_is_not_written_and_resumes_by_itself() -> None:
    bench = Bench()
    bench.put(held(at(minutes=10)))
    await bench.attempts()
    assert bench.values == {}
    assert (bench.condition["status"], bench.condition["reason"]) == ("Unknown", "Held")
    assert bench.events == ["Held"]
    bench.wall = NOW + timedelta(minutes=11)
    await bench.attempts(until=60.0)
    assert bench.values == {"password": "hunter2"}
    assert (bench.condition["status"], bench.condition["reason"]) == ("True", "Unsealed")
    assert bench.events == ["Held", "Held", "Unsealed"]


@pytest.mark.asyncio
async def test_waiting_for_the_end_of_a_hold_takes_no_request() -> None:
    bench = Bench()
    bench.put(held(at(minutes=10)))
    await bench.attempts()
    bench.objects.calls.clear()
    for minute in range(1, 9):
        assert await bench.attempts(until=60.0 * minute) == 1
    assert bench.objects.calls == []


@pytest.mark.asyncio
async def test_drift_and_deletion_are_left_alone_during_a_hold() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    manifest = held(at(hours=1))
    bench.put({**manifest, "status": bench.objects.stored[SEALED]["status"]})
    bench.objects.change(SECRET, {"data": {"password": "ZWRpdGVk"}})
    bench.see_secret()
    await bench.attempts()
    assert bench.values == {"password": "edited"}
    for key in bench.records.secret_deleted(bench.objects.stored.pop(SECRET)):
        bench.queue.add(key, Priority.CHANGE)
    await bench.attempts()
    assert bench.values == {}
    bench.wall = NOW + timedelta(hours=2)
    await bench.attempts(until=120.0)
    assert bench.values == {"password": "hunter2"}


@pytest.mark.asyncio
async def test_a_namespace_that_is_held_holds_what_is_in_it() -> None:
    bench = Bench()
    bench.holds["shop"] = at(hours=1)
    bench.put(sealed())
    await bench.attempts()
    assert bench.condition["reason"] == "Held"
    assert "on the Namespace" in bench.condition["message"]
    del bench.holds["shop"]
    for key in bench.records.in_namespace("shop"):
        bench.queue.add(key, Priority.CHANGE)
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}


@pytest.mark.asyncio
async def test_a_clock_that_is_stepped_ends_a_hold_within_a_minute() -> None:
    bench = Bench()
    bench.put(held(at(days=30)))
    await bench.attempts()
    bench.wall = NOW + timedelta(days=31)
    await bench.attempts(until=60.0)
    assert bench.values == {"password": "hunter2"}


@pytest.mark.asyncio
async def test_a_hold_does_not_hide_a_fault_for_longer_than_it_lasts() -> None:
    bench = Bench()
    bench.put(held(at(minutes=1), with_key=1))
    await bench.attempts()
    bench.wall = NOW + timedelta(minutes=2)
    await bench.attempts(until=60.0)
    assert bench.condition["reason"] == "DecryptFailed"
    bench.keys.keyring = keyring(0, 1)
    bench.syncer.keys_added()
    await bench.attempts(until=61.0)
    assert bench.condition["reason"] == "Unsealed"


@pytest.mark.asyncio
async def test_a_restart_during_a_hold_writes_nothing() -> None:
    bench = Bench()
    bench.put(held(at(hours=1)))
    await bench.attempts()
    again = Bench(objects=bench.objects)
    bench.objects.calls.clear()
    again.see(bench.objects.stored[SEALED], Priority.BACKLOG)
    await again.attempts()
    assert bench.objects.calls == []
    assert again.records.get(KEY) is not None
