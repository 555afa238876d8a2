"""Two replicas, two hand-overs in the middle of work: the audit log shows one writer at a time."""

from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import pytest

from controller.syncer import WORKERS
from deploy.local.control_plane import Audit, ControlPlane
from tests.conftest import CRD
from tests.leading.audit import POLICY, Write, terms, writes
from tests.reconciling.running import Running, condition_of, install, sealed, start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.local.find import Parts
    from deploy.local.process import Processes
    from sealer.certificate import Recipient

NAMESPACE: Final = "shop"
EACH: Final = 200
QUICK: Final = ("--lease-duration=4s", "--renew-deadline=3s", "--retry-period=500ms")
PATH: Final = f"/apis/bitnami.com/v1alpha1/namespaces/{NAMESPACE}/sealedsecrets"


class Scene:
    """A cluster with replicas, and objects made while they run."""

    def __init__(self, cluster: ControlPlane, processes: Processes, log: Path) -> None:
        self.cluster, self.processes, self.log = cluster, processes, log

    def replica(self, name: str) -> Running:
        return start(self.cluster, self.processes, NAMESPACE, "--all-namespaces=false", *QUICK, pod=name)

    def make(self, recipient: Recipient, prefix: str) -> None:
        def one(number: int) -> None:
            self.cluster.request("POST", PATH, sealed(recipient, NAMESPACE, f"{prefix}-{number}", {"a": "1"}))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(EACH)))

    def secrets(self, prefix: str) -> int:
        found = self.cluster.request("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets")["items"]
        return sum(one["metadata"]["name"].startswith(f"{prefix}-") for one in found)

    def told(self, prefix: str) -> int:
        found = self.cluster.request("GET", PATH)["items"]
        ours = [one for one in found if one["metadata"]["name"].startswith(f"{prefix}-")]
        return sum(condition_of(one).get("status") == "True" for one in ours)

    def hand_over(self, leader: Running, prefix: str, end: Callable[[], object]) -> None:
        """Make objects, end the leader when it is in the middle of them, and wait until another has done the rest."""
        recipient = leader.recipient()
        with ThreadPoolExecutor(1) as making:
            made = making.submit(self.make, recipient, prefix)
            leader.process.wait_until(lambda: self.secrets(prefix) >= EACH // 4, seconds=30)
            end()
            made.result()
        self.cluster.wait_for("all are told", lambda: self.told(prefix) == EACH, seconds=60)


@pytest.fixture(scope="module")
def found(parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> list[Write]:
    """What three replicas wrote: `one` is killed, `two` is stopped, `three` does the rest."""
    folder = tmp_path_factory.mktemp("audited")
    log = folder / "audit.log"
    with ControlPlane(folder / "cluster", parts, processes, audit=Audit(log, POLICY)) as cluster:
        cluster.apply(CRD.read_text())
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRD))
        install(cluster)
        cluster.create_namespace(NAMESPACE)
        scene = Scene(cluster, processes, log)
        one = scene.replica("one")
        two = scene.replica("two")
        scene.hand_over(one, "killed", lambda: one.process.send_signal(signal.SIGKILL))
        three = scene.replica("three")
        scene.hand_over(two, "stopped", two.stop)
        assert two.process.exit_code == 0
        three.stop()
        return writes(log, NAMESPACE)


def of(found: list[Write], *kinds: str) -> list[Write]:
    return [one for one in found if one.kind in kinds]


def test_one_writes_at_a_time_and_none_again_after_another(found: list[Write]) -> None:
    assert terms(of(found, "secrets", "sealedsecrets/status", "events")) == ["one", "two", "three"]


def written_once(found: list[Write]) -> bool:
    """Whether everything was written by one request, but for what was under way when `one` was killed."""
    in_hand = {one.name for one in found if not one.certain and one.who == "one"}
    certain = Counter(one.name for one in found if one.certain)
    return (
        set(certain) | in_hand == {f"{prefix}-{number}" for prefix in ("killed", "stopped") for number in range(EACH)}
        and set(certain.values()) == {1}
        and all(one.certain or one.who == "one" for one in found)
        and len(in_hand) <= WORKERS
    )


def test_both_were_ended_in_the_middle_of_their_work(found: list[Write]) -> None:
    secrets = of(found, "secrets")
    assert {one.who for one in secrets if one.name.startswith("killed-")} == {"one", "two"}
    assert {one.who for one in secrets if one.name.startswith("stopped-")} == {"two", "three"}


def test_no_secret_is_written_twice(found: list[Write]) -> None:
    ours = [one for one in of(found, "secrets") if one.name.startswith(("killed-", "stopped-"))]
    assert {one.verb for one in ours} == {"create"}
    assert written_once(ours)


def test_no_status_is_written_twice(found: list[Write]) -> None:
    assert written_once(of(found, "sealedsecrets/status"))


def test_nobody_writes_who_does_not_hold_the_lease(found: list[Write]) -> None:
    holder = ""
    for one in found:
        if one.kind == "leases":
            holder = one.holder
        elif one.kind != "events":
            assert one.who == holder, one


def test_only_the_first_makes_a_key(found: list[Write]) -> None:
    others = [one for one in of(found, "secrets") if not one.name.startswith(("killed-", "stopped-"))]
    assert [(one.who, one.verb) for one in others] == [("one", "create")]


def test_after_a_kill_the_lease_runs_out_first_and_after_a_stop_it_is_given_up(found: list[Write]) -> None:
    leases = of(found, "leases")
    assert terms([replace(one, who=one.holder or "nobody") for one in leases]) == [
        "one",
        "two",
        "nobody",
        "three",
        "nobody",
    ]
    last = max(datetime.fromisoformat(one.at) for one in leases if one.holder == "one")
    first = min(datetime.fromisoformat(one.at) for one in leases if one.holder == "two")
    assert (first - last).total_seconds() >= 4
