"""What an operator reads when the controller cannot do its work: what is missing, and whom to ask for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from controller.settings import bind
from deploy.local.network import free_port
from deploy.local.process import Command
from tests.reconciling.running import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Process, Processes

ACCOUNT = "bare"
RULES = [
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update"]},
    {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets/status"], "verbs": ["patch"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]},
]


def started(cluster: ControlPlane, processes: Processes, namespace: str, folder: Path, *flags: str) -> Process:
    """Start a controller under a service account without any right."""
    cluster.create_service_account(namespace, ACCOUNT)
    environment = cluster.environment(cluster.service_account_kubeconfig(namespace, ACCOUNT))
    more = ("--all-namespaces=false", "--leader-elect=false", "--key-size=2048", "--log-format=json")
    return processes.start(
        Command(
            name=f"wrong-{namespace}",
            arguments=(PROGRAM, *more, "--listen-metrics-addr=127.0.0.1:0", *flags),
            log=folder / "controller.log",
            environment={**environment, "POD_NAMESPACE": namespace},
        )
    )


def grant(cluster: ControlPlane, namespace: str) -> None:
    group = "rbac.authorization.k8s.io"
    role: dict[str, Any] = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "all"}, "rules": RULES}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "all"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "all"},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
    }
    for one, plural in ((role, "roles"), (binding, "rolebindings")):
        cluster.request("POST", f"/apis/{group}/v1/namespaces/{namespace}/{plural}", one)


def test_without_rights_it_says_which_are_missing_and_begins_when_they_are_given(
    control_plane: ControlPlane, processes: Processes, namespace: str, tmp_path: Path
) -> None:
    port = free_port()
    process = started(control_plane, processes, namespace, tmp_path, f"--listen-addr=127.0.0.1:{port}")

    def answer(path: str) -> int:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code
        except httpx.TransportError:
            return 0

    who = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    refused = f'User \\"{who}\\" cannot list resource \\"%s\\" in API group \\"%s\\" in the namespace \\"{namespace}\\"'
    process.wait_until(lambda: refused % ("secrets", "") in process.output(), seconds=30)
    process.wait_until(lambda: refused % ("sealedsecrets", "bitnami.com") in process.output(), seconds=30)
    process.wait_until(lambda: answer("/healthz") == 200, seconds=30)
    assert answer("/readyz") == 503
    assert answer("/v1/cert.pem") == 500
    lines = [json.loads(line) for line in process.output().splitlines()]
    assert not [line for line in lines if "trace" in line]
    grant(control_plane, namespace)
    process.wait_until(lambda: answer("/readyz") == 200, seconds=60)
    assert answer("/v1/cert.pem") == 200
    processes.stop(process)


def test_a_port_that_is_taken_ends_it_with_one_sentence(
    control_plane: ControlPlane, processes: Processes, namespace: str, tmp_path: Path
) -> None:
    with bind(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = started(control_plane, processes, namespace, tmp_path, f"--listen-addr={address}")
        assert process.wait(30) == 2
        assert process.output().splitlines() == [
            f"error: cannot listen on {address}: Address already in use",
            "hint: another program listens there, or the address is not ours",
        ]
