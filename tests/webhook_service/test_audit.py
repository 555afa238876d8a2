"""Pods that asked for injection and did not get it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.network import free_port
from injector.webhook.audit import event, missed
from tests.webhook_service.conftest import Installed, wait_for

PREFIX = "vault.hashicorp.com/"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def pod(annotations: dict[str, str], *, age: timedelta = timedelta(hours=1), **metadata: Any) -> dict[str, Any]:
    made = (SINCE + age).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"namespace": "team", "name": "web", "uid": "u1", "creationTimestamp": made, "annotations": annotations}
    return {"metadata": {**about, **metadata}}


@pytest.mark.parametrize("value", ["true", "t", "1", "yes"])
def test_a_pod_that_asks_and_has_no_injection_is_missed(value: str) -> None:
    asked = pod({f"{PREFIX}agent-inject": value})
    assert list(missed([asked], SINCE)) == [asked["metadata"]]


@pytest.mark.parametrize(
    "other",
    [
        pod({}),
        pod({f"{PREFIX}agent-inject": "false"}),
        pod({f"{PREFIX}agent-inject": ""}),
        pod({f"{PREFIX}agent-inject": "true", f"{PREFIX}agent-inject-status": "injected"}),
        pod({f"{PREFIX}agent-inject": "true"}, age=-timedelta(hours=1)),
        pod({f"{PREFIX}agent-inject": "true"}, namespace="kube-system"),
        pod({f"{PREFIX}agent-inject": "true"}, deletionTimestamp="2026-11-02T00:00:00Z"),
        pod({f"{PREFIX}agent-inject": "true", "kubernetes.io/config.mirror": "x"}),
    ],
)
def test_other_pods_are_not(other: dict[str, Any]) -> None:
    assert list(missed([other], SINCE)) == []


def test_the_event_of_a_pod_has_one_name_whoever_writes_it() -> None:
    metadata = pod({})["metadata"]
    first, second = event(metadata, SINCE), event(metadata, SINCE + timedelta(hours=1))
    assert first["metadata"] == second["metadata"]
    assert event({**metadata, "uid": "u2"}, SINCE)["metadata"] != first["metadata"]


def test_a_long_name_makes_a_legal_one() -> None:
    name = event({**pod({})["metadata"], "name": "a" * 253}, SINCE)["metadata"]["name"]
    assert len(name) <= 253


def test_a_pod_that_slipped_through_is_told_once_by_event_and_metric(installed: Installed) -> None:
    """The registration does not select the pod's namespace, so that it is created without its agent."""
    elsewhere = f"missed-{secrets.token_hex(4)}"
    installed.cluster.create_namespace(elsewhere)
    manifest = {
        "metadata": {"name": "web", "annotations": {f"{PREFIX}agent-inject": "true", f"{PREFIX}role": "app"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
    }
    installed.cluster.request("POST", f"/api/v1/namespaces/{elsewhere}/pods", manifest)
    port = free_port()
    process = installed.start(port, "--audit-interval", "1s", "--telemetry-path", "/metrics")
    installed.wait_until_ready(port, process)
    path = f"/api/v1/namespaces/{elsewhere}/events"

    def told() -> list[dict[str, Any]]:
        found = installed.cluster.request("GET", path)["items"]
        return [one for one in found if one["reason"] == "NotInjected"]

    wait_for("the event", told)
    assert told()[0]["involvedObject"]["name"] == "web"
    assert f"{PREFIX}agent-inject" in told()[0]["message"]

    def counted() -> float:
        text = installed.ask(port, "GET", "/metrics")[1].decode()
        return float(
            next(one for one in text.splitlines() if one.startswith("sealer_injector_uninjected_pods ")).split()[1]
        )

    wait_for("the metric", lambda: counted() >= 1)
    before = counted()
    installed.cluster.kubectl("delete", "pod", "web", "-n", elsewhere, "--grace-period=0", "--force")
    wait_for("the metric falls", lambda: counted() < before)
    assert len(told()) == 1
    installed.cluster.delete_namespace(elsewhere)
