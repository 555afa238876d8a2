"""A backlog: Secrets first, statuses then; what is in order is not touched; nothing that was untold is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller import making as module
from controller.apply import Applier
from controller.digest import source_if_as_written
from controller.leading import Fenced, NotLeadingError
from controller.manifests import Key, key_of
from controller.reconcile import wanted_secret
from controller.records import Records, compact
from controller.verdict import UNSEALED
from controller.workqueue import Priority
from sealer.apiserver.errors import UnavailableError
from tests.reconciling.attempting import KEY, SEALED, SECRET, Bench
from tests.reconciling.samples import NOW, keyring, sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]


def many(count: int, **fields: Any) -> list[Json]:
    found = [sealed(name=f"s{number}", **fields) for number in range(count)]
    for number, manifest in enumerate(found):
        manifest["metadata"]["uid"] = f"{manifest['metadata']['uid'][:-2]}{number:02}"
    return found


def backlog(bench: Bench, manifests: list[Json]) -> None:
    for manifest in manifests:
        key = key_of(manifest)
        bench.objects.stored[SEALED.removesuffix("db") + key.name] = manifest
        bench.see(manifest, Priority.BACKLOG)


def kinds(bench: Bench) -> list[str]:
    """Return what was written, in order: S for a Secret, t for a status, e for an event."""
    names = {"secrets": "S", "events": "e"}
    return [
        "t" if path.endswith("/status") else names[path.rpartition("/")[2]]
        for verb, path in bench.objects.calls
        if verb != "get"
    ]


async def test_all_secrets_come_before_the_first_status() -> None:
    bench = Bench()
    backlog(bench, many(5))
    await bench.attempts()
    assert "".join(kinds(bench)) == "SSSSS" + "te" * 5
    told = [
        o["status"]["conditions"][0]["status"] for path, o in bench.objects.stored.items() if "sealedsecrets" in path
    ]
    assert told == ["True"] * 5


async def test_a_change_overtakes_the_backlog_and_is_told_at_once() -> None:
    bench = Bench()
    backlog(bench, many(3))
    bench.put(sealed())
    await bench.attempts()
    assert "".join(kinds(bench)) == "Ste" + "SSS" + "te" * 3


async def test_a_newer_attempt_supersedes_what_is_untold() -> None:
    bench = Bench()
    manifests = many(2)
    backlog(bench, manifests)
    key = bench.queue._schedule.take(0.0)
    assert key == Key("shop", "s0")
    await bench.syncer.turn(key)
    bench.queue.done(key)
    newer = {**sealed({"a": "newer"}, name="s0", with_key=1)}
    newer["metadata"] |= {"uid": manifests[0]["metadata"]["uid"], "generation": 2}
    bench.objects.stored[SEALED.removesuffix("db") + "s0"] = newer
    bench.see(newer)
    await bench.attempts()
    status = bench.objects.stored[SEALED.removesuffix("db") + "s0"]["status"]
    assert (status["observedGeneration"], status["conditions"][0]["reason"]) == (2, "DecryptFailed")
    assert bench.events.count("Unsealed") == 1


async def test_a_status_that_cannot_be_written_stays_untold_and_is_told_later() -> None:
    bench = Bench()
    backlog(bench, many(2))
    bench.objects.faults["merge"] = [UnavailableError("gone")] * 2
    await bench.attempts()
    assert bench.events == []
    await bench.attempts(until=1.0)
    assert bench.events == ["Unsealed", "Unsealed"]
    assert [kind for kind in kinds(bench) if kind == "S"] == ["S", "S"]


async def test_drift_that_is_seen_before_the_status_was_told_is_repaired_all_the_same() -> None:
    bench = Bench()
    backlog(bench, [sealed(), *many(1)])
    key = bench.queue._schedule.take(0.0)
    assert key == KEY
    await bench.syncer.turn(key)
    bench.queue.done(key)
    bench.objects.change(SECRET, {"data": {"password": "ZWRpdGVk"}})
    bench.see_secret()
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}
    assert bench.condition["status"] == "True"


def restarted(bench: Bench, *numbers: int) -> Bench:
    """Return a controller that has just listed the Secrets that there are."""
    again = Bench(objects=bench.objects)
    again.keys.keyring = keyring(*numbers or (0,))
    for path, secret in bench.objects.stored.items():
        if "/secrets/" in path:
            found = source_if_as_written(again.syncer.digest_keys, again.keys.keyring, secret)
            list(again.records.secret_listed(secret, found))
    bench.objects.calls.clear()
    return again


def in_order(bench: Bench) -> bool:
    return bench.syncer.is_in_order(bench.objects.stored[SEALED], KEY)


async def test_what_is_in_order_is_seen_without_a_request_or_a_private_key(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    monkeypatch.setattr(module, "wanted_secret", lambda *_, **__: pytest.fail("a private-key operation"))
    again = restarted(bench)
    assert in_order(again)
    assert bench.objects.calls == []


async def test_a_crash_between_the_secret_and_its_status_is_made_good_without_a_private_key() -> None:
    bench = Bench()
    bench.put(sealed())
    bench.objects.faults["merge"] = [UnavailableError("gone")]
    await bench.attempts()
    again = restarted(bench)
    assert not in_order(again)
    again.see(bench.objects.stored[SEALED], Priority.BACKLOG)
    await again.attempts()
    assert "".join(kinds(again)) == "te"
    assert (again.tally.digest_hits, again.tally.unsealed) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": {"template": {"type": "example.com/x"}}}, id="another spec"),
        pytest.param({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, id="being deleted"),
        pytest.param({"metadata": {"annotations": {"sealer.dev/hold-until": "x"}}}, id="held"),
        pytest.param({"status": {"observedGeneration": 0}}, id="a status of another generation"),
        pytest.param({"status": {"conditions": [{"type": "Synced", "status": "True"}]}}, id="somebody else's status"),
    ],
)
async def test_what_is_not_in_order_is_seen_too(change: Mapping[str, Any]) -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    again = restarted(bench)
    bench.objects.change(SEALED, change)
    assert not in_order(again)


async def test_an_edited_secret_or_a_lost_key_is_not_in_order() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    assert not in_order(restarted(bench, 1))
    bench.objects.change(SECRET, {"data": {"password": "ZWRpdGVk"}})
    assert not in_order(restarted(bench))


async def test_a_lost_key_is_told_at_the_next_start_and_the_secret_stays() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    again = restarted(bench, 1)
    again.see(bench.objects.stored[SEALED], Priority.BACKLOG)
    await again.attempts()
    assert again.condition["reason"] == "DecryptFailed"
    assert again.values == {"password": "hunter2"}


async def test_with_many_keys_the_one_that_opened_the_last_object_is_tried_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    bench.keys.keyring = keyring(0, 1, 2, 3)
    guesses: list[str | None] = []
    real = wanted_secret

    def watched(*arguments: Any, guess: str | None, **more: Any) -> Any:
        guesses.append(guess)
        return real(*arguments, guess=guess, **more)

    monkeypatch.setattr(module, "wanted_secret", watched)
    backlog(bench, many(3))
    await bench.attempts()
    oldest = bench.keys.keyring.keys[-1].fingerprint
    assert guesses == [None, oldest, oldest]


async def test_many_workers_do_not_each_find_out_which_key_opens() -> None:
    bench = Bench()
    tried: list[str] = []
    bench.keys.keyring = replace(keyring(0, 1, 2, 3), on_try=tried.append)
    manifests = many(8)
    for manifest in manifests:
        manifest["metadata"].pop("annotations", None)  # The hint would tell.
    backlog(bench, manifests)
    over = asyncio.Event()
    bench.syncer.on_done = lambda _: over.set() if bench.events.count("Unsealed") == 8 else None
    workers = [asyncio.create_task(bench.syncer.work()) for _ in range(8)]
    await over.wait()
    bench.queue.close()
    await asyncio.gather(*workers)
    assert len(tried) == 4 + 7


async def test_manifests_are_kept_up_to_a_bound_and_read_again_beyond_it() -> None:
    bench = Bench()
    first, second = many(2)
    bench.records.most_kept = len(compact(first)) + 10
    backlog(bench, [first, second])
    assert bench.records._kept == len(compact(first))
    await bench.attempts()
    assert [path.rpartition("/")[2] for verb, path in bench.objects.calls if verb == "get"] == ["s1"]
    assert bench.records._kept == 0


async def test_what_only_takes_space_is_not_kept() -> None:
    manifest = sealed(metadata={"annotations": {}})
    manifest["metadata"] |= {
        "managedFields": [{"manager": "x"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x" * 10_000, "a": "b"},
    }
    records = Records()
    records.see(manifest)
    record = records.get(KEY)
    assert record is not None
    body = records.take_body(record)
    assert body is not None
    assert body["metadata"]["annotations"] == {"a": "b"}
    assert "managedFields" not in body["metadata"]


async def test_a_fault_of_ours_in_one_object_is_logged_without_a_value_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    real = wanted_secret

    def faulty(manifest: Json, *arguments: Any, **more: Any) -> Any:
        if manifest["metadata"]["name"] == "s0":
            raise KeyError("hunter2")
        return real(manifest, *arguments, **more)

    monkeypatch.setattr(module, "wanted_secret", faulty)
    backlog(bench, many(2))
    await bench.attempts()
    assert bench.events == ["Unsealed"]
    assert bench.tally.faults == 1
    (line,) = [record for record in caplog.records if "unexpected" in record.message]
    fields = line.__dict__["fields"]
    assert (fields["name"], fields["error"]) == ("s0", "KeyError")
    assert "test_backlog.py" in fields["at"]
    assert "hunter2" not in caplog.text + str(fields)
    monkeypatch.undo()
    await bench.attempts(until=1.0)
    assert bench.events == ["Unsealed", "Unsealed"]


class Term:
    """A leadership that ends after so many questions."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def is_leader(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def remaining(self) -> float:
        return 10.0


async def test_a_leader_that_is_none_any_more_stops_before_the_next_write_and_goes_on_when_it_is_again() -> None:
    bench = Bench()
    term = Term(2)
    fenced = Fenced(bench.objects, term)
    bench.syncer.maker.applier = bench.syncer.teller.applier = Applier(fenced, now=lambda: NOW)
    bench.put(sealed())
    await bench.attempts()
    assert "".join(kinds(bench)) == "St"
    record = bench.records.get(KEY)
    assert record is not None
    assert record.failures == 0
    assert bench.tally.faults == 0
    term.left = 100
    await bench.attempts(until=bench.next_try() or 0.0)
    assert bench.condition["status"] == "True"


async def test_a_write_ends_with_the_leadership() -> None:
    class Slow(Term):
        def remaining(self) -> float:
            return 0.0

    with pytest.raises(NotLeadingError, match="ended during a write"):
        await Fenced(_Never(), Slow(1)).create("/x", {})


async def test_reading_is_not_bound_to_leading() -> None:
    bench = Bench()
    bench.put(sealed())
    assert (await Fenced(bench.objects, Term(0)).get(SEALED))["kind"] == "SealedSecret"


class _Never:
    """An API server that does not answer."""

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        raise NotImplementedError

    async def create(self, path: str, body: Mapping[str, Any]) -> Json:
        del path, body
        await asyncio.Event().wait()
        raise NotImplementedError

    async def replace(self, path: str, body: Mapping[str, Any]) -> Json:
        raise NotImplementedError

    async def merge(self, path: str, body: Mapping[str, Any]) -> Json:
        raise NotImplementedError

    async def delete(self, path: str, body: Mapping[str, Any]) -> Json:
        raise NotImplementedError


async def test_settling_without_an_attempt_leaves_nothing_to_do() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    again = restarted(bench)
    manifest = bench.objects.stored[SEALED]
    assert again.records.see(manifest, keep=False)
    again.records.settle(KEY, 1, UNSEALED)
    again.queue.add(KEY, Priority.CHANGE)
    await again.attempts()
    assert bench.objects.calls == []


async def test_a_secret_whose_sealed_secret_is_gone_is_deleted_where_that_was_asked_for() -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    uid = sealed()["metadata"]["uid"]
    bench.records.forget(bench.objects.stored.pop(SEALED))
    bench.syncer.orphaned[KEY] = "another"
    bench.queue.add(KEY, Priority.CHANGE)
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}
    bench.syncer.orphaned[KEY] = uid
    bench.objects.faults["delete"] = [UnavailableError("gone")]
    bench.queue.add(KEY, Priority.CHANGE)
    await bench.attempts()
    assert bench.values == {"password": "hunter2"}
    await bench.attempts(until=1.0)
    assert bench.values == {}
    assert bench.syncer.orphaned == {}
