"""Two controllers and one Lease: each Secret is written once, and nothing is lost when they cannot agree."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from tests.chaos.conftest import Scene
from tests.chaos.faults import Answer, Drop
from tests.chaos.proxy import FaultProxy
from tests.reconciling.running import grant_own_namespace, install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes
    from tests.chaos.fleet import Fleet
    from tests.reconciling.running import Running

SIZE: Final = 30
# A fifth of the defaults, so that a test does not take minutes.
QUICK: Final = ("--lease-duration=3s", "--renew-deadline=2s", "--retry-period=400ms")
REPLICAS: Final = ("one", "two")


class Pair:
    """Two replicas, each behind a proxy of its own."""

    def __init__(self, stack: ExitStack, cluster: ControlPlane, processes: Processes, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.proxies = {name: stack.enter_context(FaultProxy(cluster)) for name in REPLICAS}
        scenes = {name: Scene(cluster, processes, proxy, namespace) for name, proxy in self.proxies.items()}
        self.scene = scenes["one"]
        self.replicas: dict[str, Running] = {}
        for name, scene in scenes.items():
            self.replicas[name] = scene.start(*QUICK, pod=name)
            stack.callback(self.replicas[name].stop)

    def leader(self) -> str:
        """Return the replica that holds the Lease."""
        path = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/sealed-secrets-controller"
        return str(self.cluster.request("GET", path)["spec"].get("holderIdentity", ""))

    def wait_for_leader(self, name: str) -> None:
        self.cluster.wait_for(f"{name} leads", lambda: self.leader() == name)

    def created_by(self, name: str, since: int = 0) -> int:
        """Count the Secrets that a replica has created."""
        answered = self.proxies[name].answered[since:]
        return sum(c.method == "POST" and c.path.endswith("/secrets") and status == 201 for c, status in answered)

    def sync(self) -> Fleet:
        """Make some SealedSecrets and wait until they are synced."""
        fleet = self.scene.fleet(SIZE)
        fleet.create(next(iter(self.replicas.values())).recipient())
        fleet.wait()
        return fleet


@pytest.fixture
def pair(control_plane: ControlPlane, processes: Processes) -> Iterator[Pair]:
    """Two replicas in a namespace of their own."""
    install(control_plane)
    namespace = f"pair-{secrets.token_hex(4)}"
    control_plane.create_namespace(namespace)
    grant_own_namespace(control_plane, namespace)
    with ExitStack() as stack:
        yield Pair(stack, control_plane, processes, namespace)
    control_plane.delete_namespace(namespace)


def test_of_two_that_cannot_both_renew_only_the_leader_writes(pair: Pair) -> None:
    pair.sync()
    first = pair.leader()
    (second,) = set(REPLICAS) - {first}
    calm = pair.created_by(first)
    assert (calm, pair.created_by(second)) == (SIZE + 1, 0)  # The one is the sealing key.
    # The leader reaches all but the Lease: it must stop by itself, as it cannot know that it has a successor.
    with pair.proxies[first].fault(Answer(500), "/leases", watch=False):
        pair.wait_for_leader(second)
        pair.sync()
        assert pair.created_by(first) == calm
        assert pair.created_by(second) == SIZE
    # Now the new leader is cut off altogether, and the first, which is well again, takes over.
    with pair.proxies[second].fault(Drop(asked=False)):
        pair.wait_for_leader(first)
        pair.sync()
    pair.sync()
    assert pair.created_by(first) == calm + 2 * SIZE
    assert pair.created_by(second) == SIZE
    assert all(replica.process.alive() for replica in pair.replicas.values())


def test_a_lease_that_is_taken_by_hand_again_and_again_loses_nothing(pair: Pair) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{pair.namespace}/leases/sealed-secrets-controller"
    fleet = pair.scene.fleet(2 * SIZE)
    fleet.create(pair.replicas["one"].recipient())
    for number in range(3):
        pair.cluster.wait_for("a replica leads", lambda: pair.leader() in REPLICAS)
        pair.cluster.request("DELETE", path) if number == 1 else seize(pair.cluster, path)
    fleet.wait()
    assert sum(pair.created_by(name) for name in REPLICAS) == 2 * SIZE + 1


def seize(cluster: ControlPlane, path: str) -> None:
    """Write a stranger into the Lease, who does not renew it."""
    body = {"spec": {"holderIdentity": "stranger", "leaseDurationSeconds": 1}}
    cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
