"""Sealing keys are renewed, removed, marked or damaged while objects are being synced."""

from __future__ import annotations

import base64
import secrets
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from controller.manifests import KEY_LABEL
from deploy.local.kubernetes import MERGE_PATCH
from sealer.certificate import Recipient
from sealer.keyring import SealingKey
from tests.chaos.faults import Delay
from tests.reconciling.running import condition, events, key_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.conftest import Scene
    from tests.chaos.fleet import Fleet
    from tests.reconciling.running import Running

SIZE: Final = 60
POST: Final = frozenset({"POST"})


@pytest.fixture
def key(scene: Scene) -> SealingKey:
    """A key of a year ago, in the controller's namespace."""
    year_ago = datetime.now(UTC) - timedelta(days=365)
    made = SealingKey.generate(bits=2048, common_name="", validity=timedelta(days=3650), now=year_ago)
    scene.cluster.request("POST", secrets_path(scene), key_manifest(made))
    return made


def secrets_path(scene: Scene) -> str:
    return f"/api/v1/namespaces/{scene.namespace}/secrets"


def key_manifest(key: SealingKey, state: str = "active") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": f"key-{key.fingerprint[-6:].encode().hex()}", "labels": {KEY_LABEL: state}},
        "stringData": {"tls.key": key.private_pem().decode(), "tls.crt": key.certificate_pem().decode()},
    }


@contextmanager
def midway(scene: Scene, fleet: Fleet, recipient: Recipient) -> Iterator[None]:
    """Create a fleet, and run a block while it is being synced."""
    with scene.proxy.fault(Delay(0.3), "/secrets$", methods=POST):
        fleet.create(recipient)
        scene.cluster.wait_for("the sync has begun", lambda: fleet.secrets() > 0)
        assert fleet.secrets() < SIZE
        yield


def recipient_of(key: SealingKey) -> Recipient:
    return Recipient.from_pem(key.certificate_pem(), now=datetime.now(UTC))


def test_a_renewal_while_objects_are_synced_loses_nothing(scene: Scene, controller: Running) -> None:
    before, after = scene.fleet(SIZE), scene.fleet(SIZE)
    old = controller.recipient()
    with midway(scene, before, old):
        controller.process.send_signal(signal.SIGUSR1)
        scene.cluster.wait_for("the new certificate", lambda: controller.recipient() != old)
        after.create(controller.recipient())
    for fleet in (before, after):
        fleet.wait()


@pytest.mark.parametrize("how", ["removed", "marked compromised"])
def test_a_key_that_goes_while_objects_are_synced_is_told_and_its_return_heals_all(
    scene: Scene, controller: Running, key: SealingKey, how: str
) -> None:
    theirs, others = scene.fleet(SIZE), scene.fleet(SIZE)
    manifest = key_manifest(key)
    path = f"{secrets_path(scene)}/{manifest['metadata']['name']}"
    others.create(controller.recipient())
    with midway(scene, theirs, recipient_of(key)):
        if how == "removed":
            scene.cluster.request("DELETE", path)
        else:
            mark = {"metadata": {"labels": {KEY_LABEL: "compromised"}}}
            scene.cluster.request("PATCH", path, mark, content_type=MERGE_PATCH)
    others.wait()
    # One made after the key went cannot be opened, whoever opened its siblings.
    late = scene.fleet(1)
    late.create(recipient_of(key))
    (name,) = late.names()
    scene.cluster.wait_for(
        "it is told", lambda: condition(scene.cluster, scene.namespace, name).get("reason") == "DecryptFailed"
    )
    if how == "removed":
        scene.cluster.request("POST", secrets_path(scene), manifest)
    else:
        scene.cluster.request("PATCH", path, {"metadata": {"labels": {KEY_LABEL: "active"}}}, content_type=MERGE_PATCH)
    for fleet in (theirs, others, late):
        fleet.wait()


def test_a_malformed_key_secret_is_told_and_the_others_go_on_even_after_a_restart(scene: Scene) -> None:
    name = f"malformed-{secrets.token_hex(3)}"
    metadata = {"name": name, "labels": {KEY_LABEL: "active"}}
    data = {"tls.key": base64.b64encode(b"no key").decode(), "tls.crt": base64.b64encode(b"no certificate").decode()}
    malformed = {"metadata": metadata, "type": "kubernetes.io/tls", "data": data}
    scene.cluster.request("POST", secrets_path(scene), malformed)
    running = scene.start()
    fleet = scene.fleet(SIZE)
    fleet.create(running.recipient())
    fleet.wait()
    assert running.process.alive()
    running.stop()
    assert name in [item["metadata"]["name"] for item in key_secrets(scene.cluster, scene.namespace)]
    scene.cluster.wait_for("the event", lambda: bool(events(scene.cluster, scene.namespace, name)))
    assert {event["reason"] for event in events(scene.cluster, scene.namespace, name)} == {"ErrKeyUnusable"}
    scene.cluster.request("DELETE", f"{secrets_path(scene)}/{name}")
