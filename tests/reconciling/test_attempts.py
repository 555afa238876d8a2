"""An object's attempts, against an API server in a dictionary: what is written, told and tried again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.workqueue import Priority
from sealer.apiserver.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    ThrottledError,
    UnavailableError,
)
from tests.reconciling.attempting import SEALED, SECRET, Bench
from tests.reconciling.samples import keyring, sealed

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]


async def test_a_new_object_takes_one_write_each_and_no_reading() -> None:
    bench = Bench()
    bench.put(sealed())
    assert await bench.attempts() == 1
    assert bench.values == {"password": "hunter2"}
    assert bench.condition["status"] == "True"
    assert bench.events == ["Unsealed"]
    assert [verb for verb, _ in bench.objects.calls] == ["create", "merge", "create"]
    assert bench.next_try() is None


async def test_an_object_that_is_in_order_takes_no_write() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    again = Bench(objects=bench.objects)
    list(again.records.secret_listed(bench.objects.stored[SECRET], None))
    bench.objects.calls.clear()
    again.see(bench.objects.stored[SEALED])
    assert await again.attempts() == 1
    assert bench.objects.calls == [("get", SECRET)]
    assert (again.tally.digest_hits, again.tally.unsealed) == (1, 0)


async def test_a_secret_that_is_in_the_way_is_looked_at() -> None:
    bench = Bench()
    bench.objects.stored[SECRET] = {
        "metadata": {"namespace": "shop", "name": "db", "resourceVersion": "1", "uid": "x"},
        "data": {"theirs": "eA=="},
    }
    bench.put(sealed())
    await bench.attempts()
    assert bench.values == {"theirs": "x"}
    assert bench.condition["reason"] == "NotOwned"
    assert bench.events == ["ErrUpdateFailed"]
    assert bench.next_try() == 30.0


async def test_what_stands_in_the_way_is_looked_at_often_as_it_is_not_watched() -> None:
    bench = Bench()
    bench.objects.stored[SECRET] = {
        "metadata": {"namespace": "shop", "name": "db", "resourceVersion": "1", "uid": "x"},
        "data": {"theirs": "eA=="},
    }
    bench.put(sealed())
    await bench.attempts()
    del bench.objects.stored[SECRET]
    assert await bench.attempts(until=29.0) == 0
    assert await bench.attempts(until=30.0) == 1
    assert bench.values == {"password": "hunter2"}
    assert bench.events == ["ErrUpdateFailed", "Unsealed"]


async def test_a_permanent_fault_is_looked_at_again_in_the_end() -> None:
    bench = Bench()
    bench.put(sealed(with_key=1))
    await bench.attempts()
    assert await bench.attempts(until=599.0) == 0
    assert await bench.attempts(until=600.0) == 1


async def test_the_same_fault_again_is_not_told_again() -> None:
    bench = Bench()
    bench.put(sealed(with_key=1))
    await bench.attempts()
    before = bench.writes
    assert await bench.attempts(until=600.0) == 1
    assert bench.writes == before
    assert bench.events == ["ErrUnsealFailed"]


@pytest.mark.parametrize("error", [UnavailableError("gone"), ThrottledError("slow down"), ApiError("odd")])
async def test_what_time_may_mend_is_tried_again_with_growing_waits_and_without_end(error: ApiError) -> None:
    bench = Bench()
    bench.objects.faults["create"] = [error] * 12
    bench.put(sealed())
    waits = []
    while not bench.values:
        await bench.attempts(until=bench.next_try() or 0.0)
        if bench.next_try() is not None:
            waits.append((bench.next_try() or 0.0) - bench.now)
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(waits) == 60.0
    assert bench.condition["status"] == "True"


async def test_a_short_fault_of_the_server_is_not_told() -> None:
    bench = Bench()
    bench.objects.faults["create"] = [UnavailableError("gone")] * 2
    bench.put(sealed())
    for at in (0.0, 1.0, 3.0):
        await bench.attempts(until=at)
    assert bench.events == ["Unsealed"]
    assert bench.objects.stored[SEALED]["status"]["conditions"][0]["status"] == "True"


async def test_a_long_fault_of_the_server_is_told_once_and_taken_back() -> None:
    bench = Bench()
    bench.put(sealed())
    bench.objects.faults["create"] = [UnavailableError("gone")] * 3
    for at in (0.0, 1.0):
        await bench.attempts(until=at)
    assert bench.condition == {}
    await bench.attempts(until=3.0)
    assert (bench.condition["reason"], bench.condition["message"]) == ("ApiError", "gone")
    await bench.attempts(until=7.0)
    assert bench.condition["reason"] == "Unsealed"
    assert bench.events == ["ErrUpdateFailed", "Unsealed"]


@pytest.mark.parametrize("error", [ForbiddenError("exceeded quota"), InvalidError("no such label")])
async def test_a_refusal_is_told_at_once_and_tried_again(error: ApiError) -> None:
    bench = Bench()
    bench.objects.faults["create"] = [error]
    bench.put(sealed())
    await bench.attempts()
    assert (bench.condition["reason"], bench.condition["message"]) == ("ApiError", error.message)
    await bench.attempts(until=1.0)
    assert bench.condition["reason"] == "Unsealed"


async def test_what_the_server_asks_to_wait_is_waited() -> None:
    bench = Bench()
    bench.objects.faults["create"] = [ThrottledError("slow down", retry_after=30.0)]
    bench.put(sealed())
    await bench.attempts()
    assert bench.next_try() == 30.0


async def test_a_refusal_that_quotes_a_value_is_told_without_it() -> None:
    bench = Bench()
    bench.objects.faults["create"] = [ForbiddenError('webhook: "hunter2" is weak')]
    bench.put(sealed())
    await bench.attempts()
    assert "hunter2" not in str(bench.objects.stored[SEALED])
    assert "withheld" in bench.condition["message"]


async def test_a_status_that_cannot_be_written_is_tried_again_without_writing_the_secret_again() -> None:
    bench = Bench()
    bench.objects.faults["merge"] = [UnavailableError("gone")]
    bench.put(sealed())
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}
    assert bench.condition == {}
    assert bench.events == []
    version = bench.objects.stored[SECRET]["metadata"]["resourceVersion"]
    await bench.attempts(until=1.0)
    assert bench.condition["status"] == "True"
    assert bench.events == ["Unsealed"]
    assert bench.objects.stored[SECRET]["metadata"]["resourceVersion"] == version


async def test_a_status_of_an_object_that_changed_meanwhile_is_written_all_the_same() -> None:
    bench = Bench()
    bench.put(sealed())
    bench.objects.change(SEALED, {"metadata": {"labels": {"a": "b"}}})
    await bench.attempts()
    assert bench.condition["status"] == "True"
    assert bench.objects.stored[SEALED]["metadata"]["labels"] == {"a": "b"}


async def test_the_status_of_a_re_created_object_is_left_to_its_own_attempt() -> None:
    bench = Bench()
    bench.put(sealed())
    bench.objects.change(SEALED, {"metadata": {"uid": "another"}})
    await bench.attempts()
    assert bench.condition == {}


async def test_an_event_that_cannot_be_written_holds_up_nothing() -> None:
    bench = Bench()
    bench.put(sealed(with_key=1))
    bench.objects.faults["create"] = [UnavailableError("gone")]
    await bench.attempts()
    assert bench.condition["reason"] == "DecryptFailed"
    assert bench.next_try() == 600.0


async def test_a_conflict_is_decided_anew_at_once() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    bench.objects.change(SECRET, {"data": {"password": "b2xk"}})
    bench.objects.faults["replace"] = [ConflictError("changed")] * 3
    bench.see_secret()
    assert await bench.attempts() == 1
    assert bench.values == {"password": "hunter2"}


async def test_somebody_who_never_stops_writing_is_left_to_the_backoff() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    bench.objects.change(SECRET, {"data": {"password": "b2xk"}})
    bench.objects.faults["replace"] = [ConflictError("changed")] * 50
    bench.see_secret()
    assert await bench.attempts() == 1
    assert bench.next_try() == 1.0


async def test_a_secret_that_vanishes_between_reading_and_writing_is_made_again() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    bench.objects.change(SECRET, {"data": {"password": "b2xk"}})
    bench.see_secret()
    bench.objects.moments["replace"] = lambda: bench.objects.stored.pop(SECRET)
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}


async def test_a_key_that_comes_later_opens_what_waited_for_it() -> None:
    bench = Bench()
    bench.put(sealed(with_key=1))
    await bench.attempts()
    assert bench.condition["reason"] == "DecryptFailed"
    bench.keys.keyring = keyring(0, 1)
    bench.syncer.keys_added()
    assert await bench.attempts() == 1
    assert bench.condition["reason"] == "Unsealed"


async def test_a_key_that_comes_while_it_is_being_tried_is_not_missed() -> None:
    bench = Bench()
    bench.put(sealed(with_key=1))

    def key_comes() -> None:
        bench.keys.keyring = keyring(0, 1)
        bench.syncer.keys_added()

    bench.objects.moments["merge"] = key_comes
    assert await bench.attempts() == 2
    assert bench.condition["reason"] == "Unsealed"


async def test_a_new_generation_during_an_attempt_is_attempted_too_and_keeps_the_transition() -> None:
    bench = Bench()
    bench.put(sealed())
    newer = sealed({"password": "newer"})
    newer["metadata"]["generation"] = 2
    bench.objects.moments["create"] = lambda: bench.put(newer)
    assert await bench.attempts() == 2
    assert bench.values == {"password": "newer"}
    assert bench.objects.stored[SEALED]["status"]["observedGeneration"] == 2


async def test_an_object_that_is_gone_is_not_written() -> None:
    bench = Bench()
    bench.put(sealed())
    bench.records.forget(sealed())
    await bench.attempts()
    assert bench.objects.calls == []


async def test_an_object_that_is_being_deleted_is_not_written() -> None:
    bench = Bench()
    going = sealed()
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    bench.put(going)
    await bench.attempts()
    assert bench.writes == 0


async def test_an_object_that_went_unnoticed_is_forgotten_when_it_is_not_found() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    del bench.objects.stored[SEALED]
    for key in bench.records.secret_deleted(bench.objects.stored.pop(SECRET)):
        bench.queue.add(key, Priority.CHANGE)
    await bench.attempts()
    assert bench.values == {}
    assert len(bench.records) == 0


async def test_without_statuses_only_events_tell_and_only_once() -> None:
    bench = Bench(update_status=False)
    bench.put(sealed(with_key=1))
    await bench.attempts()
    await bench.attempts(until=600.0)
    assert "status" not in bench.objects.stored[SEALED]
    assert bench.events == ["ErrUnsealFailed"]


async def test_a_worker_works_until_the_queue_is_closed() -> None:
    bench = Bench()
    bench.put(sealed())
    done = asyncio.Event()
    bench.objects.moments["merge"] = done.set
    worker = asyncio.create_task(bench.syncer.work())
    await done.wait()
    bench.queue.close()
    await worker
    assert bench.events == ["Unsealed"]
