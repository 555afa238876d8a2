"""The deprecated form, one sealed value for a whole Secret: what the real controller makes of it, we make of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from controller.reconcile import Action, reconcile
from controller.verdict import Reason
from deploy.local.http import StatusError
from sealer.certificate import Recipient
from sealer.keyring import Keyring, SealingKey
from sealer.wire import encode
from sealer.wire.rsa import hybrid_encrypt
from tests.interop.conftest import b64
from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from tests.interop.conftest import Peer

Json = dict[str, Any]
SKIP: Final = {"annotations": {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}}
ITEMS: Final = {"a": b64(b"1")}
TEMPLATE: Final = {
    "type": "example.com/other",
    "immutable": True,
    "metadata": {"labels": {"template": "l"}},
    "data": {"t": "{{ .a }}"},
}
WHOLE: Final = {
    "kind": "Secret",
    "apiVersion": "v1",
    "metadata": {
        "name": "other",
        "namespace": "elsewhere",
        "creationTimestamp": None,
        "labels": {"blob": "l"},
        "annotations": {"blob": "a"},
    },
    "type": "kubernetes.io/basic-auth",
    "immutable": True,
    "data": {"username": b64(b"u"), "password": ""},
}
OPENED: Final[dict[str, tuple[Any, Json]]] = {
    "whole": (WHOLE, {}),
    "template-does-not-count": (WHOLE, {"template": TEMPLATE}),
    "only-data": ({"data": ITEMS}, {}),
    "unknown-field": ({"data": ITEMS, "nonsense": 1}, {}),
    "no-data": ({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}}, {}),
    "skip-in-the-blob": ({"metadata": SKIP, "data": ITEMS}, {}),
}
REFUSED: Final = {
    "list": [],
    "text": "rubbish",
    "other-kind": {"kind": "ConfigMap", "apiVersion": "v1", "data": ITEMS},
    "no-base64": {"data": {"a": "canary!"}},
}


def legacy(peer: Peer, name: str, plain: Any, spec: Json) -> Json:
    recipient = Recipient.from_pem(certificate_pem("rsa-2048"), now=datetime(2026, 1, 1, tzinfo=UTC))
    blob = hybrid_encrypt(recipient.public_key, json.dumps(plain).encode(), f"{peer.namespace}/{name}".encode())
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": name, "namespace": peer.namespace},
        "spec": {"encryptedData": {}, "data": encode(blob), **spec},
    }


def ours(sealed: Json) -> Any:
    key = SealingKey.from_pem(key_pem("rsa-2048"), certificate_pem("rsa-2048"))
    return reconcile(sealed, None, Keyring((key,)))


def essence(secret: Json) -> Json:
    """Return what was decided about a Secret, without what only we or only the API server add."""
    metadata = secret["metadata"]
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != "sealer.dev/managed-by"}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != "sealer.dev/digest"}
    return {
        "type": secret.get("type", "Opaque"),
        "immutable": secret.get("immutable"),
        "data": {k: v or "" for k, v in (secret.get("data") or {}).items()},
        "labels": labels,
        "annotations": annotations,
        "owners": metadata.get("ownerReferences") or [],
    }


@pytest.mark.parametrize("name", OPENED)
def test_we_make_the_secret_that_the_real_controller_makes(peer: Peer, name: str) -> None:
    sealed = legacy(peer, f"legacy-{name}", *OPENED[name])
    stored = peer.make(json.dumps(sealed))
    outcome = ours({**sealed, "metadata": stored["metadata"]})
    assert outcome.action is Action.CREATE
    assert essence(outcome.secret) == essence(peer.secret(f"legacy-{name}"))


@pytest.mark.parametrize("name", REFUSED)
def test_we_refuse_what_the_real_controller_refuses(peer: Peer, name: str) -> None:
    sealed = legacy(peer, f"refused-{name}", REFUSED[name], {})
    assert peer.make(json.dumps(sealed))["status"]["conditions"][0]["status"] == "False"
    with pytest.raises(StatusError):
        peer.secret(f"refused-{name}")
    verdict = ours(sealed).verdict
    assert (verdict.reason, verdict.message) == (
        Reason.MALFORMED,
        "the deprecated field 'data' does not hold a Secret",
    )


def test_both_forms_at_once_are_refused_with_the_same_words(peer: Peer) -> None:
    sealed = legacy(peer, "legacy-both", WHOLE, {"encryptedData": {"a": "AQ=="}})
    told = peer.make(json.dumps(sealed))["status"]["conditions"][0]["message"]
    assert ours(sealed).verdict.message == f"{told}. Move the items to encryptedData."
