"""Requests that are refused, delayed, lost or answered with nonsense: everything is synced in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import Answer, Delay, Drop

if TYPE_CHECKING:
    from tests.chaos.conftest import Scene
    from tests.chaos.faults import Action, Fault
    from tests.reconciling.running import Running

SIZE = 40
WRITES = frozenset({"POST", "PUT", "PATCH"})


@pytest.mark.parametrize(
    "action",
    [
        Answer(409),
        Answer(429, retry_after=1),
        Answer(429),
        Answer(500),
        Answer(503),
        Answer(200, body=b"<html>not what you asked for</html>"),
        Answer(504, body=b"gateway timeout"),
        Drop(asked=False),
        Drop(asked=True),
    ],
    ids=str,
)
def test_a_storm_of_refused_writes_loses_nothing(scene: Scene, controller: Running, action: Action) -> None:
    fleet = scene.fleet(SIZE)
    with scene.proxy.fault(action, methods=WRITES, chance=0.5) as storm:
        fleet.create(controller.recipient())
        wait_for_hits(scene, storm, SIZE // 2)
    fleet.wait()


@pytest.mark.parametrize("action", [Answer(500), Answer(403), Drop(asked=True)], ids=str)
def test_a_time_without_any_answer_loses_nothing(scene: Scene, controller: Running, action: Action) -> None:
    fleet = scene.fleet(SIZE)
    with scene.proxy.fault(action, watch=False) as storm:
        fleet.create(controller.recipient())
        wait_for_hits(scene, storm, SIZE // 2)
    fleet.wait()


def test_a_slow_api_server_is_waited_for(scene: Scene, controller: Running) -> None:
    fleet = scene.fleet(SIZE)
    with scene.proxy.fault(Delay(0.3), watch=False):
        fleet.create(controller.recipient())
        fleet.wait()


def test_nothing_was_written_twice_in_calm_weather(scene: Scene, controller: Running) -> None:
    before = len(scene.proxy.answered)
    fleet = scene.fleet(SIZE)
    fleet.create(controller.recipient())
    fleet.wait()
    writes = [(call.method, call.path, status) for call, status in scene.proxy.answered[before:] if not call.is_watch]
    created = [path for method, path, status in writes if method == "POST" and path.endswith("/secrets")]
    assert len(created) == SIZE
    assert {status for method, _, status in writes if method in WRITES} <= {200, 201}


def wait_for_hits(scene: Scene, fault: Fault, hits: int) -> None:
    scene.cluster.wait_for(f"{fault.action} has happened {hits} times", lambda: fault.hits >= hits)
