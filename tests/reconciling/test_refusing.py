"""What does not open, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sealer.scope import Scope
from tests.reconciling.running import (
    Running,
    apply,
    events,
    renamed,
    sealed,
    secret,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane


@pytest.fixture
def elsewhere(control_plane: ControlPlane, namespace: str) -> str:
    """Another namespace."""
    other = f"{namespace}-other"
    control_plane.create_namespace(other)
    return other


def refused(cluster: ControlPlane, namespace: str, name: str) -> dict[str, Any]:
    """Wait until a SealedSecret is refused; return its condition."""
    told = wait_for_reason(cluster, namespace, name, "DecryptFailed")
    assert told["status"] == "False"
    assert told["message"].startswith("no key could decrypt secret (a, b)")
    assert secret(cluster, namespace, name) is None
    cluster.wait_for("the event", lambda: bool(events(cluster, namespace, name)))
    (event,) = events(cluster, namespace, name)
    assert (event["type"], event["reason"]) == ("Warning", "ErrUnsealFailed")
    assert event["message"] == f"Failed to unseal: {told['message']}"
    return told


def test_under_strict_scope_another_name_or_namespace_is_refused(
    control_plane: ControlPlane, running: Running, namespace: str, elsewhere: str
) -> None:
    original = sealed(running.recipient(), namespace, "db", {"a": "1", "b": "2"})
    apply(control_plane, original, renamed(original, namespace, "x"), renamed(original, elsewhere, "db"))
    wait_for_data(control_plane, namespace, "db", {"a": "1", "b": "2"})
    for place, name in ((namespace, "x"), (elsewhere, "db")):
        told = refused(control_plane, place, name)
        assert f"sealed for {namespace}/db under strict scope, and is {place}/{name}" in told["message"]


def test_under_namespace_wide_scope_another_name_opens_and_another_namespace_is_refused(
    control_plane: ControlPlane, running: Running, namespace: str, elsewhere: str
) -> None:
    data = {"a": "1", "b": "2"}
    original = sealed(running.recipient(), namespace, "db", data, scope=Scope.NAMESPACE_WIDE)
    apply(control_plane, renamed(original, namespace, "x"), renamed(original, elsewhere, "db"))
    wait_for_data(control_plane, namespace, "x", data)
    refused(control_plane, elsewhere, "db")


def test_under_cluster_wide_scope_another_name_and_namespace_open(
    control_plane: ControlPlane, running: Running, namespace: str, elsewhere: str
) -> None:
    data = {"a": "1", "b": "2"}
    original = sealed(running.recipient(), namespace, "db", data, scope=Scope.CLUSTER_WIDE)
    apply(control_plane, renamed(original, namespace, "x"), renamed(original, elsewhere, "y"))
    wait_for_data(control_plane, namespace, "x", data)
    wait_for_data(control_plane, elsewhere, "y", data)


def test_a_scope_annotation_cannot_widen_what_was_sealed_strictly(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    stolen = renamed(sealed(running.recipient(), namespace, "db", {"a": "1", "b": "2"}), namespace, "x")
    stolen["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    apply(control_plane, stolen)
    refused(control_plane, namespace, "x")


def test_a_refused_one_that_is_mended_is_synced(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    recipient = running.recipient()
    apply(control_plane, renamed(sealed(recipient, namespace, "db", {"a": "1", "b": "2"}), namespace, "x"))
    refused(control_plane, namespace, "x")
    apply(control_plane, sealed(recipient, namespace, "x", {"a": "1", "b": "2"}))
    wait_for_data(control_plane, namespace, "x", {"a": "1", "b": "2"})
    wait_for_reason(control_plane, namespace, "x", "Unsealed")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"encryptedData": {"a": "not base64!"}}, "Malformed"),
        ({"encryptedData": {"a": "AAAA"}}, "Malformed"),
        ({"encryptedData": {}, "template": {"data": {"a": "{{ .b"}}}, "TemplateError"),
    ],
)
@pytest.mark.usefixtures("running")
def test_a_fault_in_the_object_is_told(
    control_plane: ControlPlane, namespace: str, spec: dict[str, Any], reason: str
) -> None:
    manifest = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": namespace},
        "spec": spec,
    }
    apply(control_plane, manifest)
    told = wait_for_reason(control_plane, namespace, "db", reason)
    assert told["status"] == "False"
    assert told["message"]
    assert secret(control_plane, namespace, "db") is None
