"""Sealing keys while the controller runs: made, added, mended, taken out."""

from __future__ import annotations

import base64
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from controller.keys import key_secret
from deploy.local.expose import expose
from deploy.local.kubernetes import MERGE_PATCH
from deploy.local.peers import kubeseal
from sealer.certificate import Recipient
from sealer.errors import ServiceError
from sealer.keyring import SealingKey
from tests.reconciling.running import (
    Running,
    apply,
    events,
    key_secrets,
    renamed,
    sealed,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts

NO_KEY = "cannot get certificate\n"
LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"


def new_key(*, days_from_now: int) -> tuple[SealingKey, Recipient]:
    """Return a key whose certificate begins that long from now: keys of the same second have no order."""
    begins = datetime.now(UTC) + timedelta(days=days_from_now)
    key = SealingKey.generate(bits=2048, common_name="", validity=timedelta(days=365), now=begins)
    return key, Recipient.from_pem(key.certificate_pem(), now=datetime.now(UTC))


def put_key(cluster: ControlPlane, namespace: str, name: str, key: SealingKey, **data: str) -> None:
    manifest = key_secret(key, namespace=namespace, prefix="x")
    metadata = {"name": name, "namespace": namespace, "labels": {LABEL: "active"}}
    cluster.request(
        "POST",
        f"/api/v1/namespaces/{namespace}/secrets",
        {**manifest, "metadata": metadata, "data": manifest["data"] | data},
    )


def change_key(cluster: ControlPlane, namespace: str, name: str, patch: dict[str, Any]) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
    cluster.request("PATCH", path, patch, content_type=MERGE_PATCH)


def start_with_an_older_key(
    cluster: ControlPlane, namespace: str, start_here: Callable[..., Running], *flags: str
) -> Running:
    """Start a controller that finds a key of two days ago, and so makes none."""
    older, _ = new_key(days_from_now=-2)
    put_key(cluster, namespace, "older", older)
    return start_here(*flags)


def elliptic_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def wait_until_served(running: Running, key: SealingKey) -> None:
    pem = key.certificate_pem().decode()
    running.cluster.wait_for("its certificate is served", lambda: running.get("/v1/cert.pem")[1] == pem)


def test_the_first_start_makes_a_key_in_the_existing_form(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    more = ("--privatekey-labels", "team=shop", "--privatekey-annotations", "example.com/a=b")
    running = start_here("--my-cn", "shop", "--key-ttl", "48h", "--key-prefix", "my-key", *more)
    (made,) = key_secrets(control_plane, namespace)
    assert made["metadata"]["name"].startswith("my-key")
    assert made["metadata"]["generateName"] == "my-key"
    assert made["metadata"]["labels"] == {LABEL: "active", "team": "shop"}
    assert made["metadata"]["annotations"] == {"example.com/a": "b"}
    assert made["type"] == "kubernetes.io/tls"
    assert "BEGIN CERTIFICATE" not in running.process.output(), "the fingerprint is enough"
    pem = base64.b64decode(made["data"]["tls.crt"])
    assert pem.decode() == running.get("/v1/cert.pem")[1]
    certificate = x509.load_pem_x509_certificate(pem)
    assert certificate.subject.rfc4514_string() == "CN=shop"
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(hours=48)
    key = load_pem_private_key(base64.b64decode(made["data"]["tls.key"]), None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == certificate.public_key()


def test_a_second_start_uses_the_key_that_is_there(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    first = start_here()
    certificate = first.get("/v1/cert.pem")
    first.stop()
    assert start_here().get("/v1/cert.pem") == certificate
    assert len(key_secrets(control_plane, namespace)) == 1


def test_a_key_that_is_added_opens_what_waited_for_it(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    start_here()
    key, recipient = new_key(days_from_now=-1)
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_reason(control_plane, namespace, "db", "DecryptFailed")
    put_key(control_plane, namespace, "brought", key)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})


def test_a_younger_key_is_sealed_to_and_a_compromised_one_is_used_no_more(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_with_an_older_key(control_plane, namespace, start_here)
    before = running.get("/v1/cert.pem")
    key, recipient = new_key(days_from_now=-1)
    put_key(control_plane, namespace, "younger", key)
    control_plane.wait_for(
        "the younger certificate is served",
        lambda: running.get("/v1/cert.pem")[1] == key.certificate_pem().decode(),
    )
    change_key(control_plane, namespace, "younger", {"metadata": {"labels": {LABEL: "compromised"}}})
    control_plane.wait_for("the older one is served again", lambda: running.get("/v1/cert.pem") == before)
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_reason(control_plane, namespace, "db", "DecryptFailed")
    change_key(control_plane, namespace, "younger", {"metadata": {"labels": {LABEL: "active"}}})
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})


def test_a_deleted_key_opens_nothing_more(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_with_an_older_key(control_plane, namespace, start_here)
    key, recipient = new_key(days_from_now=-1)
    put_key(control_plane, namespace, "younger", key)
    pem = key.certificate_pem().decode()
    control_plane.wait_for("the key is known", lambda: running.get("/v1/cert.pem")[1] == pem)
    control_plane.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets/younger")
    control_plane.wait_for("the key is forgotten", lambda: running.get("/v1/cert.pem")[1] != pem)
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_reason(control_plane, namespace, "db", "DecryptFailed")


def test_when_the_only_key_is_taken_out_another_is_made_at_once(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here()
    before = running.get("/v1/cert.pem")[1]
    (only,) = key_secrets(control_plane, namespace)
    change_key(control_plane, namespace, only["metadata"]["name"], {"metadata": {"labels": {LABEL: "compromised"}}})
    control_plane.wait_for("another is served", lambda: running.get("/v1/cert.pem")[1] not in {before, NO_KEY})
    assert len(key_secrets(control_plane, namespace)) == 2


def test_a_malformed_key_is_reported_and_stops_nothing_not_even_a_start(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    key, _ = new_key(days_from_now=-1)
    rubbish = base64.b64encode(b"canary-of-a-key").decode()
    put_key(control_plane, namespace, "broken", key, **{"tls.key": rubbish})
    put_key(control_plane, namespace, "elliptic", key, **{"tls.key": base64.b64encode(elliptic_pem()).decode()})
    put_key(control_plane, namespace, "empty", key, **{"tls.key": "", "tls.crt": ""})
    running = start_with_an_older_key(control_plane, namespace, start_here)
    apply(control_plane, sealed(running.recipient(), namespace, "db", {"password": "hunter2"}))
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    said = {
        "broken": "this is not an unencrypted PEM private key",
        "elliptic": "the private key is not an RSA key",
        "empty": "the key Secret has no tls.key and no tls.crt",
    }
    control_plane.wait_for("the events", lambda: all(events(control_plane, namespace, name) for name in said))
    for name, why in said.items():
        (event,) = events(control_plane, namespace, name)
        assert (event["type"], event["reason"]) == ("Warning", "ErrKeyUnusable")
        assert event["message"] == f"this sealing key cannot be used: {why}"
    assert "canary" not in str(events(control_plane, namespace, "broken"))
    assert "key Secret cannot be used" in running.process.output()
    assert "canary" not in running.process.output()
    change_key(control_plane, namespace, "broken", {"data": key_secret(key, namespace="", prefix="")["data"]})
    pem = key.certificate_pem().decode()
    control_plane.wait_for("it is mended and the youngest", lambda: running.get("/v1/cert.pem")[1] == pem)


def test_a_key_that_is_old_enough_is_renewed_and_stays(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    key, recipient = new_key(days_from_now=-40)
    put_key(control_plane, namespace, "old", key)
    running = start_here("--key-renew-period", "720h")
    control_plane.wait_for("a new key is made", lambda: len(key_secrets(control_plane, namespace)) == 2)
    assert running.get("/v1/cert.pem")[1] != key.certificate_pem().decode()
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})


def test_a_key_of_the_old_kind_is_found_by_its_name_without_a_label(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    key, recipient = new_key(days_from_now=-1)
    manifest = key_secret(key, namespace=namespace, prefix="x")
    manifest["metadata"] = {"name": "sealed-secrets-key", "namespace": namespace}
    control_plane.request("POST", f"/api/v1/namespaces/{namespace}/secrets", manifest)
    running = start_here()
    wait_until_served(running, key)
    assert key_secrets(control_plane, namespace) == [], "no other key was made"
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    change_key(control_plane, namespace, "sealed-secrets-key", {"metadata": {"labels": {LABEL: "compromised"}}})
    control_plane.wait_for("another is made", lambda: len(key_secrets(control_plane, namespace)) == 2)


def test_a_certificate_of_the_future_is_not_sealed_to_yet_and_opens_already(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here()
    before = running.get("/v1/cert.pem")
    key, recipient = new_key(days_from_now=400)
    put_key(control_plane, namespace, "later", key)
    apply(control_plane, sealed(recipient, namespace, "db", {"password": "hunter2"}))
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
    assert running.get("/v1/cert.pem") == before


def test_by_the_age_of_their_secrets_a_key_that_was_brought_last_is_sealed_to(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_with_an_older_key(
        control_plane, namespace, start_here, "--key-order-priority=SecretCreationTimestamp"
    )
    (older,) = key_secrets(control_plane, namespace)
    key, _ = new_key(days_from_now=-300)

    created = datetime.fromisoformat(older["metadata"]["creationTimestamp"])
    control_plane.wait_for("the next second", lambda: datetime.now(UTC) >= created + timedelta(seconds=1))
    put_key(control_plane, namespace, "brought", key)
    wait_until_served(running, key)
    assert len(key_secrets(control_plane, namespace)) == 2, "it counts as young, so none is made"


def test_a_key_from_before_the_cut_off_is_followed_by_a_new_one_and_only_one(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    cutoff = (datetime.now(UTC) - timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    flags = ("--key-cutoff-time", cutoff, "--key-renew-period=0")
    start_with_an_older_key(control_plane, namespace, start_here, *flags)
    control_plane.wait_for("a new key is made", lambda: len(key_secrets(control_plane, namespace)) == 2)
    running = start_here(*flags)
    assert running.ready()
    assert len(key_secrets(control_plane, namespace)) == 2


def test_sigusr1_makes_a_key_now(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here("--key-renew-period", "0")
    running.process.send_signal(signal.SIGUSR1)
    control_plane.wait_for("a new key is made", lambda: len(key_secrets(control_plane, namespace)) == 2)


def test_the_real_kubeseal_seals_and_validates_through_the_service_proxy(
    control_plane: ControlPlane, start_here: Callable[..., Running], parts: Parts, namespace: str
) -> None:
    running = start_here()
    port = int(running.address.rpartition(":")[2])
    expose(control_plane, namespace, "sealed-secrets-controller", port=8080, target_port=port, port_name="http")
    plain = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": namespace},
        "stringData": {"password": "hunter2"},
    }
    where = ("--controller-namespace", namespace)
    manifest = kubeseal(control_plane, parts, *where, input=json.dumps(plain))
    assert kubeseal(control_plane, parts, *where, "--validate", input=manifest) == ""
    other = json.dumps(renamed(json.loads(manifest), namespace, "other"))
    with pytest.raises(ServiceError, match="unable to decrypt sealed secret: other"):
        kubeseal(control_plane, parts, *where, "--validate", input=other)
    control_plane.apply(manifest)
    wait_for_data(control_plane, namespace, "db", {"password": "hunter2"})
