"""A pod from its manifest to its files: the real API server, the real webhook, and the agents' containers as processes.

There is no kubelet; `tests.support.containers` does its part.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from deploy.local.http import StatusError
from deploy.local.process import Command
from tests.support import containers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Process, Processes
    from deploy.local.vault import VaultServer

Json = dict[str, Any]
PREFIX: Final = "vault.hashicorp.com/"
RESTRICTED: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class Site:
    """Where pods are created and run.

    Attributes:
        namespace: Enforces the Pod Security level "restricted"; it has the service account `app`.
        folder: Below which each container has its volumes.

    """

    cluster: ControlPlane
    vault: VaultServer
    parts: Parts
    processes: Processes
    namespace: str
    folder: Path

    def create(self, name: str, annotations: Mapping[str, str], **spec: Any) -> Json:
        """Have the API server create a pod of the service account `app`; return it as stored."""
        usual = {"agent-inject": "true", "role": "app", "service": self.vault.address}
        keys = {PREFIX + key: text for key, text in usual.items()} | dict(annotations)
        container = {"name": "web", "image": "web:1", "securityContext": RESTRICTED}
        manifest = {
            "metadata": {"name": name, "annotations": keys},
            "spec": {"serviceAccountName": "app", "containers": [container], **spec},
        }
        return self.cluster.request("POST", f"/api/v1/namespaces/{self.namespace}/pods", manifest)

    def lay_out(self, pod: Json, container: str, token: str | None = None) -> containers.Container:
        """Prepare one of a pod's containers; the containers of a pod share its volumes, and so one folder."""
        everywhere = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
        (manifest,) = [one for one in everywhere if one["name"] == container]
        root = self.folder / pod["metadata"]["name"]
        root.mkdir(exist_ok=True)
        return containers.of(manifest, root, token or self.token(), self.parts)

    def token(self, audiences: Sequence[str] = (), seconds: int = 3600) -> str:
        """A token of the service account `app`."""
        return self.cluster.service_account_token(self.namespace, "app", audiences=audiences, seconds=seconds)

    @contextlib.contextmanager
    def running(self, name: str, container: containers.Container) -> Iterator[Process]:
        """Run a container that stays; it is gone at the end of the block, however that comes."""
        log = self.folder / f"{name}.log"
        process = self.processes.start(
            Command(name, tuple(container.arguments), log, environment=dict(container.environment))
        )
        try:
            yield process
        finally:
            self.processes.stop(process)


@dataclass(frozen=True)
class Usage:
    """What was asked of Vault, by its audit log, in the order of the requests.

    Attributes:
        paths: Of each request that was not made with the root token.
        leases: How many leases of the dynamic secret there are more than before.

    """

    paths: tuple[str, ...]
    leases: int

    def count(self, beginning: str) -> int:
        return sum(path.startswith(beginning) for path in self.paths)


def usage(vault: VaultServer, dynamic: str, act: Callable[[], None]) -> Usage:
    """Do something, and tell what it cost.

    Args:
        vault: Whose audit log is on.
        dynamic: Path of the dynamic secret.
        act: What is done.

    """
    leases, before = _leases(vault, dynamic), len(vault.audit_entries())
    act()
    asked = [one for one in vault.audit_entries()[before:] if one["type"] == "request"]
    agents = [one for one in asked if one.get("auth", {}).get("display_name") != "root"]
    return Usage(tuple(one["request"]["path"] for one in agents), _leases(vault, dynamic) - leases)


def _leases(vault: VaultServer, path: str) -> int:
    try:
        return len(vault.request("LIST", f"sys/leases/lookup/{path}")["data"]["keys"])
    except StatusError as error:
        if error.status == 404:
            return 0
        raise
