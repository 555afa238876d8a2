"""The controller as a process under its own service account, on a real API server: what it makes, and keeps right."""

from __future__ import annotations

import base64
import secrets
import time
from typing import TYPE_CHECKING, Any

from deploy.local.kubernetes import MERGE_PATCH
from tests.reconciling.running import (
    Running,
    apply,
    condition,
    data_of,
    events,
    sealed,
    sealed_secret,
    secret,
    wait_for_data,
    wait_for_generation,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.local.control_plane import ControlPlane
    from sealer.certificate import Recipient

MANAGED = "sealedsecrets.bitnami.com/managed"
PATCH = "sealedsecrets.bitnami.com/patch"
SKIP = "sealedsecrets.bitnami.com/skip-set-owner-references"


def secret_path(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{name}".rstrip("/")


def sealed_path(namespace: str, name: str) -> str:
    return f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/{name}"


def put_secret(cluster: ControlPlane, namespace: str, data: Mapping[str, str], **more: Any) -> None:
    """Make a Secret `db` as somebody else would."""
    metadata = {"name": "db", **more.pop("metadata", {})}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data, **more}
    cluster.request("POST", secret_path(namespace), manifest)


def synced(cluster: ControlPlane, recipient: Recipient, namespace: str, **more: Any) -> dict[str, Any]:
    """Apply a SealedSecret `db`, wait until it is synced, and return the Secret."""
    apply(cluster, sealed(recipient, namespace, "db", {"password": "hunter2"}, **more))
    wait_for_data(cluster, namespace, "db", {"password": "hunter2"})
    wait_for_reason(cluster, namespace, "db", "Unsealed")
    found = secret(cluster, namespace, "db")
    assert found is not None
    return found


def test_a_sealed_secret_becomes_a_secret(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    binary = base64.b64decode("AAH/").decode("latin-1")
    data = {"password": "hunter2", "empty": "", "binary": binary, "1e3": "a", "y": "b"}
    template = {"labels": {"app": "shop"}, "annotations": {"note": "x"}}
    apply(control_plane, sealed(running.recipient(), namespace, "db", data, metadata=template, type="example.com/x"))
    wait_for_data(control_plane, namespace, "db", data)
    made = secret(control_plane, namespace, "db")
    assert made is not None
    assert made["type"] == "example.com/x"
    assert made["metadata"]["labels"]["app"] == "shop"
    assert made["metadata"]["annotations"].keys() == {"note", "sealer.dev/digest"}


def test_the_secret_is_owned_and_the_status_and_one_event_tell(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    made = synced(control_plane, running.recipient(), namespace)
    owner = sealed_secret(control_plane, namespace, "db")
    assert owner is not None
    assert made["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "name": "db",
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }
    ]
    told = condition(control_plane, namespace, "db")
    assert (told["status"], told["message"], told["generation"]) == ("True", "", 1)
    assert told["lastUpdateTime"] == told["lastTransitionTime"]
    control_plane.wait_for("the event", lambda: bool(events(control_plane, namespace, "db")))
    (event,) = events(control_plane, namespace, "db")
    assert (event["type"], event["reason"]) == ("Normal", "Unsealed")
    assert event["message"] == "SealedSecret unsealed successfully"
    assert event["source"] == {"component": "sealed-secrets"}


def test_a_change_is_followed_and_stamped(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    recipient = running.recipient()
    synced(control_plane, recipient, namespace)
    time.sleep(1.1)  # Condition times are in whole seconds.
    apply(control_plane, sealed(recipient, namespace, "db", {"renamed": "newer"}))
    wait_for_data(control_plane, namespace, "db", {"renamed": "newer"})
    wait_for_generation(control_plane, namespace, "db", 2)
    told = condition(control_plane, namespace, "db")
    assert told["lastUpdateTime"] > told["lastTransitionTime"]


def test_only_an_annotation_can_be_the_change(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    synced(control_plane, running.recipient(), namespace)
    wide = {"metadata": {"annotations": {"sealedsecrets.bitnami.com/cluster-wide": "true"}}}
    control_plane.request("PATCH", sealed_path(namespace, "db"), wide, content_type=MERGE_PATCH)
    wait_for_reason(control_plane, namespace, "db", "DecryptFailed")
    back = {"metadata": {"annotations": {"sealedsecrets.bitnami.com/cluster-wide": None}}}
    control_plane.request("PATCH", sealed_path(namespace, "db"), back, content_type=MERGE_PATCH)
    wait_for_reason(control_plane, namespace, "db", "Unsealed")


def test_a_secret_that_is_edited_is_put_right(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    synced(control_plane, running.recipient(), namespace)
    edit = {"stringData": {"password": "edited", "extra": "x"}, "metadata": {"labels": {"extra": "x"}}}
    control_plane.request("PATCH", secret_path(namespace, "db"), edit, content_type=MERGE_PATCH)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    made = secret(control_plane, namespace, "db")
    assert made is not None
    assert "extra" not in made["metadata"]["labels"]


def test_a_secret_that_is_deleted_is_made_again(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    uid = synced(control_plane, running.recipient(), namespace)["metadata"]["uid"]
    control_plane.request("DELETE", secret_path(namespace, "db"))
    control_plane.wait_for(
        "the Secret is there again",
        lambda: (secret(control_plane, namespace, "db") or {"metadata": {"uid": uid}})["metadata"]["uid"] != uid,
    )
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})


def test_our_own_writes_set_off_nothing(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    made = synced(control_plane, running.recipient(), namespace)
    time.sleep(1.0)
    again, owner = secret(control_plane, namespace, "db"), sealed_secret(control_plane, namespace, "db")
    assert again == made
    assert owner is not None
    assert len(events(control_plane, namespace, "db")) == 1
    lines = [line for line in running.process.output().splitlines() if f"namespace={namespace} " in line]
    assert len(lines) == 1


def test_a_deleted_sealed_secret_takes_its_secret_with_it(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    synced(control_plane, running.recipient(), namespace)
    control_plane.request("DELETE", sealed_path(namespace, "db"))
    control_plane.wait_for(
        "the Secret is collected", lambda: secret(control_plane, namespace, "db") is None, seconds=60
    )
    time.sleep(0.5)
    assert secret(control_plane, namespace, "db") is None


def test_a_sealed_secret_that_is_deleted_and_made_again_has_its_secret(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    recipient = running.recipient()
    synced(control_plane, recipient, namespace)
    control_plane.request("DELETE", sealed_path(namespace, "db"))
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "second"}))
    wait_for_data(control_plane, namespace, "db", {"password": "second"})
    owner = sealed_secret(control_plane, namespace, "db")
    assert owner is not None

    def owned() -> bool:
        found = secret(control_plane, namespace, "db") or {"metadata": {}}
        return [o["uid"] for o in found["metadata"].get("ownerReferences", [])] == [owner["metadata"]["uid"]]

    control_plane.wait_for("the Secret is the new one's", owned)
    wait_for_reason(control_plane, namespace, "db", "Unsealed")


def test_a_deletion_in_the_foreground_ends(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    synced(control_plane, running.recipient(), namespace)
    control_plane.kubectl("delete", "sealedsecret", "db", "-n", namespace, "--cascade=foreground", "--timeout=60s")
    control_plane.wait_for("the Secret is gone", lambda: secret(control_plane, namespace, "db") is None)


def test_without_an_owner_reference_the_secret_is_still_kept_right_and_outlives_its_sealed_secret(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    made = synced(control_plane, running.recipient(), namespace, metadata={"annotations": {SKIP: "true"}})
    assert "ownerReferences" not in made["metadata"]
    edit = {"stringData": {"password": "edited"}}
    control_plane.request("PATCH", secret_path(namespace, "db"), edit, content_type=MERGE_PATCH)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    control_plane.request("DELETE", sealed_path(namespace, "db"))
    time.sleep(1.0)
    assert data_of(secret(control_plane, namespace, "db")) == {"password": "hunter2"}


def test_a_secret_of_somebody_else_is_left_alone_until_it_is_managed(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    put_secret(control_plane, namespace, {"theirs": "x"})
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"password": "hunter2"}))
    told = wait_for_reason(control_plane, namespace, "db", "NotOwned")
    assert told["message"].startswith('Resource "db" already exists and is not managed by SealedSecret')
    assert data_of(secret(control_plane, namespace, "db")) == {"theirs": "x"}
    control_plane.wait_for("the event", lambda: bool(events(control_plane, namespace, "db")))
    assert [event["reason"] for event in events(control_plane, namespace, "db")] == ["ErrUpdateFailed"]
    # It is not watched, as it is not ours: any change of the SealedSecret has us look again.
    managed = {"metadata": {"annotations": {MANAGED: "true"}}}
    control_plane.request("PATCH", secret_path(namespace, "db"), managed, content_type=MERGE_PATCH)
    look = {"metadata": {"annotations": {"example.com/look": "again"}}}
    control_plane.request("PATCH", sealed_path(namespace, "db"), look, content_type=MERGE_PATCH)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    wait_for_reason(control_plane, namespace, "db", "Unsealed")


def test_a_managed_secret_is_taken_over(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    put_secret(control_plane, namespace, {"theirs": "x"}, metadata={"annotations": {MANAGED: "true"}})
    assert synced(control_plane, running.recipient(), namespace)["metadata"]["ownerReferences"]


def test_a_patched_secret_keeps_what_it_had(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    put_secret(control_plane, namespace, {"theirs": "x"}, metadata={"annotations": {PATCH: "true"}})
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"password": "hunter2"}))
    wait_for_data(control_plane, namespace, "db", {"theirs": "x", "password": "hunter2"})
    made = secret(control_plane, namespace, "db")
    assert made is not None
    assert "ownerReferences" not in made["metadata"]


def test_an_immutable_secret_is_made_and_then_said_to_be_that(
    control_plane: ControlPlane, running: Running, namespace: str
) -> None:
    recipient = running.recipient()
    assert synced(control_plane, recipient, namespace, immutable=True)["immutable"] is True
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "newer"}, immutable=True))
    told = wait_for_reason(control_plane, namespace, "db", "Immutable")
    assert "the target Secret is immutable" in told["message"]
    assert told["generation"] == 2
    assert data_of(secret(control_plane, namespace, "db")) == {"password": "hunter2"}
    # The event follows the status.
    control_plane.wait_for(
        "both events",
        lambda: (
            {event["reason"] for event in events(control_plane, namespace, "db")} == {"Unsealed", "ErrUpdateFailed"}
        ),
    )


def test_what_the_api_server_refuses_is_told(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    labels = {"labels": {"not a label": "x"}}
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"password": "hunter2"}, metadata=labels))
    told = wait_for_reason(control_plane, namespace, "db", "ApiError")
    assert "not a label" in told["message"]


def test_a_large_object_is_synced(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    data = {"large": secrets.token_hex(350_000)}
    manifest = sealed(running.recipient(), namespace, "db", data)
    # Created, not applied: `kubectl apply` keeps a copy in an annotation, which is too small for it.
    control_plane.request("POST", sealed_path(namespace, "").rstrip("/"), manifest)
    wait_for_data(control_plane, namespace, "db", data)


def test_many_at_once_are_all_synced(control_plane: ControlPlane, running: Running, namespace: str) -> None:
    recipient = running.recipient()
    names = [f"s{number}" for number in range(60)]
    apply(control_plane, *(sealed(recipient, namespace, name, {"of": name}) for name in names))

    def values() -> dict[str, str]:
        found = control_plane.request("GET", secret_path(namespace))["items"]
        return {item["metadata"]["name"]: data_of(item)["of"] for item in found}

    control_plane.wait_for("all are there", lambda: values() == {name: name for name in names})
