"""Our controller as a process under its own service account, and what tests ask of the cluster around it."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from controller.manifests import KEY_LABEL
from deploy.local.http import StatusError
from deploy.local.network import free_port
from deploy.local.process import Command
from sealer.certificate import Recipient
from sealer.manifest import Secret
from sealer.scope import Scope
from sealer.seal import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Process, Processes

Json = dict[str, Any]
BASE: Final = Path(__file__).parents[2] / "deploy" / "base" / "controller"
ACCOUNT: Final = "sealed-secrets-controller"
ACCOUNT_NAMESPACE: Final = "kube-system"
PROGRAM: Final = str(Path(sys.executable).parent / "sealer-controller")
# Any free port: several controllers run on this machine at a time.
NO_METRICS: Final = ("--listen-metrics-addr", "127.0.0.1:0")
CANARY: Final = "canary-5f0e-plaintext"


@dataclass
class Running:
    """A controller that runs, with its keys in `namespace`."""

    cluster: ControlPlane
    processes: Processes
    namespace: str
    process: Process
    address: str

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, b"")

    def post(self, path: str, body: bytes) -> tuple[int, str]:
        return self._ask("POST", path, body)

    def ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except httpx.TransportError:
            return False

    def recipient(self) -> Recipient:
        return Recipient.from_pem(self.get("/v1/cert.pem")[1].encode(), now=datetime.now(UTC))

    def stop(self) -> None:
        self.processes.stop(self.process)

    def _ask(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        answer = httpx.request(method, f"http://{self.address}{path}", content=body, trust_env=False)
        return answer.status_code, answer.text


def install(cluster: ControlPlane) -> None:
    """Give the controller's service account the rights of our own manifests, and no more."""
    for file in ("service-account.yaml", "rbac.yaml"):
        cluster.kubectl("apply", "-n", ACCOUNT_NAMESPACE, "-f", str(BASE / file))


def grant_own_namespace(cluster: ControlPlane, namespace: str) -> None:
    """Give the service account its Role in another namespace than its own: where a test has its keys and its Lease."""
    cluster.kubectl("apply", "-n", namespace, "-f", str(BASE / "rbac.yaml"))


def start(cluster: ControlPlane, processes: Processes, namespace: str, *flags: str, pod: str = "") -> Running:
    """Start a controller whose keys are in `namespace`; small keys, as making them takes its time.

    `pod` is the name of the Pod that it takes itself to be in, for several replicas or one that is started again.
    """
    address = f"{cluster.machine_address()}:{free_port(cluster.machine_address())}"
    grant_own_namespace(cluster, namespace)
    kubeconfig = cluster.service_account_kubeconfig(ACCOUNT_NAMESPACE, ACCOUNT)
    command = Command(
        name=f"sealer-controller-{namespace}{pod}",
        arguments=(PROGRAM, "--listen-addr", address, *NO_METRICS, "--key-size", "2048", *flags),
        log=cluster.folder / "logs" / f"sealer-controller-{namespace}{pod}.log",
        environment={**cluster.environment(kubeconfig), "POD_NAMESPACE": namespace, "POD_NAME": pod},
    )
    running = Running(cluster, processes, namespace, processes.start(command), address)
    try:
        running.process.wait_until(running.ready, seconds=30)
    except BaseException:
        running.stop()
        raise
    return running


def sealed(
    recipient: Recipient,
    namespace: str,
    name: str,
    data: Mapping[str, str],
    *,
    scope: Scope = Scope.STRICT,
    **secret: Any,
) -> Json:
    """Return a SealedSecret manifest."""
    plain = Secret(namespace=namespace, name=name, data={k: v.encode() for k, v in data.items()}, **secret)
    return seal(plain, recipient, scope).to_manifest()


def renamed(manifest: Json, namespace: str, name: str) -> Json:
    """Return the SealedSecret under another name, in another namespace, and otherwise as it was."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace, "name": name}}


def apply(cluster: ControlPlane, *manifests: Json) -> None:
    # As JSON: kubectl reads YAML 1.1, where a key such as `y` is no string.
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))


def secret(cluster: ControlPlane, namespace: str, name: str) -> Json | None:
    return _get(cluster, f"/api/v1/namespaces/{namespace}/secrets/{name}")


def sealed_secret(cluster: ControlPlane, namespace: str, name: str) -> Json | None:
    return _get(cluster, f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/{name}")


def data_of(found: Json | None) -> dict[str, str]:
    """Return the values of a Secret as text; empty when there is none."""
    return {k: base64.b64decode(v).decode() for k, v in ((found or {}).get("data") or {}).items()}


def condition(cluster: ControlPlane, namespace: str, name: str) -> Json:
    """Return the condition Synced of a SealedSecret; empty when there is none yet."""
    return condition_of(sealed_secret(cluster, namespace, name) or {})


def condition_of(found: Json) -> Json:
    """Return the condition Synced in a SealedSecret, with the generation that it is of."""
    status = found.get("status", {})
    conditions = status.get("conditions") or [{}]
    return {**conditions[0], "generation": status.get("observedGeneration")}


def events(cluster: ControlPlane, namespace: str, name: str) -> list[Json]:
    found = cluster.request("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
    return [event for event in found if event["involvedObject"]["name"] == name]


def key_secrets(cluster: ControlPlane, namespace: str) -> list[Json]:
    path = f"/api/v1/namespaces/{namespace}/secrets?labelSelector={KEY_LABEL.replace('/', '%2F')}"
    items: list[Json] = cluster.request("GET", path)["items"]
    return items


def wait_for_data(cluster: ControlPlane, namespace: str, name: str, data: Mapping[str, str]) -> None:
    cluster.wait_for(f"Secret {name} is as sealed", lambda: data_of(secret(cluster, namespace, name)) == data)


def wait_for_reason(cluster: ControlPlane, namespace: str, name: str, reason: str) -> Json:
    cluster.wait_for(f"{name} has reason {reason}", lambda: condition(cluster, namespace, name).get("reason") == reason)
    return condition(cluster, namespace, name)


def wait_for_generation(cluster: ControlPlane, namespace: str, name: str, generation: int) -> None:
    cluster.wait_for(
        f"the status of {name} is of generation {generation}",
        lambda: condition(cluster, namespace, name)["generation"] == generation,
    )


def _get(cluster: ControlPlane, path: str) -> Json | None:
    try:
        return cluster.request("GET", path)
    except StatusError as error:
        if error.status == 404:
            return None
        raise
