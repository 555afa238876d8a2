"""Watches that are cut, expired or paged: no change is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import Answer, Cut, Expire, Pages
from tests.reconciling.running import data_of, secret

if TYPE_CHECKING:
    from tests.chaos.conftest import Scene
    from tests.chaos.faults import Fault
    from tests.reconciling.running import Running

SIZE = 20


@pytest.mark.parametrize("midway", [False, True])
def test_a_watch_that_is_cut_every_second_misses_nothing(scene: Scene, controller: Running, midway: bool) -> None:
    with scene.proxy.fault(Cut(1.0, midway=midway), watch=True) as cuts:
        fleets = [scene.fleet(SIZE) for _ in range(3)]
        for number, fleet in enumerate(fleets):
            fleet.create(controller.recipient())
            wait_for_hits(scene, cuts, 4 * (number + 1))
        for fleet in fleets:
            fleet.wait()
        name = fleets[0].names()[0]
        scene.cluster.kubectl("delete", "secret", name, "-n", scene.namespace)
        scene.cluster.wait_for("it is made again", lambda: bool(data_of(secret(scene.cluster, scene.namespace, name))))


def test_watches_that_are_too_old_are_begun_anew(scene: Scene, controller: Running) -> None:
    fleet = scene.fleet(SIZE)
    with scene.proxy.fault(Expire(), watch=True, chance=0.7), scene.proxy.fault(Cut(0.5), watch=True) as watches:
        fleet.create(controller.recipient())
        wait_for_hits(scene, watches, 5)
    fleet.wait()


def test_a_list_that_expires_between_its_pages_is_begun_anew(scene: Scene, controller: Running) -> None:
    before = scene.fleet(SIZE)
    before.create(controller.recipient())
    before.wait()
    after = scene.fleet(SIZE)
    with (
        scene.proxy.fault(Pages(7), watch=False) as pages,
        scene.proxy.fault(Answer(410), continued=True, chance=0.5) as expired,
        scene.proxy.fault(Cut(0.5), watch=True),
        scene.proxy.fault(Expire(), watch=True, chance=0.5),
    ):
        after.create(controller.recipient())
        wait_for_hits(scene, pages, 8)
        wait_for_hits(scene, expired, 1)
    after.wait()
    assert before.missing() == []


def wait_for_hits(scene: Scene, fault: Fault, hits: int) -> None:
    scene.cluster.wait_for(f"{fault.action} has happened {hits} times", lambda: fault.hits >= hits)
