from __future__ import annotations

from typing import Any

import pytest

from tests.admission import pods

PROJECTED = {
    "name": "vault-token",
    "projected": {"sources": [{"configMap": {}}, {"serviceAccountToken": {"path": "jwt", "audience": "vault"}}]},
}
NAME_KEY = "agent-service-account-token-volume-name"


def _token(manifest: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    result = pods.injected(manifest)
    return pods.config_of(result)["auth"]["token_path"], pods.agent_of(result)["volumeMounts"][0]


def test_the_token_that_kubernetes_mounted_is_used() -> None:
    path, mount = _token(pods.basic())
    assert path == "/var/run/secrets/kubernetes.io/serviceaccount/token"
    assert mount == pods.TOKEN_MOUNT


def test_the_first_container_with_a_service_account_folder_counts() -> None:
    manifest = pods.basic()
    manifest["spec"]["containers"].insert(0, {"name": "first", "image": "x"})
    assert _token(manifest)[1]["name"] == "kube-api-access-abcde"


@pytest.mark.parametrize("containers", [[], [{"name": "web", "image": "x"}]])
def test_a_pod_without_a_token_is_refused_with_what_to_do(containers: list[object]) -> None:
    message = pods.refusal(pods.pod(containers=containers))
    assert "no service account token" in message
    assert NAME_KEY in message


def test_a_named_volume_is_used_where_a_container_mounts_it() -> None:
    manifest = pods.annotated(NAME_KEY, "vault-token")
    manifest["spec"]["volumes"].append(PROJECTED)
    manifest["spec"]["containers"][0]["volumeMounts"].append({"name": "vault-token", "mountPath": "/tokens"})
    path, mount = _token(manifest)
    assert path == "/tokens/jwt"
    assert mount == {"name": "vault-token", "mountPath": "/tokens", "readOnly": True}


def test_a_named_volume_that_nobody_mounts_gets_a_folder_of_its_own() -> None:
    manifest = pods.annotated(NAME_KEY, "vault-token")
    manifest["spec"]["volumes"].append(PROJECTED)
    assert _token(manifest)[0] == "/var/run/secrets/vault.hashicorp.com/serviceaccount/jwt"


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"name": "other"}, "there is no volume"),
        ({"name": "vault-token"}, "holds no service account token"),
        ({"name": "vault-token", "projected": {"sources": [{"secret": {}}]}}, "holds no service account token"),
        ({"name": "vault-token", "projected": {"sources": "x"}}, "holds no service account token"),
        ({"name": "vault-token", "projected": []}, "holds no service account token"),
    ],
)
def test_a_named_volume_without_a_token_is_refused(volume: dict[str, Any], message: str) -> None:
    manifest = pods.annotated(NAME_KEY, "vault-token")
    manifest["spec"]["volumes"].append(volume)
    assert message in pods.refusal(manifest)
