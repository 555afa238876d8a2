from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.keys import Found, KeyChange, KeyStore, StoredKey, in_order, key_from_secret, key_secret
from controller.manifests import KEY_LABEL
from controller.settings import KeyOrder
from sealer.certificate import issue
from sealer.errors import SealerError
from sealer.keyring import SealingKey
from tests.reconciling.samples import NOW, key

Json = dict[str, Any]
DAY = timedelta(days=1)
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


def test_a_key_secret_of_the_old_kind_is_found_by_its_name_alone() -> None:
    store = KeyStore()
    store.listed([stored(1)])
    assert store.listed([stored(0)], Found.NAMED).added == (store.keyring.keys[1],)
    assert store.deleted(stored(0), Found.NAMED).removed == (key(0).fingerprint,)


def test_a_label_says_more_than_the_name() -> None:
    store = KeyStore()
    assert not store.changed(labelled(stored(0), "compromised"), Found.NAMED).added
    store.changed(stored(0, version="2"), Found.NAMED)
    # It gets the label: seen by its label first or by its name first, it stays.
    assert not store.changed(labelled(stored(0, version="3"), "active")).removed
    assert not store.changed(labelled(stored(0, version="3"), "active"), Found.NAMED).removed
    assert store.keyring.newest.fingerprint == key(0).fingerprint
    # It is marked as compromised: it is no longer found by its label.
    assert store.deleted(labelled(stored(0, version="4"), "compromised")).removed == (key(0).fingerprint,)


def test_what_is_wrong_now_is_known_and_forgotten_when_it_is_put_right_or_gone() -> None:
    store = KeyStore()
    store.listed([stored(0, BROKEN), stored(1, {"tls.crt": None}), stored(2)])
    assert {fault.name: fault.message for fault in store.faults} == {
        "key-0": "this is not an unencrypted PEM private key",
        "key-1": "the key Secret has no tls.crt",
    }
    store.changed(stored(0, version="2"))
    store.deleted(stored(1, BROKEN))
    assert store.faults == ()


def test_a_key_of_another_kind_is_named() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (fault,) = KeyStore().changed(stored(0, {"tls.key": pem})).faults
    assert fault.message == "the private key is not an RSA key"


def test_a_fault_holds_nothing_of_what_kubectl_left_in_an_annotation() -> None:
    secret = stored(0, BROKEN)
    secret["metadata"] |= {"uid": "u", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary"}}
    (fault,) = KeyStore().changed(secret).faults
    assert fault.secret == {"name": "key-0", "namespace": "kube-system", "uid": "u"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.dictionaries(st.sampled_from(["tls.key", "tls.crt", "x"]), st.binary(max_size=200) | st.none()))
def test_no_content_of_a_key_secret_is_more_than_a_fault(data: dict[str, bytes | None]) -> None:
    change = KeyStore().changed(stored(0, data))
    assert len(change.faults) + len(change.added) == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(place=st.integers(0, 1700), bit=st.integers(0, 7), part=st.sampled_from(["tls.key", "tls.crt"]))
def test_no_damage_to_a_key_is_more_than_a_fault(place: int, bit: int, part: str) -> None:
    whole = bytearray(key(0).private_pem() if part == "tls.key" else key(0).certificate_pem())
    whole[place % len(whole)] ^= 1 << bit
    change = KeyStore().changed(stored(0, {part: bytes(whole)}))
    assert len(change.faults) + len(change.added) == 1


def kept(number: int, *, created: int | None = None, name: str = "") -> StoredKey:
    """Return a key whose certificate begins and whose Secret was created that many days after `NOW`."""
    at = None if created is None else NOW + created * DAY
    return StoredKey(key(number), name or f"key-{number}", at)


def names(*keys: StoredKey, order: KeyOrder = KeyOrder.NOT_BEFORE, now: datetime = NOW + timedelta(days=9)) -> str:
    return " ".join(stored.name for stored in in_order(keys, order, now))


def test_the_key_whose_certificate_began_last_is_sealed_to() -> None:
    assert names(kept(0, created=9), kept(2, created=1), kept(1, created=5)) == "key-2 key-1 key-0"


def test_or_the_one_whose_secret_is_the_youngest() -> None:
    order = KeyOrder.CREATED
    assert names(kept(0, created=9), kept(2, created=1), kept(1, created=5), order=order) == "key-0 key-1 key-2"
    assert names(kept(0, created=9), kept(2), order=order, now=NOW) == "key-0 key-2"


def test_a_certificate_of_the_future_waits_for_its_time() -> None:
    assert names(kept(0), kept(1), kept(2), now=NOW) == "key-0 key-1 key-2"
    assert names(kept(0), kept(1), kept(2), now=NOW + DAY) == "key-1 key-0 key-2"
    assert names(kept(1), kept(2), now=NOW) == "key-1 key-2", "the soonest, where there is no other"


def test_keys_of_the_same_second_have_an_order_too() -> None:
    one, other = (
        SealingKey.generate(bits=2048, common_name="", validity=DAY, now=NOW + timedelta(microseconds=n))
        for n in (1, 2)
    )
    a, b = StoredKey(one, "a", NOW), StoredKey(other, "b", NOW)
    older = StoredKey(other, "z", NOW - DAY)
    for keys in ((a, b), (b, a)):
        assert names(*keys) == "a b", "the lesser name"
    assert names(a, older) == "z a", "but the older Secret first, as in the existing controller"


def test_a_key_that_is_in_two_secrets_counts_once_with_the_younger_certificate() -> None:
    again = SealingKey(
        key(0).private_key,
        issue(key(0).private_key, common_name="", validity=DAY, now=NOW + 3 * DAY),
        key(0).fingerprint,
    )
    assert names(kept(0), StoredKey(again, "again"), kept(1)) == "again key-1"


def test_the_order_follows_the_clock() -> None:
    now = NOW
    store = KeyStore(now=lambda: now)
    store.listed([stored(0), stored(1)])
    assert store.keyring.newest.fingerprint == key(0).fingerprint
    now = NOW + DAY
    assert store.refresh() == KeyChange()
    assert store.keyring.newest.fingerprint == key(1).fingerprint


def labelled(secret: Json, value: str) -> Json:
    return {**secret, "metadata": {**secret["metadata"], "labels": {KEY_LABEL: value}}}


def test_a_new_key_secret_has_the_labels_and_annotations_that_were_asked_for() -> None:
    manifest = key_secret(
        key(), namespace="a", prefix="b", labels={"team": "shop", KEY_LABEL: "compromised"}, annotations={"c": "d"}
    )
    assert manifest["metadata"]["labels"] == {"team": "shop", KEY_LABEL: "active"}
    assert manifest["metadata"]["annotations"] == {"c": "d"}
