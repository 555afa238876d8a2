"""What is shown is what the real API server and the real webhook make of the same manifest."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.rendering_pods.conftest import ASKS, PREFIX, pod, render

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _container(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "web:1", "securityContext": RESTRICTED, **more}


CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "plain": ({}, {"containers": [_container("web")]}),
    "native": ({"sealer.dev/native-sidecar": "true"}, {"containers": [_container("web")]}),
    "no token": ({}, {"containers": [_container("web")], "automountServiceAccountToken": False}),
    "init containers and volumes": (
        {PREFIX + "agent-init-first": "true"},
        {
            "containers": [_container("web", volumeMounts=[{"name": "data", "mountPath": "/data"}]), _container("b")],
            "initContainers": [_container("first")],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
    ),
    "environment": (
        {"sealer.dev/env-PASSWORD": "secret/db#password"},
        {"containers": [_container("web", command=["/web"], args=["--listen"])]},
    ),
    "Vault's own agent": ({"sealer.dev/agent-flavor": "vault"}, {"containers": [_container("web")]}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cluster_makes_the_pod_that_was_shown(name: str, control_plane: ControlPlane, labelled: str) -> None:
    annotations, spec = CASES[name]
    manifest = pod({**ASKS, **annotations}, **copy.deepcopy(spec))
    shown = render("-f", "-", "--namespace", labelled, "--only", "pod", stdin=yaml.safe_dump(manifest)).documents[0]
    created = control_plane.request("POST", f"/api/v1/namespaces/{labelled}/pods?dryRun=All", manifest)
    assert _missing(shown, _with_known_volume(created)) == []
    # And nothing else of ours: the API server adds fields of its own, but no container, volume, mount or annotation.
    for where in ("containers", "initContainers", "volumes"):
        assert [one["name"] for one in created["spec"][where]] == [
            _renamed(one["name"], created) for one in shown["spec"][where]
        ]
    assert created["metadata"]["annotations"] == shown["metadata"]["annotations"]


def _token_volume(created: dict[str, Any]) -> str:
    names = [one["name"] for one in created["spec"]["volumes"]]
    return next((name for name in names if name.startswith("kube-api-access-")), "none")


def _renamed(name: str, created: dict[str, Any]) -> str:
    return _token_volume(created) if name == "kube-api-access-00000" else name


def _with_known_volume(created: dict[str, Any]) -> Any:
    """The same with the name that we give the token's volume, in place of the random one."""
    return yaml.safe_load(yaml.safe_dump(created).replace(_token_volume(created), "kube-api-access-00000"))


def _missing(shown: Any, created: Any, path: str = "") -> list[str]:
    """List what is shown and is not, or is otherwise, in the cluster."""
    if isinstance(shown, dict) and isinstance(created, dict):
        return [one for key in shown for one in _missing(shown[key], created.get(key), f"{path}/{key}")]
    if isinstance(shown, list) and isinstance(created, list) and len(shown) == len(created):
        pairs = enumerate(zip(shown, created, strict=True))
        return [one for index, (here, there) in pairs for one in _missing(here, there, f"{path}/{index}")]
    return [] if shown == created else [f"{path}: {shown!r} is {created!r}"]
