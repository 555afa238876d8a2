from __future__ import annotations

from dataclasses import replace
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
    return pods.config_of(result)["auth"]["params"]["token_path"], pods.agent_of(result)["volumeMounts"][0]


def test_the_token_that_kubernetes_mounted_is_used() -> None:
    path, mount = _token(pods.basic())
    assert path == "/var/run/secrets/kubernetes.io/serviceaccount/token"
    assert mount == pods.TOKEN_MOUNT


def test_the_first_container_with_a_service_account_folder_counts() -> None:
    manifest = pods.basic()
    manifest["spec"]["containers"].insert(0, {"name": "first", "image": "x"})
    assert _token(manifest)[1]["name"] == "kube-api-access-abcde"


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


WITHOUT = [{"name": "web", "image": "x"}]
OWN_FOLDER = "/var/run/secrets/sealer.dev/serviceaccount"


def _projected(result: dict[str, Any], name: str = "sealer-token") -> dict[str, Any]:
    found = [volume["projected"]["sources"] for volume in result["spec"]["volumes"] if volume["name"] == name]
    assert len(found) == 1
    ((source,),) = found
    token: dict[str, Any] = source["serviceAccountToken"]
    return token


@pytest.mark.parametrize("containers", [[], WITHOUT])
def test_a_pod_without_a_token_gets_one_for_the_agent_alone(containers: list[dict[str, Any]]) -> None:
    result = pods.injected(pods.pod(containers=containers))
    assert _projected(result) == {"expirationSeconds": 3600, "path": "token"}
    mount = {"name": "sealer-token", "mountPath": OWN_FOLDER, "readOnly": True}
    for name in ("vault-agent-init", "vault-agent"):
        assert mount in pods.agent_of(result, name)["volumeMounts"]
    assert "sealer-token" not in str(result["spec"]["containers"][:-1])
    assert pods.config_of(result, "vault-agent")["auth"]["params"]["token_path"] == f"{OWN_FOLDER}/token"


def test_an_audience_or_a_validity_asks_for_a_token_for_the_agent_alone() -> None:
    result = pods.injected(pods.own_annotated("service-account-token-audience", "vault"))
    assert _projected(result) == {"audience": "vault", "expirationSeconds": 3600, "path": "token"}
    result = pods.injected(pods.own_annotated("service-account-token-expiration-seconds", "900"))
    assert _projected(result) == {"expirationSeconds": 900, "path": "token"}


def test_the_settings_can_ask_for_it_too_and_an_empty_annotation_against() -> None:
    settings = replace(pods.SETTINGS, token_audience="vault", token_expiration=700)
    result = pods.injected(pods.basic(), settings)
    assert _projected(result) == {"audience": "vault", "expirationSeconds": 700, "path": "token"}
    manifest = pods.own_annotated("service-account-token-audience", "")
    assert "sealer-token" not in str(pods.injected(manifest, settings))


def test_a_named_volume_wins_over_an_audience() -> None:
    manifest = pods.own(pods.annotated(NAME_KEY, "vault-token"), **{"service-account-token-audience": "vault"})
    manifest["spec"]["volumes"].append(PROJECTED)
    assert _token(manifest)[0].endswith("/jwt")


def test_the_login_by_jwt_gets_the_token_unless_the_pod_names_a_file() -> None:
    result = pods.injected(pods.basic(auth_type="jwt"))
    params = pods.config_of(result)["auth"]["params"]
    assert params == {"role": "app", "path": f"{pods.TOKEN_FOLDER}/token", "remove_jwt_after_reading": "false"}
    manifest = pods.basic(auth_type="jwt", auth_config_path="/jwt")
    manifest["spec"]["containers"] = WITHOUT
    result = pods.injected(manifest)
    assert pods.config_of(result)["auth"]["params"] == {"role": "app", "path": "/jwt"}
    assert "sealer-token" not in str(result)


def test_applying_twice_projects_once() -> None:
    once = pods.injected(pods.pod(containers=WITHOUT))
    once["metadata"]["annotations"][pods.PREFIX + "agent-inject-status"] = "update"
    assert pods.injected(once)["spec"] == once["spec"]


def test_a_volume_of_the_same_name_is_left_alone() -> None:
    manifest = pods.pod(containers=WITHOUT)
    manifest["spec"]["volumes"].append({"name": "sealer-token", "emptyDir": {}})
    result = pods.injected(manifest)
    assert _projected(result, "sealer-token-1")["path"] == "token"
    assert {"name": "sealer-token", "emptyDir": {}} in result["spec"]["volumes"]
