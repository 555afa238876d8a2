"""The digest: what it lets pass, what it notices, and what it gives away."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.digest import (
    Digest,
    DigestKeys,
    digest_in,
    is_made_of,
    key_id,
    source_if_as_written,
)
from controller.manifests import DIGEST_ANNOTATION
from controller.reconcile import reconcile
from tests.reconciling.samples import key, keyring, sealed

Json = dict[str, Any]
TEMPLATE = {"metadata": {"labels": {"app": "shop"}, "annotations": {"note": "x"}}}
SEALED = sealed(template=TEMPLATE)
RING = keyring()


def made(manifest: Json = SEALED) -> Json:
    """Return the Secret that we write."""
    return copy.deepcopy(dict(reconcile(manifest, None, RING).secret))


def source(secret: Json, *numbers: int) -> str | None:
    return source_if_as_written(DigestKeys(), keyring(*numbers), secret)


def changed(manifest: Json, **metadata: Any) -> Json:
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


def test_a_secret_as_it_was_written_tells_what_it_was_made_of() -> None:
    found = source(made())
    assert found is not None
    assert is_made_of(DigestKeys(), RING, found, SEALED)


def test_what_an_api_server_and_others_add_is_not_minded() -> None:
    secret = made()
    secret["metadata"] |= {"uid": "x", "resourceVersion": "9", "managedFields": [{}], "finalizers": ["example.com/x"]}
    secret["metadata"]["labels"]["theirs"] = "x"
    secret["metadata"]["annotations"]["theirs"] = "x"
    secret["immutable"] = True
    assert source(secret) is not None


def test_the_order_of_keys_is_not_minded() -> None:
    secret = made(sealed({"b": "1", "a": "2"}))
    secret["data"] = dict(reversed(secret["data"].items()))
    secret["metadata"] = dict(reversed(secret["metadata"].items()))
    assert source(secret) is not None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"data": {"password": "b2xk"}}, id="a value"),
        pytest.param({"data": {}}, id="an item gone"),
        pytest.param({"type": "example.com/x"}, id="the type"),
        pytest.param({"metadata": {"ownerReferences": []}}, id="the owner"),
        pytest.param({"metadata": {"labels": {}}}, id="our object label"),
        pytest.param(
            {"metadata": {"labels": {"app": "x", "sealer.dev/managed-by": "sealer-controller"}}}, id="a label"
        ),
        pytest.param({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, id="being deleted"),
    ],
)
def test_any_change_of_what_is_ours_is_noticed(change: Json) -> None:
    secret = made()
    metadata = {**secret["metadata"], **change.get("metadata", {})}
    assert source({**secret, **change, "metadata": metadata}) is None


def test_a_digest_that_hides_a_label_of_ours_is_noticed() -> None:
    secret = made()
    annotations = secret["metadata"]["annotations"]
    annotations[DIGEST_ANNOTATION] = annotations[DIGEST_ANNOTATION].replace(",l=app", "")
    del secret["metadata"]["labels"]["app"]
    assert source(secret) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(SEALED, namespace="other"), id="another namespace"),
        pytest.param(changed(SEALED, name="other"), id="another name"),
        pytest.param(changed(SEALED, uid="other"), id="re-created"),
        pytest.param(
            changed(SEALED, annotations={"sealedsecrets.bitnami.com/cluster-wide": "true"}), id="another scope"
        ),
        pytest.param({**SEALED, "spec": {**SEALED["spec"], "template": {}}}, id="another template"),
        pytest.param(sealed(template=TEMPLATE), id="sealed anew"),
    ],
)
def test_it_is_of_one_object_as_it_was(other: Json) -> None:
    found = source(made())
    assert found is not None
    assert not is_made_of(DigestKeys(), RING, found, other)


def test_what_does_not_decide_the_secret_is_not_minded() -> None:
    found = source(made())
    assert found is not None
    other = {**changed(SEALED, labels={"a": "b"}, resourceVersion="9", generation=7), "status": {"x": 1}}
    assert is_made_of(DigestKeys(), RING, found, other)


def test_a_digest_of_another_secret_does_not_fit() -> None:
    secret, other = made(), made(sealed({"password": "other"}))
    secret["metadata"]["annotations"] = other["metadata"]["annotations"]
    assert source(secret) is None


def test_a_newer_key_leaves_it_valid_and_without_the_key_it_is_unknown() -> None:
    secret = made()
    assert source(secret, 0, 1) == source(secret, 0)
    assert source(secret, 1) is None


def test_values_under_several_keys_need_them_all() -> None:
    two = sealed({"a": "1"})
    two["spec"]["encryptedData"] |= {"b": sealed({"b": "2"}, with_key=1)["spec"]["encryptedData"]["b"]}
    secret = dict(reconcile(two, None, keyring(0, 1)).secret)
    digest = digest_in(secret)
    assert digest is not None
    assert set(digest.keys) == {key_id(key(0).fingerprint), key_id(key(1).fingerprint)}
    assert source(secret, 0, 1) is not None
    assert source(secret, 0) is None
    assert source(secret, 1) is None


def test_equal_values_have_digests_that_nobody_without_the_key_can_compare() -> None:
    one, two = made(), dict(reconcile(sealed(with_key=1, template=TEMPLATE), None, keyring(0, 1)).secret)
    assert one["data"] == two["data"]
    first, second = digest_in(one), digest_in(two)
    assert first is not None
    assert second is not None
    assert first.content != second.content


def test_the_keys_of_codes_are_derived_once_and_go_with_their_sealing_key() -> None:
    keys, ids = DigestKeys(), (key_id(key(0).fingerprint),)
    derived = keys.key_for(ids, RING)
    assert derived is not None
    assert keys.key_for(ids, RING) is derived
    assert keys.key_for(ids, keyring(1)) is None
    assert derived.hex() not in repr(keys)
    assert keys.key_for(ids, keyring(0, 1)) == derived


@pytest.mark.parametrize("text", ["", "v1", "v2.a.b.c", "v1.a.b", "sha256:abc"])
def test_what_is_no_digest_of_ours_is_none(text: str) -> None:
    assert Digest.parse(text) is None


names = st.text("abc./-_", min_size=1, max_size=8).map(lambda name: f"a={name}")
words = st.text("abcXYZ019-_", min_size=1, max_size=8)


@given(ids=st.lists(words, min_size=1, max_size=3), parts=st.tuples(words, words), covers=st.lists(names, max_size=3))
def test_its_text_is_read_back(ids: list[str], parts: tuple[str, str], covers: list[str]) -> None:
    digest = Digest(tuple(ids), *parts, tuple(covers))
    assert Digest.parse(str(digest)) == digest


@settings(max_examples=50)
@given(text=st.text(max_size=60))
def test_no_text_in_its_place_passes_or_breaks_anything(text: str) -> None:
    secret = made()
    secret["metadata"]["annotations"][DIGEST_ANNOTATION] = text
    assert source(secret) is None


def test_it_holds_no_value_and_no_hash_of_one() -> None:
    text = made()["metadata"]["annotations"][DIGEST_ANNOTATION]
    encoded = base64.b64encode(b"hunter2").decode()
    assert "hunter2" not in text
    assert encoded not in text
