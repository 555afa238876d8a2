"""Volumes keep their usual names where they can, and get others where the pod has the names already."""

from __future__ import annotations

from typing import Any

import pytest

from injector.webhook.settings import Settings
from tests.admission import pods

STATUS = "vault.hashicorp.com/agent-inject-status"
USUAL = (
    "home-sidecar",
    "vault-secrets",
    "vault-secrets-custom-0",
    "sealer-launch",
    "extra-secrets",
    "vault-tls-secrets",
)


def _everything() -> dict[str, Any]:
    """A pod that gets every volume."""
    manifest = pods.basic(
        agent_extra_secret="extra",
        tls_secret="ca",
        agent_inject_secret_other="x",
        secret_volume_path_other="/other",
    )
    manifest["spec"]["containers"][0]["command"] = ["web"]
    return pods.own(manifest, **{"native-sidecar": "true", "env-A": "secret/a#b"})


def _volumes(manifest: dict[str, Any]) -> dict[str, Any]:
    return {volume["name"]: volume for volume in manifest["spec"]["volumes"]}


def _mounts(container: dict[str, Any]) -> dict[str, str]:
    return {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}


def test_a_pod_without_them_gets_the_usual_names() -> None:
    assert set(_volumes(pods.injected(_everything()))) == {"kube-api-access-abcde", *USUAL}


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("source", [{"hostPath": {"path": "/"}}, {"emptyDir": {}}, {"secret": {"secretName": "mine"}}])
def test_a_name_that_is_taken_is_left_alone_and_another_is_used_everywhere(name: str, source: dict[str, Any]) -> None:
    manifest = _everything()
    theirs = [{"name": name, **source}, {"name": f"{name}-1", **source}]
    manifest["spec"]["volumes"] += theirs
    manifest["spec"]["containers"][0]["volumeMounts"].append({"name": name, "mountPath": "/theirs"})
    result = pods.injected(manifest)
    assert all(volume in result["spec"]["volumes"] for volume in theirs)
    usual = pods.injected(_everything())
    assert {**_volumes(usual)[name], "name": f"{name}-2"} in result["spec"]["volumes"]
    for container, expected in zip(
        [pods.agent_of(result, "vault-agent"), result["spec"]["containers"][0]],
        [pods.agent_of(usual, "vault-agent"), usual["spec"]["containers"][0]],
        strict=True,
    ):
        renamed = {path: f"{name}-2" if used == name else used for path, used in _mounts(expected).items()}
        found = _mounts(container)
        found.pop("/theirs", None)
        assert found == renamed


@pytest.mark.parametrize("name", USUAL)
def test_a_pod_that_comes_back_keeps_its_names(name: str) -> None:
    manifest = _everything()
    manifest["spec"]["volumes"].append({"name": name, "hostPath": {"path": "/"}})
    once = pods.injected(manifest)
    once["metadata"]["annotations"][STATUS] = "update"
    assert pods.injected(once)["spec"] == once["spec"]
    smaller = Settings(vault_address="http://v", secrets_size_limit="1Mi")
    again = _volumes(pods.injected(once, smaller))
    assert set(again) == set(_volumes(once))
    assert again[name] == {"name": name, "hostPath": {"path": "/"}}


def test_an_annotation_says_how_large_the_memory_volumes_may_be() -> None:
    volumes = _volumes(pods.injected(pods.own(_everything(), secrets_size_limit="1Mi")))
    memory = {
        name for name, volume in volumes.items() if volume.get("emptyDir") == {"medium": "Memory", "sizeLimit": "1Mi"}
    }
    assert memory == {"home-sidecar", "vault-secrets", "vault-secrets-custom-0", "sealer-launch"}
    volumes = _volumes(pods.injected(pods.own(_everything(), secrets_size_limit="")))
    assert volumes["vault-secrets"]["emptyDir"] == {"medium": "Memory"}
