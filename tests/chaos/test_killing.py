"""The controller is killed at random moments while it syncs, and started again each time, as the kubelet does it."""

from __future__ import annotations

import secrets
import signal
import time
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.conftest import Scene

SIZE = 500
KILLS = 4


def test_a_controller_that_is_killed_while_it_syncs_500_loses_none_and_makes_none_twice(scene: Scene) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    random = Random(seed)  # noqa: S311  # chance, not secrecy
    running = scene.start(pod="replica")
    recipient = running.recipient()
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    fleet = scene.fleet(SIZE)
    fleet.create(recipient)
    before = len(scene.proxy.answered)
    seen = [0]
    for _ in range(KILLS):
        running = scene.begin(pod="replica")
        scene.cluster.wait_for("it goes on", lambda: fleet.secrets() > seen[-1])
        time.sleep(random.uniform(0, 0.3))
        running.process.send_signal(signal.SIGKILL)
        assert running.process.wait() == -signal.SIGKILL
        seen.append(fleet.secrets())
    assert 0 < seen[1] < SIZE, f"no kill was in the midst of the sync: {seen}"
    running = scene.start(pod="replica")
    fleet.wait()
    running.stop()
    calls = [(call, status) for call, status in scene.proxy.answered[before:] if call.path.endswith("/secrets")]
    assert sum(call.method == "POST" and status == 201 for call, status in calls) == SIZE
