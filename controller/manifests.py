"""The JSON that crosses the wire, and the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, NotRequired, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MANAGED_BY_LABEL: Final = "sealer.dev/managed-by"
MANAGER: Final = "sealer-controller"

DIGEST_ANNOTATION: Final = "sealer.dev/digest"

KEY_LABEL: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
MANAGED_ANNOTATION: Final = "sealedsecrets.bitnami.com/managed"
PATCH_ANNOTATION: Final = "sealedsecrets.bitnami.com/patch"
SKIP_OWNER_ANNOTATION: Final = "sealedsecrets.bitnami.com/skip-set-owner-references"

SEALED_SECRETS_GROUP: Final = "bitnami.com"
SEALED_SECRETS_VERSION: Final = "v1alpha1"
SEALED_SECRETS_PLURAL: Final = "sealedsecrets"


class Key(NamedTuple):
    """Which object: its namespace and name. A SealedSecret and its Secret share it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Condition(TypedDict):
    """One of ``status.conditions`` of a SealedSecret (reference, sealed-secrets 1.6)."""

    type: str
    status: str
    reason: NotRequired[str]
    message: NotRequired[str]
    lastUpdateTime: NotRequired[str]
    lastTransitionTime: NotRequired[str]


class Status(TypedDict, total=False):
    """``status`` of a SealedSecret."""

    observedGeneration: int
    conditions: list[Condition]


def key_of(obj: Mapping[str, Any]) -> Key:
    """Return which object a manifest is."""
    metadata = obj["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def status_of(sealed: Mapping[str, Any]) -> Status:
    """Return the status of a SealedSecret; empty for one that has none yet."""
    return cast("Status", sealed.get("status") or {})


def timestamp(now: datetime) -> str:
    """Return an aware time as Kubernetes writes it, to the second (reference, sealed-secrets 10.9)."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def controlling_owner(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the owner reference with ``controller: true``, of which an object has at most one."""
    owners: list[Mapping[str, Any]] = metadata.get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller") is True), None)


def annotation(metadata: Mapping[str, Any], name: str) -> bool:
    """Return whether the annotation is there and says exactly ``true``."""
    return (metadata.get("annotations") or {}).get(name) == "true"


def secrets_path(namespace: str | None, name: str | None = None) -> str:
    """Return the API path of a Secret, of a namespace's Secrets, or of all."""
    return _path("/api/v1", "secrets", namespace, name)


def namespaces_path(name: str | None = None) -> str:
    """Return the API path of a namespace, or of all."""
    return _path("/api/v1", "namespaces", None, name)


def events_path(namespace: str) -> str:
    """Return the API path of a namespace's events."""
    return _path("/api/v1", "events", namespace, None)


def sealed_secrets_path(namespace: str | None, name: str | None = None) -> str:
    """Return the API path of a SealedSecret, of a namespace's, or of all."""
    root = f"/apis/{SEALED_SECRETS_GROUP}/{SEALED_SECRETS_VERSION}"
    return _path(root, SEALED_SECRETS_PLURAL, namespace, name)


def _path(root: str, plural: str, namespace: str | None, name: str | None) -> str:
    where = f"{root}/{plural}" if namespace is None else f"{root}/namespaces/{namespace}/{plural}"
    return where if name is None else f"{where}/{name}"
