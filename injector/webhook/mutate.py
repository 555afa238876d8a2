"""The decision about one AdmissionReview, as a pure function.

The order of the checks is that of reference, vault-agent-injector 2.4: (a) does the pod ask, (b) is it still to be
started, (c) was it done before, (d) is the namespace allowed; then the request is built, checked, and turned into a
patch.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import orjson

from injector.errors import AnnotationError, InjectorError, PodError, ReviewError
from injector.webhook import agent_patch, assemble, patch, pod, values
from injector.webhook.annotations import INJECTED, STATUS
from injector.webhook.keys import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.webhook.request import Part
    from injector.webhook.settings import Settings
    from injector.webhook.wire import AdmissionResponse, AdmissionReview, JsonObject, Operation

SYSTEM_NAMESPACES: Final = frozenset({"kube-system", "kube-public"})
_INJECT: Final = PREFIX + "agent-inject"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_BAD_BODY: Final = 500
_INJECTIONS: Final[Mapping[tuple[Part, ...], str]] = {
    (): "none",
    ("init",): "init_only",
    ("sidecar",): "sidecar_only",
    ("init", "sidecar"): "init_and_sidecar",
    ("native",): "native_sidecar",
}

Reason = Literal[
    "Injected",
    "NotACreation",
    "NotRequested",
    "Started",
    "AlreadyInjected",
    "SystemNamespace",
    "BadAnnotation",
    "BadPod",
]


@dataclass(frozen=True)
class Decision:
    """What was decided about a pod.

    Attributes:
        reason: One CamelCase word, for logs and metrics.
        message: Why the pod is refused, for the user; None when it is let in. It may quote annotations: never logged.
        patch: What is changed; empty when nothing is.
        injection: What an injected pod gets, as the existing injector's metric names it; empty for others.

    """

    reason: Reason
    message: str | None = field(default=None, repr=False)
    patch: tuple[Operation, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()
    injection: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the pod is let in."""
        return self.message is None


def mutate(review: object, settings: Settings, defaults: Mapping[str, str] = NOTHING) -> AdmissionReview:
    """Answer an AdmissionReview (``admission.k8s.io/v1`` or ``v1beta1``).

    Args:
        review: The decoded review.
        settings: What applies to every pod.
        defaults: Annotations that apply to the pods of this namespace that have none of their key
            (`namespace_defaults`).

    Returns:
        The review with its response, of the version that came in.

    Raises:
        ReviewError: It is not an AdmissionReview with a request.

    """
    admission = admission_request(review)
    return answer(cast("JsonObject", review), admission, decide(admission, settings, defaults))


def admission_request(review: object) -> dict[str, Any]:
    """Take the request out of a decoded AdmissionReview.

    Raises:
        ReviewError: It is not an AdmissionReview with a request and its uid.

    """
    admission = review.get("request") if isinstance(review, dict) else None
    if not isinstance(admission, dict) or not isinstance(admission.get("uid"), str):
        raise ReviewError("the body is not an AdmissionReview with a request", status=_BAD_BODY)
    return cast("dict[str, Any]", admission)


def decide(admission: JsonObject, settings: Settings, defaults: Mapping[str, str] = NOTHING) -> Decision:
    """Decide about the pod of an admission request. Whatever is wrong with the pod is a decision, not an exception."""
    if admission.get("operation", "CREATE") != "CREATE" or admission.get("subResource"):
        return Decision("NotACreation")
    try:
        return _decide(pod.read(admission.get("object")), str(admission.get("namespace") or ""), settings, defaults)
    except AnnotationError as error:
        return Decision("BadAnnotation", _sentence(error))
    except PodError as error:
        return Decision("BadPod", _sentence(error))


def answer(review: JsonObject, admission: JsonObject, decision: Decision) -> AdmissionReview:
    """Make the review that carries a decision back, with the uid and the version of the review that came in."""
    response: AdmissionResponse = {"uid": admission["uid"], "allowed": decision.allowed}
    if decision.message is not None:
        response["status"] = {"message": decision.message}
    if decision.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(orjson.dumps(decision.patch)).decode()
    if decision.warnings:
        response["warnings"] = list(decision.warnings)
    return {
        "apiVersion": review.get("apiVersion") or "admission.k8s.io/v1",
        "kind": review.get("kind") or "AdmissionReview",
        "response": response,
    }


def _decide(seen: pod.Pod, namespace: str, settings: Settings, defaults: Mapping[str, str]) -> Decision:
    if not values.boolean(_INJECT, seen.annotation(_INJECT)):
        return Decision("NotRequested")
    if seen.phase not in {"", "Pending"}:
        return Decision("Started")
    if seen.annotation(STATUS) == INJECTED:
        return Decision("AlreadyInjected")
    if namespace in SYSTEM_NAMESPACES:
        return Decision("SystemNamespace", f"cannot inject into the system namespace {namespace}")
    application = seen.without(agent_patch.ours(seen))
    wanted, warnings = assemble.build(application, namespace, settings, defaults)
    return Decision("Injected", None, patch.build(seen, wanted), warnings, _INJECTIONS[wanted.parts])


def _sentence(error: InjectorError) -> str:
    return error.message if error.hint is None else f"{error.message}; {error.hint}"
