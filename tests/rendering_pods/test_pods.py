"""Which pods manifests make, and what the API server's admission adds to them before the webhook is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rendering_pods.conftest import ASKS, PREFIX, pod, render, render_file, workload

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN = {"name": "kube-api-access-00000", "mountPath": FOLDER, "readOnly": True}
KINDS = [
    ("Deployment", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("DaemonSet", "apps/v1"),
    ("ReplicaSet", "apps/v1"),
    ("ReplicationController", "v1"),
    ("Job", "batch/v1"),
    ("CronJob", "batch/v1"),
    ("PodTemplate", "v1"),
    ("Rollout", "argoproj.io/v1alpha1"),
]


def _pods(folder: Path, *manifests: dict[str, Any]) -> list[dict[str, Any]]:
    result = render_file(folder, list(manifests), "--only", "pod")
    assert result.code == 0, result.errors
    return result.documents


def _mounts(spec: dict[str, Any], kind: str = "containers", index: int = 0) -> list[dict[str, Any]]:
    return [mount for mount in spec[kind][index].get("volumeMounts", ()) if mount["mountPath"] == FOLDER]


@pytest.mark.parametrize(("kind", "api_version"), KINDS)
def test_the_pod_of_a_workload_is_that_of_its_template(kind: str, api_version: str, tmp_path: Path) -> None:
    (made,) = _pods(tmp_path, workload(kind, api_version))
    metadata = made["metadata"]
    assert (made["kind"], metadata["generateName"], metadata["namespace"]) == ("Pod", "web-", "shop")
    assert [one["name"] for one in made["spec"]["initContainers"]] == ["vault-agent-init"]
    assert metadata["annotations"][PREFIX + "agent-inject-status"] == "injected"


def test_the_items_of_a_list_are_taken_apart(tmp_path: Path) -> None:
    items = [pod(), workload("Job", "batch/v1")]
    assert len(_pods(tmp_path, {"apiVersion": "v1", "kind": "List", "items": items})) == 2


def test_the_token_is_mounted_in_every_container_as_the_api_server_does_it(tmp_path: Path) -> None:
    (made,) = _pods(tmp_path, pod(initContainers=[{"name": "first", "image": "x"}]))
    spec = made["spec"]
    assert _mounts(spec) == _mounts(spec, "initContainers") == [TOKEN]
    volume = next(one for one in spec["volumes"] if one["name"] == TOKEN["name"])
    assert [next(iter(source)) for source in volume["projected"]["sources"]] == [
        "serviceAccountToken",
        "configMap",
        "downwardAPI",
    ]


def test_a_container_that_mounts_something_there_keeps_it(tmp_path: Path) -> None:
    mine = {"name": "mine", "mountPath": FOLDER}
    (made,) = _pods(tmp_path, pod(containers=[{"name": "web", "image": "w", "volumeMounts": [mine]}]))
    assert _mounts(made["spec"]) == [mine]
    assert not [one for one in made["spec"]["volumes"] if one["name"].startswith("kube-api-access")]


def test_a_token_volume_that_is_there_is_taken(tmp_path: Path) -> None:
    (made,) = _pods(tmp_path, pod(volumes=[{"name": "kube-api-access-mine", "emptyDir": {}}]))
    assert [mount["name"] for mount in _mounts(made["spec"])] == ["kube-api-access-mine"]
    assert TOKEN["name"] not in {one["name"] for one in made["spec"]["volumes"]}


@pytest.mark.parametrize(
    ("asked", "account", "mounted"),
    [
        (None, None, True),
        (None, True, True),
        (None, False, False),
        (True, False, True),
        (False, True, False),
        (False, None, False),
    ],
)
def test_who_decides_whether_the_token_is_mounted(
    asked: bool | None, account: bool | None, mounted: bool, tmp_path: Path
) -> None:
    """The pod; else its service account, where that is among the files; else it is."""
    spec: dict[str, Any] = {"serviceAccountName": "app"} | (
        {} if asked is None else {"automountServiceAccountToken": asked}
    )
    known = {"automountServiceAccountToken": account} if account is not None else {}
    manifests = [pod(**spec), {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app"}, **known}]
    (made,) = _pods(tmp_path, *manifests)
    agent = _mounts(made["spec"], "initContainers")
    assert agent == _mounts(made["spec"]) == ([TOKEN] if mounted else [])
    # Without it the agent gets a token of its own.
    assert ("sealer-token" in {one["name"] for one in made["spec"]["volumes"]}) is not mounted


def test_the_service_account_of_another_namespace_says_nothing(tmp_path: Path) -> None:
    metadata = {"name": "default", "namespace": "elsewhere"}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    (made,) = _pods(tmp_path, {**account, "automountServiceAccountToken": False}, pod())
    assert _mounts(made["spec"])


def test_the_manifest_that_is_read_stays_as_it_is(tmp_path: Path) -> None:
    """The same template twice, once through an alias, gives the same result twice."""
    text = (
        "kind: List\napiVersion: v1\nitems:\n- &one\n  apiVersion: v1\n  kind: Pod\n  metadata:\n    name: web\n"
        "    annotations:\n" + "".join(f'      {key}: "{value}"\n' for key, value in ASKS.items()) + "  spec:\n"
        "    containers: [{name: web, image: w}]\n- *one\n"
    )
    (tmp_path / "aliases.yaml").write_text(text)
    first, second = render("-f", str(tmp_path / "aliases.yaml"), "--only", "patch").documents
    assert first == second
