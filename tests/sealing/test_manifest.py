from __future__ import annotations

from typing import Any

import pytest

from sealer.manifest import FieldError, SealedSecret, Secret, strip_server_fields
from sealer.scope import Scope
from tests.sealing.samples import b64, secret


def refusal(manifest: object, kind: type[Secret | SealedSecret] = Secret) -> tuple[str, str | None]:
    with pytest.raises(FieldError) as caught:
        kind.from_manifest(manifest)
    return str(caught.value), caught.value.hint


def test_a_secret_comes_back_as_it_was() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "labels": {"app": "db"}, "annotations": {"a": "b"}},
        "type": "Opaque",
        "immutable": False,
        "data": {"empty": "", "password": b64(b"\x00\xff")},
    }
    read = Secret.from_manifest(manifest)
    assert read.data == {"empty": b"", "password": b"\x00\xff"}
    assert (read.labels, read.annotations) == ({"app": "db"}, {"a": "b"})
    assert read.to_manifest() == manifest


def test_string_data_beats_data_as_in_kubernetes() -> None:
    read = Secret.from_manifest(secret(stringData={"password": "ü", "b": ""}))
    assert read.data == {"password": "ü".encode(), "b": b""}


@pytest.mark.parametrize("empty", [None, {}])
def test_data_may_be_null_or_empty(empty: object) -> None:
    assert Secret.from_manifest(secret(data=empty, stringData=empty)).data == {}


def test_null_in_data_is_an_empty_value_as_go_writes_it() -> None:
    assert Secret.from_manifest(secret(data={"a": None})).data == {"a": b""}


def test_line_ends_in_base64_are_skipped_as_go_does() -> None:
    assert Secret.from_manifest(secret(data={"a": "aHVu\r\ndGVyMg=="})).data == {"a": b"hunter2"}


@pytest.mark.parametrize("namespace", [None, ""])
def test_an_empty_namespace_is_none(namespace: object) -> None:
    assert Secret.from_manifest(secret(metadata={"name": "db", "namespace": namespace})).namespace is None


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "expected a mapping"),
        ("text", "expected a mapping"),
        ([], "expected a mapping"),
        ({}, "expected v1 Secret, found neither apiVersion nor kind"),
        (secret(kind="ConfigMap"), "expected v1 Secret, found v1 ConfigMap"),
        (secret(apiVersion="v2"), "expected v1 Secret, found v2 Secret"),
        (secret(apiVersion=1), "expected v1 Secret, found Secret"),
        (secret(metadata=None), "metadata.name: missing"),
        (secret(metadata=[1]), "metadata: expected a mapping"),
        (secret(metadata={"name": ""}), "metadata.name: missing"),
        (secret(metadata={"generateName": "x-"}), "metadata.name: missing"),
        (secret(metadata={"name": 1}), "metadata.name: expected a string, found a number"),
        (secret(metadata={"name": "a", "namespace": 1}), "metadata.namespace: expected a string, found a number"),
        (secret(metadata={"name": "a", "labels": {"b": 1}}), "metadata.labels.b: expected a string, found a number"),
        (secret(metadata={"name": "a", "labels": []}), "metadata.labels: expected a mapping"),
        (
            secret(metadata={"name": "a", "annotations": {"b": True}}),
            "metadata.annotations.b: expected a string, found a boolean",
        ),
        (secret(data=[]), "data: expected a mapping"),
        (secret(stringData={"a": None}), "stringData.a: expected a string, found nothing"),
        (secret(data={"a": 1}), "data.a: expected a string, found a number"),
        (secret(data={"a": "hunter2"}), "data.a: not standard base64"),
        (secret(data={"a": "aHVu_-=="}), "data.a: not standard base64"),
        (secret(data={"a": "aHVudGVyMg"}), "data.a: not standard base64"),
        (secret(stringData={"a": ["x"]}), "stringData.a: expected a string, found a list"),
        (secret(stringData={"a": {"x": "y"}}), "stringData.a: expected a string, found a mapping"),
        (secret(type=1), "type: expected a string, found a number"),
        (secret(immutable="yes"), "immutable: expected true or false, found a string"),
        (secret(stringdata={}), "stringdata: a Secret has no such field"),
        (secret(status={}), "status: a Secret has no such field"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_its_value_is_not(manifest: object, message: str) -> None:
    assert refusal(manifest)[0] == message


@pytest.mark.parametrize(
    ("manifest", "hint"),
    [
        (secret(stringdata={}), "did you mean stringData?"),
        (secret(Type="x"), "did you mean type?"),
        (secret(data={"a": "plain text"}), "plain text belongs in stringData"),
        (secret(stringData={"a": 1}), "quote it: a: '…'"),
    ],
)
def test_an_error_says_what_to_do(manifest: object, hint: str) -> None:
    assert refusal(manifest)[1] == hint


def test_what_a_server_left_is_stripped_and_nothing_else() -> None:
    left = ["ownerReferences", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"]
    left += ["deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"]
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "plaintext!", "keep": "me"}
    metadata: dict[str, Any] = dict.fromkeys(left, "x") | {"annotations": applied, "labels": {}, "finalizers": ["f"]}
    assert strip_server_fields(metadata) == {"annotations": {"keep": "me"}, "labels": {}, "finalizers": ["f"]}
    assert strip_server_fields({"annotations": {"kubecfg.ksonnet.io/last-applied-configuration": "x"}}) == {}


def sealed(**fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"encryptedData": {"a": "AQ=="}},
    } | fields


def test_a_sealed_secret_comes_back_as_it_was() -> None:
    template = {
        "metadata": {"labels": {"a": "b"}, "name": "ignored"},
        "type": "Opaque",
        "immutable": True,
        "data": {"x": "{{ .a }}", "y": None},
    }
    manifest = sealed(
        metadata={"name": "db", "namespace": "shop", "labels": {"l": "m"}, "annotations": {"n": "o"}},
        spec={"encryptedData": {"a": "AQ==", "b": "AQ=="}, "template": template},
    )
    assert SealedSecret.from_manifest(manifest).to_manifest() == manifest


def test_status_and_unknown_fields_of_the_spec_are_ignored_as_the_crd_prunes_them() -> None:
    manifest = sealed(status={"conditions": []}, spec={"encryptedData": {}, "unknown": 1})
    assert "unknown" not in SealedSecret.from_manifest(manifest).to_manifest()["spec"]


def test_scope_and_label_come_from_the_sealed_secrets_own_annotations() -> None:
    wide = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    read = SealedSecret.from_manifest(sealed(metadata={"name": "db", "namespace": "shop", "annotations": wide}))
    assert (read.scope, read.label) == (Scope.NAMESPACE_WIDE, b"shop")
    in_template = sealed(spec={"encryptedData": {}, "template": {"metadata": {"annotations": wide}}})
    assert SealedSecret.from_manifest(in_template).label == b"shop/db"


def test_a_sealed_secret_is_called_by_its_place() -> None:
    assert str(SealedSecret.from_manifest(sealed())) == "SealedSecret shop/db"
    assert str(SealedSecret.from_manifest(sealed(metadata={"name": "db"}))) == "SealedSecret db"


def test_nothing_to_open_is_an_error_unless_it_is_said() -> None:
    assert refusal(sealed(spec={}), SealedSecret) == (
        "spec.encryptedData: missing",
        "write {} where no items are meant",
    )
    assert SealedSecret.from_manifest(sealed(spec={"encryptedData": {}})).encrypted_data == {}
    assert SealedSecret.from_manifest(sealed(spec={"data": "AQ=="})).legacy_data == "AQ=="


def test_manifests_do_not_show_their_secrets() -> None:
    read = Secret.from_manifest(
        secret(stringData={"a": "canary"}, metadata={"name": "n", "annotations": {"b": "canary"}})
    )
    assert "canary" not in repr(read)
    template = {"data": {"a": "canary"}, "metadata": {"annotations": {"b": "canary"}}}
    shown = repr(SealedSecret.from_manifest(sealed(spec={"encryptedData": {}, "template": template})))
    assert "canary" not in shown
