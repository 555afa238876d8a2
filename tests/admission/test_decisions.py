from __future__ import annotations

from typing import Any

import pytest

from injector.errors import ReviewError
from injector.webhook.mutate import decide, mutate
from tests.admission import pods

BAD_LATER = {"agent-run-as-user": "zzz"}


def _reason(manifest: object, *, namespace: str = "default", operation: str = "CREATE") -> str:
    return decide(pods.review(manifest, namespace=namespace, operation=operation)["request"], pods.SETTINGS).reason


def _with_phase(annotations: dict[str, str], phase: str) -> dict[str, Any]:
    return {**pods.pod(annotations), "status": {"phase": phase}}


def test_a_bad_agent_inject_is_refused_before_anything_else() -> None:
    everything = {"agent-inject": "yes", "agent-inject-status": "injected", **BAD_LATER}
    assert "agent-inject is" in pods.refusal(_with_phase(everything, "Running"), namespace="kube-system")


@pytest.mark.parametrize(("phase", "reason"), [("", "Injected"), ("Pending", "Injected"), ("Running", "Started")])
def test_only_a_pod_that_has_not_started_is_injected(phase: str, reason: str) -> None:
    assert _reason(_with_phase(pods.BASIC, phase)) == reason


def test_a_started_pod_is_let_in_whatever_else_its_annotations_say() -> None:
    started = _with_phase({**pods.BASIC, **BAD_LATER}, "Succeeded")
    assert pods.respond(started, namespace="kube-system") == {"uid": "7f1b", "allowed": True}


def test_an_injected_pod_is_let_in_even_in_a_system_namespace() -> None:
    injected = pods.pod({**pods.BASIC, **BAD_LATER, "agent-inject-status": "injected"})
    assert pods.respond(injected, namespace="kube-system") == {"uid": "7f1b", "allowed": True}


@pytest.mark.parametrize("status", ["update", "", "Injected"])
def test_any_other_status_is_injected(status: str) -> None:
    assert _reason(pods.annotated("agent-inject-status", status)) == "Injected"


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public"])
def test_system_namespaces_are_refused_before_the_other_annotations_are_read(namespace: str) -> None:
    message = pods.refusal(pods.pod({**pods.BASIC, **BAD_LATER}), namespace=namespace)
    assert message == f"cannot inject into the system namespace {namespace}"


def test_a_system_namespace_is_no_matter_for_a_pod_that_does_not_ask() -> None:
    assert _reason(pods.pod({}), namespace="kube-system") == "NotRequested"


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE", "CONNECT"])
def test_only_creations_are_looked_at(operation: str) -> None:
    assert _reason(pods.pod({"agent-inject": "yes"}), operation=operation) == "NotACreation"


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"agent-inject": "true"}, "no Vault role found"),
        ({**pods.BASIC, "role": ""}, "no Vault role found"),
        ({**pods.BASIC, "service": ""}, "no Vault address found"),
        ({**pods.BASIC, "auth-path": ""}, "no Vault auth path found"),
        ({**pods.BASIC, "auth-type": ""}, "no Vault auth type found"),
        ({**pods.BASIC, "agent-image": ""}, "no agent image found"),
        ({**pods.BASIC, "agent-request-namespace": ""}, "no namespace found"),
    ],
)
def test_what_is_missing_is_refused_by_name(annotations: dict[str, str], message: str) -> None:
    assert message in pods.refusal(pods.pod(annotations))


@pytest.mark.parametrize("manifest", [None, [], "pod", 7])
def test_an_object_that_is_no_pod_is_refused(manifest: object) -> None:
    response = pods.respond(manifest)
    assert not response["allowed"]
    assert response["status"]["message"] == "the pod's object is not an object"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("containers", {}),
        ("containers", ["x"]),
        ("initContainers", "x"),
        ("volumes", 7),
        ("volumes", [None]),
        ("containers", [{"name": 7}]),
        ("containers", [{"name": "a", "volumeMounts": {}}]),
        ("containers", [{"name": "a", "volumeMounts": [{"mountPath": 7}]}]),
    ],
)
def test_a_pod_of_the_wrong_shape_is_refused_naming_the_member(member: str, value: object) -> None:
    assert f"the pod's spec.{member}" in pods.refusal(pods.pod(None, **{member: value}))


@pytest.mark.parametrize("annotations", ["x", [], {"a": 7}])
def test_annotations_of_the_wrong_shape_are_refused(annotations: object) -> None:
    manifest = pods.pod()
    manifest["metadata"]["annotations"] = annotations
    assert "metadata.annotations" in pods.refusal(manifest)


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"request": None}, {"request": []}, {"request": {}}, {"request": {"uid": 7}}]
)
def test_what_is_no_admission_review_is_an_error(body: object) -> None:
    with pytest.raises(ReviewError) as raised:
        mutate(body, pods.SETTINGS)
    assert raised.value.status == 500


@pytest.mark.parametrize("version", ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"])
def test_the_answer_is_of_the_version_that_came_in(version: str) -> None:
    answer = mutate({**pods.review(pods.basic()), "apiVersion": version}, pods.SETTINGS)
    assert (answer["apiVersion"], answer["kind"], answer["response"]["uid"]) == (version, "AdmissionReview", "7f1b")


def test_a_decision_does_not_show_what_annotations_hold() -> None:
    canary = "canary-8231"
    manifest = pods.annotated("agent-inject-template-hello.txt", canary)
    assert canary not in repr(decide(pods.review(manifest)["request"], pods.SETTINGS))
    assert canary not in repr(
        decide(pods.review(pods.annotated("agent-run-as-user", canary))["request"], pods.SETTINGS)
    )
