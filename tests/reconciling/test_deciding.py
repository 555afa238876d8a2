"""The rules of reconcile, as a table of what is there and what comes of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.manifests import DIGEST_ANNOTATION, MANAGED_BY_LABEL
from controller.reconcile import Action, Outcome, is_restored_when_deleted, reconcile
from controller.verdict import Reason
from sealer.scope import Scope
from tests.reconciling.samples import UID, keyring, sealed

Json = dict[str, Any]
MANAGED = "sealedsecrets.bitnami.com/managed"
PATCH = "sealedsecrets.bitnami.com/patch"
SKIP = "sealedsecrets.bitnami.com/skip-set-owner-references"
OWNER = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": UID, "controller": True}
LABEL = {MANAGED_BY_LABEL: "sealer-controller"}
SEALED = sealed()
DIGEST = reconcile(SEALED, None, keyring()).secret["metadata"]["annotations"]


def secret(data: dict[str, str] | None = None, **fields: Any) -> Json:
    """Return a Secret as an API server gives it; by default the one that SEALED makes."""
    metadata = {
        "name": "db",
        "namespace": "shop",
        "uid": "0",
        "resourceVersion": "7",
        "labels": LABEL,
        "annotations": DIGEST,
        "ownerReferences": [OWNER],
        **fields.pop("metadata", {}),
    }
    values = {"password": "hunter2"} if data is None else data
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": metadata,
        "data": {k: base64.b64encode(v.encode()).decode() for k, v in values.items()},
        **fields,
    }


def annotated(*names: str, **metadata: Any) -> dict[str, Any]:
    return {"annotations": dict.fromkeys(names, "true"), **metadata}


def values(outcome: Outcome) -> dict[str, str]:
    return {k: base64.b64decode(v).decode() for k, v in outcome.secret["data"].items()}


def test_a_new_one_is_created_with_its_owner_and_our_object_label() -> None:
    outcome = reconcile(SEALED, None, keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.CREATE, Reason.UNSEALED)
    assert values(outcome) == {"password": "hunter2"}
    assert outcome.secret["metadata"] == {
        "name": "db",
        "namespace": "shop",
        "labels": LABEL,
        "annotations": DIGEST,
        "ownerReferences": [OWNER],
    }


def test_one_that_is_as_it_should_be_is_left_alone() -> None:
    outcome = reconcile(SEALED, secret(), keyring())
    assert (outcome.action, outcome.verdict.reason, outcome.secret) == (Action.NONE, Reason.UNSEALED, {})


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"labels": {**LABEL, "theirs": "x"}}, id="a label"),
        pytest.param({"annotations": {**DIGEST, "theirs": "x"}}, id="an annotation"),
        pytest.param({"finalizers": ["example.com/theirs"]}, id="a finalizer"),
    ],
)
def test_what_others_add_to_it_is_left_alone(metadata: Json) -> None:
    assert reconcile(SEALED, secret(metadata=metadata), keyring()).action is Action.NONE


def test_what_others_added_goes_when_there_is_a_reason_to_write() -> None:
    outcome = reconcile(SEALED, secret({"password": "old"}, metadata={"labels": {**LABEL, "theirs": "x"}}), keyring())
    assert (outcome.action, outcome.repair) == (Action.UPDATE, True)
    assert outcome.secret["metadata"]["labels"] == LABEL


def test_a_label_of_ours_that_is_changed_or_gone_is_put_right() -> None:
    asked = sealed(template={"metadata": {"labels": {"app": "shop"}, "annotations": {"note": "x"}}})
    made = reconcile(asked, None, keyring()).secret
    for labels in ({**LABEL, "app": "theirs"}, LABEL, {"app": "shop"}):
        metadata = {**made["metadata"], "resourceVersion": "7", "labels": labels}
        outcome = reconcile(asked, {**made, "metadata": metadata}, keyring())
        assert (outcome.action, outcome.repair) == (Action.UPDATE, True)
        assert outcome.secret["metadata"]["labels"] == {**LABEL, "app": "shop"}


def test_a_new_source_takes_away_what_the_old_one_added() -> None:
    asked = sealed(template={"metadata": {"labels": {"app": "shop"}}})
    made = reconcile(asked, None, keyring()).secret
    existing = {**made, "metadata": {**made["metadata"], "resourceVersion": "7"}}
    outcome = reconcile(SEALED, existing, keyring())
    assert (outcome.action, outcome.repair) == (Action.UPDATE, False)
    assert outcome.secret["metadata"]["labels"] == LABEL


def test_one_that_renders_anew_each_time_is_left_as_it_was_rendered() -> None:
    asked = sealed(template={"data": {"token": "{{ randAlphaNum 20 }}"}})
    made = reconcile(asked, None, keyring()).secret
    existing = {**made, "metadata": {**made["metadata"], "resourceVersion": "7"}}
    assert reconcile(asked, existing, keyring()).action is Action.NONE


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(secret({"password": "old"}), id="another value"),
        pytest.param(secret({"password": "hunter2", "extra": "x"}), id="an item too many"),
        pytest.param(secret({}), id="no item"),
        pytest.param(
            secret(metadata={"labels": {**LABEL, "a": "b"}, "annotations": {}}), id="a label too many, no digest"
        ),
        pytest.param(secret(metadata={"annotations": {"a": "b"}}), id="an annotation too many, no digest"),
        pytest.param(secret(metadata={"annotations": {}}), id="nothing but the digest missing"),
        pytest.param(secret(metadata={"labels": {}}), id="left by the existing controller, without our label"),
        pytest.param(secret(metadata={"ownerReferences": []}), id="ours by label, its owner reference removed"),
        pytest.param(secret(metadata=annotated(MANAGED, labels={}, ownerReferences=[])), id="anybody's, managed"),
        pytest.param(
            secret(metadata={"ownerReferences": [{**OWNER, "uid": "earlier"}]}), id="of an earlier SealedSecret"
        ),
        pytest.param(
            secret(metadata={"labels": {}, "ownerReferences": [{**OWNER, "uid": "earlier"}]}),
            id="of an earlier SealedSecret under the existing controller",
        ),
    ],
)
def test_one_that_is_ours_is_put_right(existing: Json) -> None:
    outcome = reconcile(SEALED, existing, keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.UPDATE, Reason.UNSEALED)
    assert values(outcome) == {"password": "hunter2"}
    metadata = outcome.secret["metadata"]
    assert (metadata["labels"], metadata["ownerReferences"]) == (LABEL, [OWNER])
    assert metadata["annotations"] == DIGEST
    assert metadata["resourceVersion"] == "7"
    assert reconcile(SEALED, outcome.secret, keyring()).action is Action.NONE


def test_taking_over_is_no_news_and_mending_is() -> None:
    assert not reconcile(SEALED, secret(metadata={"labels": {}, "annotations": {}}), keyring()).news
    assert reconcile(SEALED, secret({"password": "old"}, metadata={"labels": {}}), keyring()).news
    assert reconcile(SEALED, secret({"password": "old"}), keyring()).news
    assert reconcile(SEALED, None, keyring()).news


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"labels": {}, "ownerReferences": []}, id="nobody's"),
        pytest.param({"labels": {MANAGED_BY_LABEL: "other"}, "ownerReferences": []}, id="another manager's"),
        pytest.param(
            {"ownerReferences": [{**OWNER, "kind": "Other", "uid": "x"}]}, id="another kind's, our label copied"
        ),
        pytest.param({"ownerReferences": [{**OWNER, "name": "x", "uid": "x"}]}, id="another SealedSecret's"),
        pytest.param({"labels": {}, "ownerReferences": [{**OWNER, "controller": False}]}, id="owned, not controlled"),
        pytest.param({"annotations": {MANAGED: "True"}, "labels": {}, "ownerReferences": []}, id="managed, misspelt"),
    ],
)
def test_one_that_is_not_ours_is_not_touched(metadata: Json) -> None:
    outcome = reconcile(SEALED, secret({"password": "theirs"}, metadata=metadata), keyring())
    assert (outcome.action, outcome.verdict.reason, outcome.secret) == (Action.NONE, Reason.NOT_OWNED, {})
    assert outcome.verdict.message.startswith('Resource "db" already exists and is not managed by SealedSecret')


def test_one_without_owner_reference_that_we_made_stays_ours() -> None:
    asked = sealed(metadata={"annotations": {SKIP: "true"}})
    made = reconcile(asked, None, keyring()).secret
    assert "ownerReferences" not in made["metadata"]
    again = {**made, "metadata": {**made["metadata"], "resourceVersion": "7"}, "type": "Opaque"}
    assert reconcile(asked, again, keyring()).action is Action.NONE


def test_with_skip_owner_references_of_the_template_survive() -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y"}
    template = {"metadata": {"annotations": {SKIP: "true"}, "ownerReferences": [other]}}
    assert reconcile(sealed(template=template), None, keyring()).secret["metadata"]["ownerReferences"] == [other]


def test_without_skip_owner_references_of_the_template_are_replaced() -> None:
    template = {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "y"}]}}
    assert reconcile(sealed(template=template), None, keyring()).secret["metadata"]["ownerReferences"] == [OWNER]


def test_a_patched_secret_keeps_what_it_had_and_its_owner() -> None:
    metadata = annotated(PATCH, labels={"a": "b"}, ownerReferences=[])
    outcome = reconcile(SEALED, secret({"theirs": "x", "password": "old"}, metadata=metadata), keyring())
    assert outcome.action is Action.UPDATE
    assert values(outcome) == {"theirs": "x", "password": "hunter2"}
    assert outcome.secret["metadata"]["labels"] == {"a": "b"}
    assert outcome.secret["metadata"]["annotations"] == {PATCH: "true"}
    assert "ownerReferences" not in outcome.secret["metadata"]


def test_a_patched_and_managed_secret_becomes_ours_and_keeps_its_items() -> None:
    metadata = annotated(PATCH, MANAGED, labels={"a": "b"}, ownerReferences=[])
    outcome = reconcile(SEALED, secret({"theirs": "x"}, metadata=metadata), keyring())
    assert values(outcome) == {"theirs": "x", "password": "hunter2"}
    assert outcome.secret["metadata"]["labels"] == {"a": "b", **LABEL}
    assert outcome.secret["metadata"]["ownerReferences"] == [OWNER]


def test_labels_and_annotations_come_from_the_template() -> None:
    template = {
        "metadata": {"labels": {"app": "shop"}, "annotations": {"note": "x"}, "name": "other", "namespace": "x"}
    }
    metadata = reconcile(sealed(template=template), None, keyring()).secret["metadata"]
    assert metadata["labels"] == {"app": "shop", **LABEL}
    assert metadata["annotations"].keys() == {"note", DIGEST_ANNOTATION}
    assert (metadata["name"], metadata["namespace"]) == ("db", "shop")


def test_templates_are_rendered_over_the_values() -> None:
    asked = sealed(template={"data": {"url": "user:{{ .password }}@db"}})
    assert values(reconcile(asked, None, keyring())) == {"password": "hunter2", "url": "user:hunter2@db"}


@pytest.mark.parametrize(
    "call", ["fail .password", "fail (b64enc .password)", "atoi .password | fail", "index 1 .password"]
)
def test_a_template_that_fails_with_a_value_does_not_tell_it(call: str) -> None:
    message = failed_with(f"{{{{ {call} }}}}")
    assert message.startswith("spec.template.data.url: ")
    assert "hunter2" not in message
    assert base64.b64encode(b"hunter2").decode() not in message


def test_a_template_that_fails_says_where() -> None:
    assert "<fail .password>: error calling fail" in failed_with("{{ fail .password }}")


def failed_with(template: str) -> str:
    outcome = reconcile(sealed(template={"data": {"url": template}}), None, keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.NONE, Reason.TEMPLATE_ERROR)
    return outcome.verdict.message


def test_what_only_a_server_sets_is_not_copied_from_the_template() -> None:
    template = {"metadata": {"uid": "x", "resourceVersion": "1", "generateName": "x", "creationTimestamp": None}}
    metadata = reconcile(sealed(template=template), None, keyring()).secret["metadata"]
    assert set(metadata) == {"name", "namespace", "labels", "annotations", "ownerReferences"}


def test_finalizers_of_an_existing_secret_stay() -> None:
    existing = secret({"password": "old"}, metadata={"finalizers": ["example.com/x"]})
    assert reconcile(SEALED, existing, keyring()).secret["metadata"]["finalizers"] == ["example.com/x"]


def test_type_and_immutable_are_taken_over_when_creating() -> None:
    made = reconcile(sealed(type="example.com/x", immutable=True), None, keyring()).secret
    assert (made["type"], made["immutable"]) == ("example.com/x", True)


def test_immutable_counts_at_creation_only() -> None:
    assert "immutable" not in reconcile(sealed(immutable=True), secret(), keyring()).secret


def test_an_immutable_secret_with_other_values_is_said_to_be_that() -> None:
    outcome = reconcile(SEALED, secret({"password": "old"}, immutable=True), keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.NONE, Reason.IMMUTABLE)
    assert outcome.verdict.message.startswith("Error updating shop/db: the target Secret is immutable.")


def test_an_immutable_secret_may_still_get_our_label() -> None:
    outcome = reconcile(SEALED, secret(immutable=True, metadata={"labels": {}}), keyring())
    assert outcome.action is Action.UPDATE
    assert outcome.secret["immutable"] is True


def test_another_type_is_said_to_be_fixed() -> None:
    outcome = reconcile(sealed(type="example.com/x"), secret(), keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.NONE, Reason.IMMUTABLE)
    assert "it is Opaque, not example.com/x" in outcome.verdict.message


def test_a_secret_that_is_being_deleted_is_waited_for() -> None:
    outcome = reconcile(SEALED, secret(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}), keyring())
    assert (outcome.action, outcome.verdict.reason, outcome.retry) == (Action.NONE, Reason.API_ERROR, True)


@pytest.mark.parametrize("scope", [Scope.STRICT, Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE])
@pytest.mark.parametrize(("namespace", "name"), [("shop", "db"), ("shop", "other"), ("elsewhere", "db")])
def test_a_value_opens_where_its_scope_allows(scope: Scope, namespace: str, name: str) -> None:
    moved = sealed(scope=scope)
    moved["metadata"] |= {"namespace": namespace, "name": name}
    allowed = {
        Scope.STRICT: (namespace, name) == ("shop", "db"),
        Scope.NAMESPACE_WIDE: namespace == "shop",
        Scope.CLUSTER_WIDE: True,
    }[scope]
    expected = (Action.CREATE, Reason.UNSEALED) if allowed else (Action.NONE, Reason.DECRYPT_FAILED)
    outcome = reconcile(moved, None, keyring())
    assert (outcome.action, outcome.verdict.reason) == expected


def test_a_renamed_one_is_reported_as_that() -> None:
    moved = sealed({"b": "1", "a": "2"})
    moved["metadata"]["name"] = "other"
    message = reconcile(moved, None, keyring()).verdict.message
    assert message.startswith("no key could decrypt secret (a, b)")
    assert "It was sealed for shop/db under strict scope, and is shop/other under strict." in message


def test_without_the_hint_no_more_is_said_than_is_known() -> None:
    moved = sealed()
    moved["metadata"] |= {"name": "other", "annotations": {}}
    assert reconcile(moved, None, keyring()).verdict.message == "no key could decrypt secret (password)"


def test_an_unknown_key_is_a_failed_decryption() -> None:
    outcome = reconcile(sealed(with_key=1), None, keyring(0))
    assert outcome.verdict.reason is Reason.DECRYPT_FAILED


def test_any_key_of_the_ring_opens() -> None:
    assert reconcile(sealed(with_key=0), None, keyring(2, 1, 0)).action is Action.CREATE


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"encryptedData": {"a": "not base64!"}}, Reason.MALFORMED),
        ({"encryptedData": {"a": "AAAA"}}, Reason.MALFORMED),
        ({"encryptedData": {"a": 1}}, Reason.MALFORMED),
        ({"encryptedData": {}, "template": {"metadata": {"labels": {"a": 1}}}}, Reason.MALFORMED),
        ({"encryptedData": {}, "data": "AAAA"}, Reason.MALFORMED),
        ({"encryptedData": {}, "template": {"data": {"a": "{{ .b"}}}, Reason.TEMPLATE_ERROR),
    ],
)
def test_a_fault_in_the_object_has_its_reason(spec: Json, reason: Reason) -> None:
    outcome = reconcile({**SEALED, "spec": spec}, None, keyring())
    assert (outcome.action, outcome.verdict.reason) == (Action.NONE, reason)


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        ({"encryptedData": {"a": "not base64!"}}, "Was the manifest cut off or edited by hand?"),
        ({"encryptedData": {"a": 1}}, "."),
    ],
)
def test_a_hint_is_a_sentence_of_its_own(spec: Json, end: str) -> None:
    verdict = reconcile({**SEALED, "spec": spec}, None, keyring()).verdict
    assert verdict.message.endswith(end)
    assert not verdict.message.endswith(("?.", ".."))


def test_no_verdict_or_representation_holds_a_value() -> None:
    for existing in (None, secret({"password": "old-value"}), secret({"password": "old-value"}, immutable=True)):
        assert "hunter2" not in repr(reconcile(SEALED, existing, keyring()))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"ownerReferences": [OWNER]}, True),
        ({"annotations": {MANAGED: "true"}}, True),
        ({"annotations": {PATCH: "true"}}, False),
        ({}, False),
    ],
)
def test_a_deleted_secret_is_restored_if_it_was_controlled_or_managed(metadata: Json, *, expected: bool) -> None:
    assert is_restored_when_deleted(metadata) is expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["labels", "annotations", "ownerReferences", "finalizers", "name", "namespace", "generateName", "x"]
)


@settings(max_examples=200, deadline=None)
@given(
    template=st.none()
    | json_values
    | st.fixed_dictionaries(
        {},
        optional={
            "metadata": st.none() | st.dictionaries(fields, json_values),
            "data": json_values,
            "type": json_values,
        },
    ),
    data=json_values,
    annotations=json_values,
)
def test_no_object_however_odd_stops_the_controller(template: Any, data: Any, annotations: Any) -> None:
    odd = {
        **SEALED,
        "metadata": {**SEALED["metadata"], "annotations": annotations},
        "spec": {"encryptedData": data, "template": template},
    }
    assert isinstance(reconcile(odd, secret(), keyring()), Outcome)
