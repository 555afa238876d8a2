"""Stopping and starting again."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import httpx

from deploy.local.control_plane import ControlPlane
from deploy.local.kubernetes import MERGE_PATCH
from deploy.local.network import free_port
from deploy.local.process import Command
from tests.conftest import CRD
from tests.reconciling.running import (
    NO_METRICS,
    PROGRAM,
    Running,
    apply,
    condition_of,
    events,
    install,
    sealed,
    sealed_secret,
    secret,
    start,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.local.find import Parts
    from deploy.local.process import Processes


def state(cluster: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    """Return all that a controller could have written in a namespace."""
    core, ours = f"/api/v1/namespaces/{namespace}", f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}"
    paths = (f"{core}/secrets", f"{core}/events", f"{ours}/sealedsecrets")
    return [item for path in paths for item in cluster.request("GET", path)["items"]]


def test_sigterm_ends_it_cleanly_within_seconds(start_here: Callable[..., Running]) -> None:
    running = start_here()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(5) == 0
    assert "Traceback" not in running.process.output()
    assert "rror" not in running.process.output()


def test_sigterm_in_the_middle_of_a_sync_ends_it_cleanly_and_the_next_start_goes_on(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    first = start_here("--key-size", "4096")
    recipient = first.recipient()
    first.stop()
    # 2,400 private-key operations of over a millisecond: long enough to be met in the middle.
    names = {f"s{number}" for number in range(60)}
    items = {f"i{number}": "x" for number in range(40)}
    apply(control_plane, *(sealed(recipient, namespace, name, items) for name in names))

    def made() -> set[str]:
        found = control_plane.request("GET", f"/api/v1/namespaces/{namespace}/secrets")["items"]
        return {item["metadata"]["name"] for item in found} & names

    second = start_here()
    second.process.wait_until(lambda: len(made()) > 0, seconds=20)
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(15) == 0
    assert "Traceback" not in second.process.output()
    assert 0 < len(made()) < len(names)

    start_here()
    control_plane.wait_for("all are made", lambda: made() == names)

    def all_told() -> bool:
        found = control_plane.request("GET", f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets")[
            "items"
        ]
        return all(condition_of(item).get("status") == "True" for item in found)

    control_plane.wait_for("all are told", all_told)


def test_a_restart_over_what_is_in_order_writes_nothing(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    first = start_here()
    recipient = first.recipient()
    apply(control_plane, *(sealed(recipient, namespace, name, {"a": "1"}) for name in ("x", "y", "z")))
    broken = sealed(recipient, namespace, "broken", {"a": "1"})
    apply(control_plane, broken | {"metadata": broken["metadata"] | {"name": "moved"}})
    for name, reason in (("x", "Unsealed"), ("y", "Unsealed"), ("z", "Unsealed"), ("moved", "DecryptFailed")):
        wait_for_reason(control_plane, namespace, name, reason)
    control_plane.wait_for("the events", lambda: len(state(control_plane, namespace)) == 3 + 1 + 4 + 4)
    before = state(control_plane, namespace)
    first.stop()
    second = start_here("--log-level", "DEBUG")
    control_plane.wait_for("the start-up pass", lambda: "unchanged=3 synced=0 not_synced=1" in second.process.output())
    time.sleep(0.5)
    assert state(control_plane, namespace) == before
    assert " synced logger" not in second.process.output().partition("stopping")[2]


def test_what_happened_while_it_was_down_is_caught_up_with(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    first = start_here()
    recipient = first.recipient()
    names = ("edited", "deleted", "changed")
    apply(control_plane, *(sealed(recipient, namespace, name, {"a": "1"}) for name in names))
    for name in names:
        wait_for_reason(control_plane, namespace, name, "Unsealed")
    first.stop()
    path = f"/api/v1/namespaces/{namespace}/secrets"
    edit = {"stringData": {"a": "edited"}}
    control_plane.request("PATCH", f"{path}/edited", edit, content_type=MERGE_PATCH)
    control_plane.request("DELETE", f"{path}/deleted")
    apply(control_plane, sealed(recipient, namespace, "changed", {"a": "2"}))
    apply(control_plane, sealed(recipient, namespace, "new", {"a": "1"}))
    start_here()
    for name, value in (("edited", "1"), ("deleted", "1"), ("changed", "2"), ("new", "1")):
        wait_for_data(control_plane, namespace, name, {"a": value})


def test_another_namespace_is_left_alone_when_only_the_own_one_is_served(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here()
    other = f"{namespace}-other"
    control_plane.create_namespace(other)
    recipient = running.recipient()
    apply(control_plane, sealed(recipient, other, "db", {"a": "1"}), sealed(recipient, namespace, "db", {"a": "1"}))
    wait_for_data(control_plane, namespace, "db", {"a": "1"})
    time.sleep(0.5)
    assert secret(control_plane, other, "db") is None
    control_plane.delete_namespace(other)


def test_without_statuses_only_the_secret_and_the_event_are_written(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here("--update-status=false")
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"a": "1"}))
    wait_for_data(control_plane, namespace, "db", {"a": "1"})
    control_plane.wait_for("the event", lambda: bool(events(control_plane, namespace, "db")))
    assert "status" not in (sealed_secret(control_plane, namespace, "db") or {})


def test_logs_are_json_when_asked_one_line_for_each_decision(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here("--log-format", "json")
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"a": "1"}))
    wait_for_reason(control_plane, namespace, "db", "Unsealed")
    running.stop()
    lines = [json.loads(line) for line in running.process.output().splitlines()]
    (decision,) = [line for line in lines if line.get("name") == "db"]
    assert (decision["level"], decision["msg"], decision["action"]) == ("INFO", "synced", "create")
    assert (decision["namespace"], decision["generation"]) == (namespace, 1)


def test_an_api_server_that_is_not_there_is_waited_for(
    control_plane: ControlPlane, processes: Processes, tmp_path: Path
) -> None:
    """Alive but not ready, and a SIGTERM still ends it."""
    file = tmp_path / "config"
    file.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: b}}],"
        f" clusters: [{{name: b, cluster: {{server: 'http://127.0.0.1:{free_port()}'}}}}]}}"
    )
    address = f"127.0.0.1:{free_port()}"
    command = Command(
        name="lonely",
        arguments=(PROGRAM, "--listen-addr", address, *NO_METRICS),
        log=tmp_path / "log",
        environment=control_plane.environment(file),
    )
    process = processes.start(command)

    def status(path: str) -> int:
        try:
            return httpx.get(f"http://{address}{path}", trust_env=False).status_code
        except httpx.TransportError:
            return 0

    process.wait_until(lambda: status("/healthz") == 200, seconds=20)
    assert status("/readyz") == 503
    process.wait_until(lambda: process.output().count("cannot watch") >= 3, seconds=20)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    processes.stop(process)


def test_a_crd_that_comes_late_or_goes_and_comes_back_is_waited_for(
    parts: Parts, processes: Processes, tmp_path: Path
) -> None:
    with ControlPlane(tmp_path, parts, processes) as cluster:
        install(cluster)
        cluster.create_namespace("shop")
        running = start(cluster, processes, "shop")
        for _ in range(2):
            cluster.apply(CRD.read_text())
            cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRD))
            apply(cluster, sealed(running.recipient(), "shop", "db", {"a": "1"}))
            wait_for_reason(cluster, "shop", "db", "Unsealed")
            cluster.kubectl("delete", "-f", str(CRD), "--timeout=60s")
        running.stop()
        assert running.process.exit_code == 0
