"""What `kubectl apply -k deploy/base/controller` installs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import yaml

from tests.reconciling.running import ACCOUNT, BASE

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane


def build(cluster: ControlPlane, folder: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(cluster.kubectl("kustomize", str(folder))))


def test_the_api_server_accepts_all_of_it(control_plane: ControlPlane) -> None:
    control_plane.kubectl("apply", "--dry-run=server", "-k", str(BASE))
    control_plane.kubectl("apply", "--dry-run=server", "-n", "kube-system", "-f", str(BASE / "service-proxier.yaml"))


def test_the_pod_passes_the_restricted_pod_security_level(control_plane: ControlPlane, namespace: str) -> None:
    strict = f"{namespace}-strict"
    control_plane.create_namespace(strict, {"pod-security.kubernetes.io/enforce": "restricted"})
    control_plane.create_service_account(strict, ACCOUNT)
    (deployment,) = [m for m in build(control_plane, BASE) if m["kind"] == "Deployment"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": deployment["spec"]["template"]["spec"]}
    control_plane.request("POST", f"/api/v1/namespaces/{strict}/pods?dryRun=All", pod)
    control_plane.delete_namespace(strict)


def test_another_namespace_moves_the_service_account_and_the_bindings_together(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    shutil.copytree(BASE, tmp_path / "base")
    (tmp_path / "kustomization.yaml").write_text("namespace: elsewhere\nresources: [base]\n")
    manifests = build(control_plane, tmp_path)
    subjects = [subject for m in manifests for subject in m.get("subjects", ())]
    assert len(subjects) == 2
    assert {subject["namespace"] for subject in subjects} == {"elsewhere"}
    assert {m["metadata"].get("namespace", "elsewhere") for m in manifests} == {"elsewhere"}


def test_the_first_port_of_the_service_is_the_one_that_clients_ask(control_plane: ControlPlane) -> None:
    services = {m["metadata"]["name"]: m for m in build(control_plane, BASE) if m["kind"] == "Service"}
    service = services["sealed-secrets-controller"]
    assert service["spec"]["ports"][0] == {"name": "http", "port": 8080, "targetPort": "http"}
