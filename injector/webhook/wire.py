"""The JSON that crosses the wire, as types: AdmissionReview (``admission.k8s.io``) and JSON Patch (RFC 6902).

Only the members that the webhook reads or writes are here. Sources: the Kubernetes page "Dynamic Admission Control",
section "Webhook request and response"; RFC 6902, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

JsonObject = Mapping[str, Any]


class Operation(TypedDict):
    """One operation of a JSON Patch; ``remove`` has no value. The webhook makes no other kinds."""

    op: Literal["add", "replace", "remove"]
    path: str
    value: NotRequired[Any]


class Status(TypedDict):
    """Why a request is refused (``metav1.Status``)."""

    message: str


class AdmissionResponse(TypedDict):
    """What the webhook answers about one request; ``patch`` is the base64 of a JSON Patch."""

    uid: str
    allowed: bool
    status: NotRequired[Status]
    patchType: NotRequired[Literal["JSONPatch"]]
    patch: NotRequired[str]
    warnings: NotRequired[list[str]]


class AdmissionReview(TypedDict):
    """The envelope of an answer; apiVersion and kind are those of the review that came in."""

    apiVersion: str
    kind: str
    response: AdmissionResponse
