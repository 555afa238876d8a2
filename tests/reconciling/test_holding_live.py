"""Holding an object, or a whole namespace: on the real API server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deploy.local.kubernetes import MERGE_PATCH
from tests.reconciling.running import (
    Running,
    apply,
    condition,
    events,
    sealed,
    secret,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane

HOLD = "sealer.dev/hold-until"


def hold(cluster: ControlPlane, path: str, until: str | None) -> None:
    cluster.request("PATCH", path, {"metadata": {"annotations": {HOLD: until}}}, content_type=MERGE_PATCH)


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")


def sealed_path(namespace: str, name: str) -> str:
    return f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/{name}"


def test_a_namespace_that_is_held_is_not_written_to_until_it_is_released(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    recipient = running.recipient()
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "first"}))
    wait_for_reason(control_plane, namespace, "db", "Unsealed")
    # The watch on namespaces begins some seconds after the start: until then, a hold is not seen.
    hold(control_plane, f"/api/v1/namespaces/{namespace}", in_an_hour())
    told = wait_for_reason(control_plane, namespace, "db", "Held")
    assert told["status"] == "Unknown"
    assert "on the Namespace" in told["message"]
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "second"}))
    control_plane.wait_for(
        "the new generation is held", lambda: condition(control_plane, namespace, "db")["generation"] == 2
    )
    control_plane.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets/db")
    apply(control_plane, sealed(recipient, namespace, "new", {"password": "x"}))
    wait_for_reason(control_plane, namespace, "new", "Held")
    assert secret(control_plane, namespace, "db") is None
    assert secret(control_plane, namespace, "new") is None
    hold(control_plane, f"/api/v1/namespaces/{namespace}", None)
    wait_for_data(control_plane, namespace, "db", {"password": "second"})
    wait_for_data(control_plane, namespace, "new", {"password": "x"})
    wait_for_reason(control_plane, namespace, "db", "Unsealed")


def test_an_object_that_is_held_resumes_by_itself_at_the_given_time(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    manifest = sealed(running.recipient(), namespace, "db", {"password": "hunter2"})
    until = (datetime.now(UTC) + timedelta(seconds=4)).isoformat(timespec="seconds")
    manifest["metadata"]["annotations"] = {**manifest["metadata"].get("annotations", {}), HOLD: until}
    apply(control_plane, manifest)
    wait_for_reason(control_plane, namespace, "db", "Held")
    assert secret(control_plane, namespace, "db") is None
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    wait_for_reason(control_plane, namespace, "db", "Unsealed")
    control_plane.wait_for("three events", lambda: len(events(control_plane, namespace, "db")) == 3)
    assert sorted(event["reason"] for event in events(control_plane, namespace, "db")) == ["Held", "Held", "Unsealed"]


def test_a_time_that_cannot_be_read_holds_until_it_is_corrected(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    manifest = sealed(running.recipient(), namespace, "db", {"password": "hunter2"})
    manifest["metadata"]["annotations"] = {**manifest["metadata"].get("annotations", {}), HOLD: "tomorrow"}
    apply(control_plane, manifest)
    assert "'tomorrow' is not a time" in wait_for_reason(control_plane, namespace, "db", "Held")["message"]
    hold(control_plane, sealed_path(namespace, "db"), None)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
