"""A SealedSecret is created, then updated: data, labels, type, status, events."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.subject import Place


def test_a_secret_is_made_with_data_and_labels(place: Place) -> None:
    place.apply(place.sealed("db", {"password": "p4ss", "empty": ""}, metadata={"labels": {"app": "shop"}}))
    place.wait_for_data("db", {"password": "p4ss", "empty": ""})
    made = place.secret("db")
    assert made is not None
    assert made["metadata"]["labels"]["app"] == "shop"
    assert made["type"] == "Opaque"


def test_a_secret_is_controlled_by_its_sealed_secret(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    path = f"/apis/bitnami.com/v1alpha1/namespaces/{place.namespace}/sealedsecrets/db"
    uid = place.subject.cluster.request("GET", path)["metadata"]["uid"]
    made = place.secret("db")
    assert made is not None
    assert made["metadata"]["ownerReferences"] == [
        {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": uid, "controller": True}
    ]


def test_a_success_is_told_by_status_and_event(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    status = place.wait_for_synced("db")
    assert status.get("message", "") == ""
    assert status["lastTransitionTime"] == status["lastUpdateTime"]
    assert place.wait_for_event("db", "Unsealed") == "SealedSecret unsealed successfully"
    assert [event[0] for event in place.events("db")] == ["Normal"]


@pytest.mark.deviation("the existing controller leaves the reason empty")
def test_a_status_has_a_reason(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    assert place.wait_for_synced("db")["reason"] == "Unsealed"


def test_an_update_changes_the_data_and_the_generation_told(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    first = place.wait_for_synced("db")
    # Times of conditions are in whole seconds: let the next one begin.
    place.wait_for("the next second", lambda: time.time() > time_of(first["lastUpdateTime"]) + 1)
    place.apply(place.sealed("db", {"a": "2"}))
    place.wait_for_data("db", {"a": "2"})
    second = place.wait_for_synced("db", generation=2)
    assert second["lastTransitionTime"] == first["lastTransitionTime"]
    assert second["lastUpdateTime"] > first["lastUpdateTime"]


def test_an_item_may_be_renamed(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    manifest = place.sealed("db", {"a": "1"})
    manifest["spec"]["encryptedData"] = {"b": manifest["spec"]["encryptedData"]["a"]}
    place.apply(manifest)
    place.wait_for_data("db", {"b": "1"})


def test_an_item_may_be_appended_and_removed(place: Place) -> None:
    manifest = place.sealed("db", {"a": "1"})
    place.apply(manifest)
    place.wait_for_data("db", {"a": "1"})
    items = {**manifest["spec"]["encryptedData"], **place.sealed("db", {"b": "2"})["spec"]["encryptedData"]}
    place.apply({**manifest, "spec": {**manifest["spec"], "encryptedData": items}})
    place.wait_for_data("db", {"a": "1", "b": "2"})
    place.apply(manifest)
    place.wait_for_data("db", {"a": "1"})


def test_a_secret_has_the_type_that_was_sealed(place: Place) -> None:
    place.apply(place.sealed("db", {"username": "u", "password": "p"}, type="kubernetes.io/basic-auth"))
    place.wait_for_data("db", {"username": "u", "password": "p"})
    made = place.secret("db")
    assert made is not None
    assert made["type"] == "kubernetes.io/basic-auth"


def test_a_template_is_rendered_over_the_items(place: Place) -> None:
    manifest = place.sealed("db", {"password": "p4ss"})
    manifest["spec"]["template"]["data"] = {"url": "db://user:{{ .password | upper }}@host"}
    place.apply(manifest)
    place.wait_for_data("db", {"password": "p4ss", "url": "db://user:P4SS@host"})


@pytest.mark.deviation("the existing controller does not see that a Secret was edited")
def test_an_edited_secret_is_repaired(place: Place) -> None:
    place.apply(place.sealed("db", {"a": "1"}))
    place.wait_for_data("db", {"a": "1"})
    path = f"/api/v1/namespaces/{place.namespace}/secrets/db"
    place.subject.cluster.request("PATCH", path, {"stringData": {"a": "2"}}, "application/merge-patch+json")
    place.wait_for_data("db", {"a": "1"})


def test_the_deprecated_form_is_synced(place: Place) -> None:
    """`spec.data` holds a whole Secret, sealed as one value (reference, sealed-secrets 1.5)."""
    inner = {"kind": "Secret", "apiVersion": "v1", "type": "example.com/old", "data": {"a": "MQ=="}}
    manifest = place.sealed("db", {"whole": json.dumps(inner)})
    manifest["spec"] = {"data": manifest["spec"]["encryptedData"]["whole"], "encryptedData": {}}
    place.apply(manifest)
    place.wait_for_data("db", {"a": "1"})
    found = place.secret("db")
    assert found is not None
    assert found["type"] == "example.com/old"


def time_of(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
