"""The API server is stopped and started, and etcd's history is compacted meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.local.control_plane import ControlPlane
from tests.chaos.conftest import Scene
from tests.chaos.faults import Delay, Drop
from tests.chaos.proxy import FaultProxy
from tests.conftest import CRD
from tests.reconciling.running import Running, data_of, grant_own_namespace, install, secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Processes


@pytest.fixture(scope="module")
def scene(parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A control plane of these tests' own, which may be stopped."""
    with ControlPlane(tmp_path_factory.mktemp("stoppable"), parts, processes) as cluster:
        cluster.apply(CRD.read_text())
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRD))
        install(cluster)
        cluster.create_namespace("keys")
        grant_own_namespace(cluster, "keys")
        with FaultProxy(cluster) as proxy:
            yield Scene(cluster, processes, proxy, "keys")


@pytest.fixture(scope="module")
def controller(scene: Scene) -> Iterator[Running]:
    """A controller of all namespaces."""
    running = scene.start(namespaced=False)
    yield running
    assert running.process.alive(), running.process.last_lines()
    running.stop()


def test_a_sync_goes_on_when_the_api_server_comes_back(scene: Scene, controller: Running) -> None:
    fleet = scene.fleet(100)
    with scene.proxy.fault(Delay(0.1), "/secrets$", methods=frozenset({"POST"})):
        fleet.create(controller.recipient())
        scene.cluster.wait_for("the sync has begun", lambda: fleet.secrets() > 5)
        scene.cluster.stop_apiserver()
    scene.cluster.start_apiserver()
    fleet.wait()


def test_what_changed_before_a_compaction_is_seen(scene: Scene, controller: Running) -> None:
    """Every watch is from a revision that is gone when it is begun again: only a new list tells what has happened."""
    kept, gone, new = scene.fleet(20), scene.fleet(5), scene.fleet(20)
    for fleet in (kept, gone):
        fleet.create(controller.recipient())
        fleet.wait()
    recipient = controller.recipient()
    with scene.proxy.fault(Drop(asked=False)):
        new.create(recipient)
        scene.cluster.kubectl("delete", "secret", *kept.names()[:5], "-n", scene.namespace)
        scene.cluster.kubectl("delete", "sealedsecret,secret", *gone.names(), "-n", scene.namespace)
        scene.cluster.stop_apiserver()
        scene.cluster.compact()
        scene.cluster.start_apiserver()
    for fleet in (kept, new):
        fleet.wait()
    for name in gone.names():
        assert data_of(secret(scene.cluster, scene.namespace, name)) == {}
