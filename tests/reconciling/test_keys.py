from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from controller.keys import KeyStore, key_from_secret, key_secret, renewal_due
from sealer.errors import SealerError
from tests.reconciling.samples import NOW, key

Json = dict[str, Any]
BROKEN: dict[str, bytes | None] = {"tls.key": b"rubbish"}


def stored(number: int = 0, data: dict[str, bytes | None] | None = None, *, version: str = "1") -> Json:
    """Return a key Secret as a list gives it: without kind."""
    whole = {"tls.key": key(number).private_pem(), "tls.crt": key(number).certificate_pem()} | (data or {})
    return {
        "metadata": {"namespace": "kube-system", "name": f"key-{number}", "resourceVersion": version},
        "type": "kubernetes.io/tls",
        "data": {name: base64.b64encode(value).decode() for name, value in whole.items() if value is not None},
    }


def test_a_key_survives_its_secret() -> None:
    manifest = key_secret(key(), namespace="kube-system", prefix="sealed-secrets-key")
    assert key_from_secret({**manifest, "metadata": {"name": "x"}}).fingerprint == key().fingerprint


def test_the_secret_has_the_existing_form() -> None:
    manifest = key_secret(key(), namespace="kube-system", prefix="sealed-secrets-key")
    assert manifest["metadata"] == {
        "generateName": "sealed-secrets-key",
        "namespace": "kube-system",
        "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
    }
    assert manifest["type"] == "kubernetes.io/tls"
    assert base64.b64decode(manifest["data"]["tls.key"]).startswith(b"-----BEGIN RSA PRIVATE KEY-----\n")
    assert base64.b64decode(manifest["data"]["tls.crt"]).startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert set(manifest["data"]) == {"tls.key", "tls.crt"}


@pytest.mark.parametrize(
    "data",
    [
        {"tls.key": None},
        {"tls.crt": None},
        {"tls.key": b""},
        {"tls.key": b"rubbish"},
        {"tls.crt": b"rubbish"},
        {"tls.crt": key(1).certificate_pem()},
        {"tls.key": key(1).private_pem()},
    ],
)
def test_a_malformed_key_is_refused_without_its_content(data: dict[str, bytes | None]) -> None:
    with pytest.raises(SealerError) as caught:
        key_from_secret(stored(0, data))
    assert "rubbish" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_a_malformed_key_does_not_stop_the_others() -> None:
    store = KeyStore()
    change = store.listed([stored(0), stored(1, BROKEN), stored(2)])
    assert [fault.name for fault in change.faults] == ["key-1"]
    assert [k.fingerprint for k in store.keyring.keys] == [key(2).fingerprint, key(0).fingerprint]
    assert {k.fingerprint for k in change.added} == {key(0).fingerprint, key(2).fingerprint}


def test_a_fault_is_reported_once_for_each_version_of_the_secret() -> None:
    store = KeyStore()
    bad = stored(1, BROKEN)
    assert store.changed(bad).faults
    assert not store.changed(bad).faults
    assert store.changed(stored(1, BROKEN, version="2")).faults


def test_a_key_that_is_mended_is_used_and_one_that_is_broken_is_not() -> None:
    store = KeyStore()
    store.changed(stored(1, BROKEN))
    assert store.changed(stored(1, version="2")).added
    assert store.changed(stored(1, BROKEN, version="3")).removed == (key(1).fingerprint,)
    assert len(store.keyring) == 0


def test_a_key_that_is_deleted_or_missing_from_a_new_list_is_forgotten() -> None:
    store = KeyStore()
    store.listed([stored(0), stored(1), stored(2)])
    assert store.deleted(stored(2)).removed == (key(2).fingerprint,)
    assert store.listed([stored(1)]).removed == (key(0).fingerprint,)
    assert store.keyring.newest.fingerprint == key(1).fingerprint


def test_a_keyring_in_use_is_never_changed() -> None:
    store = KeyStore()
    store.listed([stored(0)])
    before = store.keyring
    store.changed(stored(1))
    assert len(before) == 1
    assert len(store.keyring) == 2


def test_keys_do_not_show() -> None:
    store = KeyStore()
    change = store.listed([stored(0), stored(1, BROKEN)])
    for shown in (repr(store), repr(change)):
        assert "BEGIN" not in shown
        assert "rubbish" not in shown
        assert stored(0)["data"]["tls.key"] not in shown


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("newest", "period", "expected"),
    [
        (None, 30 * DAY, timedelta()),
        (None, timedelta(), timedelta()),
        (NOW, timedelta(), None),
        (NOW, 30 * DAY, 30 * DAY),
        (NOW - 10 * DAY, 30 * DAY, 20 * DAY),
        (NOW - 40 * DAY, 30 * DAY, timedelta()),
    ],
)
def test_renewal_is_due_when_the_newest_key_is_old_enough(
    newest: Any, period: timedelta, expected: timedelta | None
) -> None:
    assert renewal_due(newest, period, NOW) == expected
