"""SealedSecrets of the deprecated form: unsealed, and told to be deprecated, unless that is not wanted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from controller.keys import key_secret
from controller.verdict import UNSEALED, UNSEALED_DEPRECATED, unsealed
from sealer.wire import encode
from sealer.wire.rsa import hybrid_encrypt
from tests.reconciling.running import Running, apply, condition, events, wait_for_data, wait_for_reason
from tests.reconciling.samples import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.control_plane import ControlPlane

Json = dict[str, Any]


def deprecated(namespace: str, name: str) -> Json:
    whole = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}, "data": {"password": "aHVudGVyMg=="}}
    public_key = key().private_key.public_key()
    blob = encode(hybrid_encrypt(public_key, json.dumps(whole).encode(), f"{namespace}/{name}".encode()))
    metadata = {"name": name, "namespace": namespace}
    spec = {"encryptedData": {}, "data": blob}
    return {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata, "spec": spec}


def test_a_success_says_only_of_the_deprecated_form_that_it_is_deprecated() -> None:
    assert unsealed(deprecated("a", "b")) is UNSEALED_DEPRECATED
    assert unsealed({"spec": {"encryptedData": {"a": "b"}}}) is UNSEALED
    assert unsealed({}) is UNSEALED


def test_it_is_unsealed_and_told_until_it_is_accepted_no_more(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    manifest = key_secret(key(), namespace=namespace, prefix="brought-")
    control_plane.request("POST", f"/api/v1/namespaces/{namespace}/secrets", manifest)
    apply(control_plane, deprecated(namespace, "old"))
    accepting = start_here()
    wait_for_data(control_plane, namespace, "old", {"password": "hunter2"})
    told = wait_for_reason(control_plane, namespace, "old", "Unsealed")
    assert (told["status"], told["message"]) == ("True", UNSEALED_DEPRECATED.message)
    accepting.stop()
    again = start_here()
    control_plane.wait_for("the start-up pass is over", lambda: "start-up pass done" in again.process.output())
    assert condition(control_plane, namespace, "old") == told, "a restart has nothing new to say"
    again.stop()
    start_here("--accept-deprecated-v1-data=false")
    told = wait_for_reason(control_plane, namespace, "old", "Malformed")
    assert told["message"] == (
        "using deprecated 'data' field, use 'encryptedData' or flip the feature flag. The flag is"
        " --accept-deprecated-v1-data."
    )
    control_plane.wait_for("both events", lambda: len(events(control_plane, namespace, "old")) == 2)
    assert {event["reason"] for event in events(control_plane, namespace, "old")} == {"Unsealed", "ErrUnsealFailed"}
