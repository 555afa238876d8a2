"""Scope: what a sealed value is bound to.

The label bytes and the annotations are those of the existing system (reference, sealed-secrets 1.2 and 1.7).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CLUSTER_WIDE_ANNOTATION: Final = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE_WIDE_ANNOTATION: Final = "sealedsecrets.bitnami.com/namespace-wide"


class Scope(StrEnum):
    """What a sealed value is bound to: one object, one namespace, or one cluster."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


def label_for(scope: Scope, namespace: str, name: str) -> bytes:
    """Return the OAEP label that binds a value to its scope.

    No two scopes can share a label: a namespace holds no ``/`` and is never empty, so ``ns/name``, ``ns`` and the empty
    label stay apart without a domain separator.

    Args:
        scope: The scope to seal for, or to open with.
        namespace: The namespace of the SealedSecret's own metadata; ignored when cluster-wide.
        name: The name of the SealedSecret's own metadata; used under strict scope only.

    """
    match scope:
        case Scope.STRICT:
            return f"{namespace}/{name}".encode()
        case Scope.NAMESPACE_WIDE:
            return namespace.encode()
        case Scope.CLUSTER_WIDE:
            return b""


def scope_of(annotations: Mapping[str, str]) -> Scope:
    """Return the scope that annotations ask for.

    Only the exact text ``true`` counts, and cluster-wide beats namespace-wide: any other reading would open values that
    the existing controller does not.

    Args:
        annotations: Annotation key to value, of the input Secret when sealing, of the SealedSecret when unsealing.

    """
    if annotations.get(CLUSTER_WIDE_ANNOTATION) == "true":
        return Scope.CLUSTER_WIDE
    if annotations.get(NAMESPACE_WIDE_ANNOTATION) == "true":
        return Scope.NAMESPACE_WIDE
    return Scope.STRICT


def with_scope(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """Return the annotations with exactly those of `scope`, whatever scope they asked for before."""
    rest = {k: v for k, v in annotations.items() if k not in {CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION}}
    match scope:
        case Scope.STRICT:
            return rest
        case Scope.NAMESPACE_WIDE:
            return rest | {NAMESPACE_WIDE_ANNOTATION: "true"}
        case Scope.CLUSTER_WIDE:
            return rest | {CLUSTER_WIDE_ANNOTATION: "true"}
