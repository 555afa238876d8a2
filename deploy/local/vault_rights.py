"""What Vault needs to be allowed in a cluster that it works with."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]
REVIEWER: Final = "vault-token-reviewer"
ISSUER: Final = "vault-token-issuer"


def reviewer_binding() -> Json:
    """Return the binding that lets Vault's reviewer ask whether a token is good."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": REVIEWER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [{"kind": "ServiceAccount", "name": REVIEWER, "namespace": "kube-system"}],
    }


def issuer_rights() -> list[Json]:
    """Return what lets Vault's Kubernetes secrets engine make tokens of service accounts."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ISSUER},
        "rules": [
            {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
            {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
        ],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": ISSUER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ISSUER},
        "subjects": [{"kind": "ServiceAccount", "name": ISSUER, "namespace": "kube-system"}],
    }
    return [role, binding]
