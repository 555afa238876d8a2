"""Who makes keys, and what becomes of one that somebody else has changed on its way."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from controller.keeper import KeyKeeper
from controller.keys import Found, KeyFault, KeyStore
from controller.manifests import KEY_LABEL
from controller.settings import Settings
from tests.reconciling.fakes import FakeObjects
from tests.reconciling.test_keys import BROKEN, stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


class Turn:
    """A leadership that a test gives and takes."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.leads = False

    def is_leader(self) -> bool:
        return self.answers.pop(0) if self.answers else self.leads

    def remaining(self) -> float:
        return 60.0


class Told:
    """What a keeper calls: counts and keeps."""

    def __init__(self) -> None:
        self.added = 0
        self.faults: list[KeyFault] = []
        self.looks = 0

    def on_added(self) -> None:
        self.added += 1

    async def report(self, fault: KeyFault) -> None:
        self.faults.append(fault)

    def now(self) -> datetime:
        """Return the time, which is asked for only by whoever is about to make a key."""
        self.looks += 1
        return datetime.now(UTC)


def keeper_of(leadership: Turn, told: Told, objects: FakeObjects | None = None) -> KeyKeeper:
    settings = Settings(namespace="keys", key_size=2048)
    client: Any = objects or FakeObjects()
    keeper = KeyKeeper(client, settings, KeyStore(), told.on_added, told.report, leadership=leadership, now=told.now)
    keeper.known.set()
    return keeper


@asynccontextmanager
async def renewing(keeper: KeyKeeper) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.renew())
    try:
        for _ in range(10):  # It is waiting now, for whatever it waits for.
            await asyncio.sleep(0)
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the ends of what is waited for set no event
            await asyncio.sleep(0.01)


async def test_a_standby_makes_no_key_not_even_when_asked_and_makes_one_when_it_leads() -> None:
    leadership, told, objects = Turn(), Told(), FakeObjects()
    keeper = keeper_of(leadership, told, objects)
    async with renewing(keeper):
        keeper.renew_now()
        await asyncio.sleep(0)
        assert told.looks == 0
        leadership.leads = True
        keeper.look_again()
        await asyncio.wait_for(keeper.has_key.wait(), 30)
    assert [verb for verb, _ in objects.calls] == ["create"]
    assert told.added == 1
    assert len(keeper.store.keyring) == 1


async def test_who_lost_the_lead_while_the_key_was_made_does_not_keep_it() -> None:
    # Leading when it looks whether a key is due, and no longer when it is to be written.
    leadership, told, objects = Turn(True, False), Told(), FakeObjects()
    keeper = keeper_of(leadership, told, objects)
    task = asyncio.create_task(keeper.renew())
    await until(lambda: not leadership.answers)
    assert objects.calls == []
    leadership.leads = True
    keeper.look_again()
    await asyncio.wait_for(keeper.has_key.wait(), 30)
    task.cancel()
    await asyncio.wait({task})
    assert len(objects.calls) == 1


async def test_a_standby_leaves_it_to_the_leader_to_report_a_malformed_key_and_does_so_when_it_leads() -> None:
    leadership, told = Turn(), Told()
    keeper = keeper_of(leadership, told)
    for secret in (stored(0, BROKEN), stored(1, BROKEN), stored(2)):
        await keeper._tell(keeper.store.changed(secret))
    await keeper._tell(keeper.store.changed(stored(1, version="2")))
    assert told.faults == []
    async with renewing(keeper):
        leadership.leads = True
        keeper.look_again()
        await until(lambda: told.faults)
    assert [fault.name for fault in told.faults] == ["key-0"], "the other one is mended by now"


class Unlabelling(FakeObjects):
    """An API server with an admission webhook that takes labels away."""

    async def create(self, path: str, body: Mapping[str, Any]) -> Json:
        metadata = {name: value for name, value in body["metadata"].items() if name != "labels"}
        return await super().create(path, {**body, "metadata": metadata})


async def test_a_key_that_loses_its_label_on_the_way_is_an_error_that_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    leadership, told = Turn(), Told()
    leadership.leads = True
    with caplog.at_level(logging.ERROR):
        keeper = keeper_of(leadership, told, Unlabelling())
        async with renewing(keeper):
            await until(lambda: caplog.records)
    (record,) = caplog.records
    assert record.message == "cannot keep a new sealing key"
    assert record.__dict__["fields"]["error"] == "the new key Secret came back without its object label"
    assert not keeper.store.keys


async def test_the_secret_of_a_key_is_forgotten_once_it_is_read() -> None:
    keeper = keeper_of(Turn(), Told())
    secret = stored(0) | {"metadata": {**stored(0)["metadata"], "labels": {KEY_LABEL: "active"}}}
    await keeper._take(keeper.store.changed, secret, Found.LABELLED)
    assert "data" not in secret
    assert len(keeper.store.keyring) == 1
