from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer.errors import InputError, UnsealError
from sealer.manifest import SealedSecret, Secret, Template
from sealer.scope import Scope
from sealer.seal import check_sealable, seal, seal_value
from sealer.unseal import ItemsNotOpenedError, MalformedItemsError, moved_hint, open_items, unseal
from sealer.wire import encode
from sealer.wire.rsa import hybrid_encrypt

if TYPE_CHECKING:
    from sealer.certificate import Recipient
    from sealer.keyring import Keyring, SealingKey

CLUSTER = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE = "sealedsecrets.bitnami.com/namespace-wide"
HINTS = {"sealer.dev/sealed-for", "sealer.dev/sealed-with"}
DB = Secret("shop", "db", {"password": b"hunter2"})

item_keys = st.from_regex(r"[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,10}", fullmatch=True)
labels = st.dictionaries(st.sampled_from(["app", "y", "1e3"]), st.text("ab1:#", max_size=5), max_size=2)
secrets = st.builds(
    Secret,
    namespace=st.just("shop"),
    name=st.just("db"),
    data=st.dictionaries(item_keys, st.binary(max_size=40), max_size=3),
    type=st.none() | st.just("Opaque"),
    immutable=st.none() | st.booleans(),
    metadata=st.fixed_dictionaries({}, optional={"labels": labels}),
)


@given(secret=secrets, scope=st.sampled_from(Scope))
@settings(max_examples=60, deadline=None)
def test_any_secret_comes_back_from_its_manifest(
    recipient: Recipient, keyring: Keyring, secret: Secret, scope: Scope
) -> None:
    manifest = json.loads(json.dumps(seal(secret, recipient, scope).to_manifest()))
    back = unseal(SealedSecret.from_manifest(manifest), keyring).secret
    assert (back.data, back.type, back.immutable) == (secret.data, secret.type, secret.immutable)
    assert (back.namespace, back.name, back.labels) == ("shop", "db", secret.labels)


@pytest.mark.parametrize(
    ("scope", "annotations"),
    [(Scope.STRICT, set()), (Scope.NAMESPACE_WIDE, {NAMESPACE}), (Scope.CLUSTER_WIDE, {CLUSTER})],
)
def test_the_scope_stands_on_the_sealed_secret_and_on_its_template(
    recipient: Recipient, scope: Scope, annotations: set[str]
) -> None:
    sealed = seal(DB, recipient, scope)
    assert sealed.annotations.keys() - HINTS == annotations
    assert (sealed.template.metadata.get("annotations") or {}).keys() == annotations
    assert sealed.scope is scope


def test_the_scope_given_beats_that_of_the_secrets_annotations(recipient: Recipient) -> None:
    wide = replace(DB, metadata={"annotations": {CLUSTER: "true", "keep": "me"}})
    sealed = seal(wide, recipient, Scope.STRICT)
    assert sealed.scope is Scope.STRICT
    assert sealed.template.metadata["annotations"] == {"keep": "me"}


@pytest.mark.parametrize(
    ("scope", "moves_that_open"),
    [
        (Scope.STRICT, set()),
        (Scope.NAMESPACE_WIDE, {"renamed"}),
        (Scope.CLUSTER_WIDE, {"renamed", "moved", "both"}),
    ],
)
def test_a_moved_sealed_secret_opens_as_far_as_its_scope_goes(
    recipient: Recipient, keyring: Keyring, scope: Scope, moves_that_open: set[str]
) -> None:
    sealed = seal(DB, recipient, scope)
    moves = {
        "renamed": replace(sealed, name="cache"),
        "moved": replace(sealed, namespace="bank"),
        "both": replace(sealed, name="cache", namespace="bank"),
    }
    for move, moved in moves.items():
        if move in moves_that_open:
            assert unseal(moved, keyring).secret.data == DB.data
        else:
            with pytest.raises(UnsealError):
                unseal(moved, keyring)


@pytest.mark.parametrize("scope", [Scope.STRICT, Scope.NAMESPACE_WIDE])
@pytest.mark.parametrize("namespace", [None, ""])
def test_no_namespace_is_refused_where_the_scope_needs_one(
    recipient: Recipient, scope: Scope, namespace: str | None
) -> None:
    with pytest.raises(InputError, match="has no namespace") as caught:
        seal(replace(DB, namespace=namespace), recipient, scope)
    assert "--namespace" in str(caught.value.hint)


def test_a_cluster_wide_secret_needs_no_namespace(recipient: Recipient, keyring: Keyring) -> None:
    sealed = seal(replace(DB, namespace=None), recipient, Scope.CLUSTER_WIDE)
    assert "namespace" not in sealed.to_manifest()["metadata"]
    assert "namespace" not in sealed.template.metadata
    assert unseal(replace(sealed, namespace="anywhere"), keyring).secret.data == DB.data


def test_the_template_keeps_what_is_the_secrets_own_and_drops_what_the_server_left(recipient: Recipient) -> None:
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    metadata: dict[str, Any] = {
        "labels": {"app": "db"},
        "annotations": {"note": "x", applied: '{"data": "canary"}'},
        "uid": "1",
        "resourceVersion": "2",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "ownerReferences": [{}],
        "managedFields": [{}],
        "finalizers": ["a/b"],
    }
    sealed = seal(replace(DB, metadata=metadata), recipient, Scope.STRICT)
    assert sealed.template.metadata == {
        "name": "db",
        "namespace": "shop",
        "labels": {"app": "db"},
        "annotations": {"note": "x"},
        "finalizers": ["a/b"],
    }
    assert "canary" not in json.dumps(sealed.to_manifest())


def test_each_item_has_a_session_key_of_its_own(recipient: Recipient) -> None:
    sealed = seal(replace(DB, data={"a": b"same", "b": b"same"}), recipient, Scope.STRICT)
    assert sealed.encrypted_data["a"] != sealed.encrypted_data["b"]


def test_hints_say_which_key_and_what_for(recipient: Recipient, key: SealingKey) -> None:
    annotations = seal(DB, recipient, Scope.STRICT).annotations
    assert annotations["sealer.dev/sealed-with"] == key.fingerprint
    assert annotations["sealer.dev/sealed-for"] == "strict:shop/db"


def test_lying_hints_change_nothing_but_the_advice(recipient: Recipient, keyring: Keyring) -> None:
    sealed = seal(DB, recipient, Scope.STRICT)
    lying = {"sealer.dev/sealed-with": "SHA256:other", "sealer.dev/sealed-for": "cluster-wide:/"}
    assert unseal(replace(sealed, metadata={"annotations": lying}), keyring).secret.data == DB.data
    assert unseal(replace(sealed, metadata={}), keyring).secret.data == DB.data
    with pytest.raises(UnsealError):
        unseal(replace(sealed, name="x", metadata={"annotations": {"sealer.dev/sealed-for": "strict:shop/x"}}), keyring)


def test_a_moved_sealed_secret_is_reported_as_that(recipient: Recipient, keyring: Keyring) -> None:
    moved = replace(seal(DB, recipient, Scope.STRICT), namespace="bank")
    with pytest.raises(UnsealError) as caught:
        unseal(moved, keyring)
    assert caught.value.hint == "it was sealed for shop/db under strict scope, and is bank/db under strict"
    assert moved_hint(replace(moved, namespace="shop")) is None
    assert moved_hint(replace(moved, namespace="")) == (
        "it was sealed for shop/db under strict scope, and is db without a namespace under strict"
    )
    assert moved_hint(replace(moved, metadata={})) is None


def test_every_item_that_does_not_open_is_named(recipient: Recipient, keyring: Keyring) -> None:
    good = seal_value(b"x", recipient, scope=Scope.STRICT, namespace="shop", name="db")
    bad = seal_value(b"x", recipient, scope=Scope.STRICT, namespace="shop", name="other")
    with pytest.raises(ItemsNotOpenedError) as caught:
        unseal(SealedSecret("shop", "db", {"z": bad, "a": bad, "m": good}), keyring)
    assert caught.value.items == ("a", "z")
    assert str(caught.value) == "no key could decrypt secret (a, z)"


def test_items_that_are_no_sealed_values_are_said_first(recipient: Recipient, keyring: Keyring) -> None:
    bad = seal_value(b"x", recipient, scope=Scope.STRICT, namespace="shop", name="other")
    with pytest.raises(MalformedItemsError) as caught:
        unseal(SealedSecret("shop", "db", {"a": bad, "b": "hunter2!", "c": "AQ=="}), keyring)
    assert dict(caught.value.items) == {"b": "not standard base64", "c": "too short for a sealed value"}
    assert "hunter2" not in str(caught.value)


def test_what_opened_each_item_is_known(recipient: Recipient, keyring: Keyring, key: SealingKey) -> None:
    result = unseal(seal(DB, recipient, Scope.STRICT), keyring)
    assert result.opened_with == {"password": key.fingerprint}
    assert open_items(seal(DB, recipient, Scope.STRICT), keyring)["password"].plaintext == b"hunter2"


def test_templates_do_not_matter_to_opening(recipient: Recipient, keyring: Keyring) -> None:
    sealed = replace(seal(DB, recipient, Scope.STRICT), template=Template(data={"x": "{{ nonsense"}))
    assert set(open_items(sealed, keyring)) == {"password"}


def legacy(plaintext: bytes, recipient: Recipient, encrypted: dict[str, str] | None = None) -> SealedSecret:
    blob = encode(hybrid_encrypt(recipient.public_key, plaintext, b"shop/db"))
    return SealedSecret("shop", "db", encrypted or {}, legacy_data=blob)


def test_the_deprecated_form_holds_a_whole_secret(recipient: Recipient, keyring: Keyring, key: SealingKey) -> None:
    whole = json.dumps({"metadata": {"name": "x"}, "data": {"a": "aHVudGVyMg=="}}).encode()
    result = unseal(legacy(whole, recipient), keyring)
    assert result.secret.data == {"a": b"hunter2"}
    assert (result.secret.name, result.secret.namespace) == ("db", "shop")
    assert result.opened_with == {"a": key.fingerprint}


def test_of_the_deprecated_form_the_blob_counts_and_nothing_of_the_template(
    recipient: Recipient, keyring: Keyring
) -> None:
    whole = {
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"labels": {"a": "b"}},
        "unknown": 1,
        "data": {},
    }
    sealed = replace(legacy(json.dumps(whole).encode(), recipient), template=Template(type="x", data={"t": "{{ .a }}"}))
    result = unseal(sealed, keyring)
    assert result.deprecated
    assert (result.secret.type, result.secret.metadata, result.secret.data) == (
        "kubernetes.io/tls",
        {"labels": {"a": "b"}},
        {},
    )


def test_strings_of_the_deprecated_form_become_data(recipient: Recipient, keyring: Keyring) -> None:
    assert unseal(legacy(b'{"stringData": {"a": "b"}}', recipient), keyring).secret.data == {"a": b"b"}


def test_the_deprecated_form_can_be_refused(recipient: Recipient, keyring: Keyring) -> None:
    with pytest.raises(InputError) as caught:
        unseal(legacy(b"{}", recipient), keyring, accept_deprecated=False)
    assert caught.value.message == "using deprecated 'data' field, use 'encryptedData' or flip the feature flag"


@pytest.mark.parametrize("plaintext", [b"canary", b"[]", b"7", b"{}", b'{"metadata": {"name": "x"}, "data": {"a": 1}}'])
def test_a_deprecated_form_of_something_else_is_refused_and_not_shown(
    recipient: Recipient, keyring: Keyring, plaintext: bytes
) -> None:
    with pytest.raises(InputError, match="does not hold a Secret") as caught:
        unseal(legacy(plaintext, recipient), keyring)
    assert caught.value.__suppress_context__


def test_the_deprecated_form_does_not_go_with_items(recipient: Recipient, keyring: Keyring) -> None:
    with pytest.raises(InputError, match="at the same time"):
        unseal(legacy(b"{}", recipient, {"a": "AQ=="}), keyring)


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "..a", "a/b", "a b", "é", "a" * 254, "a\n"],
)
def test_an_item_key_that_kubernetes_refuses_is_refused_before(key: str) -> None:
    with pytest.raises(InputError, match="not a valid item key"):
        check_sealable(replace(DB, data={key: b""}))


@pytest.mark.parametrize("key", ["a", ".a", "a..b", "-", "_", ".a..", "A.b-c_9", "a" * 253])
def test_an_item_key_that_kubernetes_takes_is_taken(key: str) -> None:
    check_sealable(replace(DB, data={key: b""}))


@pytest.mark.parametrize("name", ["", "DB", "a_b", "-a", "a-", "a..b", ".a", "a" * 254, "a/b", "é", "a\n"])
def test_a_name_that_cannot_exist_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="not a valid name"):
        check_sealable(replace(DB, name=name))


@pytest.mark.parametrize("namespace", ["", "Shop", "a.b", "-a", "a" * 64, "a/b"])
def test_a_namespace_that_cannot_exist_is_refused(namespace: str) -> None:
    with pytest.raises(InputError, match="not a valid namespace"):
        check_sealable(replace(DB, namespace=namespace))


@pytest.mark.parametrize("name", ["a", "a.b", "a-b.c-d", "1", "a" * 253])
def test_a_name_that_can_exist_is_taken(name: str) -> None:
    check_sealable(replace(DB, name=name))


def test_a_secret_without_items_needs_the_flag() -> None:
    with pytest.raises(InputError, match="has no items") as caught:
        check_sealable(replace(DB, data={}))
    assert "--allow-empty-data" in str(caught.value.hint)
    check_sealable(replace(DB, data={}), allow_empty_data=True)


def test_one_mebibyte_of_values_is_the_most() -> None:
    check_sealable(replace(DB, data={"a": bytes(1024 * 1024 - 1), "b": b"x"}))
    with pytest.raises(InputError, match="holds 1048577 bytes"):
        check_sealable(replace(DB, data={"a": bytes(1024 * 1024), "b": b"x"}))


def test_nothing_shows_what_came_out(recipient: Recipient, keyring: Keyring) -> None:
    result = unseal(seal(replace(DB, data={"a": b"canary"}), recipient, Scope.STRICT), keyring)
    assert "canary" not in repr(result)
