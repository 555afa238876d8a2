"""The existing controller still runs beside ours: both serve the same objects, and neither comes to rest too late."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deploy.local.peers import SealedSecretsController

if TYPE_CHECKING:
    from deploy.local.find import Parts
    from tests.chaos.conftest import Scene
    from tests.chaos.fleet import Fleet

SIZE = 30


def test_both_converge_and_ours_says_that_there_is_another(scene: Scene, parts: Parts) -> None:
    ours = scene.start()
    flags = ("--all-namespaces=false", f"--additional-namespaces={scene.namespace}", "--kubeclient-qps=-1")
    with SealedSecretsController(
        scene.cluster, parts, scene.processes, namespace=scene.namespace, flags=flags
    ) as existing:
        fleet = scene.fleet(SIZE)
        fleet.create(ours.recipient())
        fleet.wait()
        fleet.create_again(ours.recipient())
        fleet.wait()
        wait_for_rest(scene, fleet)
        assert existing.process.alive()
        scene.cluster.wait_for("ours says so", lambda: "another controller" in ours.process.output())
    ours.stop()


def wait_for_rest(scene: Scene, fleet: Fleet) -> None:
    """Wait until nothing is written for two seconds."""
    seen = [(fleet.versions(), time.monotonic())]

    def rests() -> bool:
        now = fleet.versions()
        if now != seen[-1][0]:
            seen.append((now, time.monotonic()))
        return time.monotonic() - seen[-1][1] > 2

    scene.cluster.wait_for("nothing is written any more", rests)
