"""Replicas of the webhook with automatic TLS, under the rights of deploy/base."""

from __future__ import annotations

import base64
import copy
import http.client
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest
import yaml

from deploy.local.http import StatusError
from deploy.local.network import free_port
from deploy.local.process import Command
from tests.admission import pods
from tests.admission.conftest import BASE, FLAGS, LABEL, LOOPBACK, PROGRAM, environment, registration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Process, Processes

SECRET: Final = "sealer-injector-tls"
ACCOUNT: Final = "sealer-injector"
CONFIGURATIONS: Final = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
REVIEW: Final = orjson.dumps(pods.review(pods.basic()))


@dataclass
class Installed:
    """A registration with two entries, and a service account with its rights; the replicas come and go."""

    cluster: ControlPlane
    processes: Processes
    namespace: str
    name: str
    folder: Path
    started: list[Process] = field(default_factory=list)

    def start(self, port: int, *flags: str) -> Process:
        number = len(self.started)
        kubeconfig = self.cluster.service_account_kubeconfig(self.namespace, ACCOUNT)
        automatic = ("--tls-auto", self.name, "--tls-auto-hosts", LOOPBACK)
        arguments = (str(PROGRAM), "--listen", f"{LOOPBACK}:{port}", *FLAGS, *automatic, *flags)
        variables = {**self.cluster.environment(kubeconfig), "POD_NAMESPACE": self.namespace}
        command = Command(f"{self.name}-{number}", arguments, self.folder / f"{number}.log", environment(variables))
        self.started.append(self.processes.start(command))
        return self.started[-1]

    def bundles(self) -> list[bytes]:
        entries = self.cluster.request("GET", f"{CONFIGURATIONS}/{self.name}")["webhooks"]
        return [base64.b64decode(one["clientConfig"].get("caBundle", "")) for one in entries]

    def stored(self) -> dict[str, bytes]:
        """The Secret's data; empty when there is none."""
        try:
            found = self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{SECRET}")
        except StatusError:
            return {}
        return {name: base64.b64decode(value) for name, value in found["data"].items()}

    def ask(self, port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Ask over a connection of its own, trusting what is registered at that moment, as an API server does."""
        trusted = ssl.create_default_context(cadata=self.bundles()[0].decode())
        connection = http.client.HTTPSConnection(LOOPBACK, port, context=trusted, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ready(self, port: int) -> bool:
        try:
            return self.ask(port, "GET", "/health/ready")[0] == 204
        except (OSError, http.client.HTTPException):
            return False

    def wait_until_ready(self, port: int, process: Process) -> None:
        process.wait_until(lambda: self.ready(port), seconds=30)

    def ask_obstacle(self, port: int) -> str:
        """What the readiness probe is told, by a replica that is not ready."""
        wait_for("an answer", lambda: bool(self.bundles()[0]))
        return self.ask(port, "GET", "/health/ready")[1].decode()

    @property
    def port(self) -> int:
        """The port that the registration points to."""
        url = self.cluster.request("GET", f"{CONFIGURATIONS}/{self.name}")["webhooks"][0]["clientConfig"]["url"]
        return int(url.split(":")[2].partition("/")[0])

    def agent_configuration(self, annotations: dict[str, str]) -> str:
        """Have the API server admit a pod (and keep none); return what its agent is told."""
        manifest = {
            "metadata": {"name": "web", "annotations": annotations},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        }
        path = f"/api/v1/namespaces/{self.namespace}/pods?dryRun=All"
        agent = self.cluster.request("POST", path, manifest)["spec"]["initContainers"][0]
        encoded = next(one["value"] for one in agent["env"] if one["name"] == "SEALER_AGENT_CONFIG")
        return base64.b64decode(encoded).decode()

    def review(self, port: int) -> bool:
        """Ask for a decision; return whether the answer is a patch."""
        status, answer = self.ask(port, "POST", "/mutate", REVIEW)
        return status == 200 and bool(orjson.loads(answer)["response"].get("patch"))


@pytest.fixture
def installed(control_plane: ControlPlane, processes: Processes, namespace: str, tmp_path: Path) -> Iterator[Installed]:
    name = f"auto-{namespace}"
    manifest = registration(name, free_port(), None, namespace)
    manifest["webhooks"].append({**copy.deepcopy(manifest["webhooks"][0]), "name": "second.example.com"})
    control_plane.apply(yaml.safe_dump(manifest))
    control_plane.apply(yaml.safe_dump_all(_rights(namespace, name)))
    control_plane.create_service_account(namespace, ACCOUNT)
    control_plane.kubectl("label", "namespace", namespace, f"{LABEL}={namespace}")
    running = Installed(control_plane, processes, namespace, name, tmp_path)
    yield running
    for process in running.started:
        processes.stop(process)
    control_plane.kubectl("delete", "mutatingwebhookconfiguration", name)
    control_plane.kubectl("delete", "--ignore-not-found", "clusterrole,clusterrolebinding", name)


def _rights(namespace: str, name: str) -> list[dict[str, Any]]:
    """The RBAC of deploy/base, in a namespace of its own, for a registration of its own."""
    documents = list(yaml.safe_load_all((BASE / "rbac.yaml").read_text().replace("sealer-system", namespace)))
    for document in documents:
        if document["kind"].startswith("Cluster"):
            document["metadata"]["name"] = name
        if document["kind"] == "ClusterRoleBinding":
            document["roleRef"]["name"] = name
        for rule in document.get("rules", ()):
            if rule["resources"] == ["mutatingwebhookconfigurations"]:
                rule["resourceNames"] = [name]
    return documents


def wait_for(what: str, condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not in {seconds} s: {what}")
        time.sleep(0.05)
