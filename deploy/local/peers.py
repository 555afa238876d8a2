"""The existing system, run beside ours: its controller v0.40.0 and its command line, the real ones.

The controller knows only the in-cluster way in: two environment variables and a fixed folder. The folder is given to
it, and to nobody else, in a mount namespace of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final, Self

import yaml

from deploy.local.errors import ProcessError
from deploy.local.expose import expose
from deploy.local.http import Request, send
from deploy.local.network import LOOPBACK, free_port
from deploy.local.process import Command, Process, Processes
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from deploy.local.find import Parts
    from deploy.local.kubernetes import Cluster

Json = dict[str, Any]
SERVICE: Final = "sealed-secrets-controller"
SERVICE_PORT: Final = 8080
READY_SECONDS: Final = 60.0
KUBESEAL_SECONDS: Final = 60
RBAC: Final = "rbac.authorization.k8s.io"
# $1 is the service-account folder, the rest the command. /var/run is often a link to /run: mount follows it.
IN_CLUSTER: Final = """
set -e
folder=/var/run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs -o mode=0755 tmpfs /var/run
mkdir -p "$folder"
mount --bind "$1" "$folder"
shift
exec "$@"
"""


class SealedSecretsController:
    """The existing controller, running; use it in a `with` statement, or call `stop`.

    It gets a service account with the rights that its own manifests give it (reference, sealed-secrets 4.1), and the
    Service `sealed-secrets-controller`, through which the real kubeseal finds it with `--controller-namespace`.

    Args:
        cluster: The API server; the CRD is installed already.
        parts: Where the binaries come from.
        processes: Who starts and stops the process.
        namespace: Its own namespace, which holds its key Secrets; it exists already.
        flags: Further flags, such as `--kubeclient-qps=-1`.
        service_account: Its service account, made if need be.

    Raises:
        PartError: The controller cannot be built.
        ProcessError: It does not start, or this system has no mount namespaces.

    """

    def __init__(  # noqa: PLR0913  # three parts it stands on, and three keyword-only settings of its own
        self,
        cluster: Cluster,
        parts: Parts,
        processes: Processes,
        *,
        namespace: str = "kube-system",
        flags: Sequence[str] = (),
        service_account: str = SERVICE,
    ) -> None:
        self.namespace = namespace
        self.address = cluster.machine_address()
        self.port = free_port(self.address)
        self.url = f"http://{self.address}:{self.port}"
        self.metrics_url = f"http://{LOOPBACK}:{free_port()}"
        self._processes = processes
        cluster.create_service_account(namespace, service_account)
        cluster.apply(yaml.safe_dump_all(rights(namespace, service_account)))
        folder = cluster.service_account_folder(namespace, service_account)
        self.process = self._start(cluster, parts, folder, flags)
        expose(cluster, namespace, SERVICE, port=SERVICE_PORT, target_port=self.port, labels={"name": SERVICE})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the controller; its objects stay in the cluster."""
        self._processes.stop(self.process)

    def certificate(self) -> str:
        """Fetch its newest sealing certificate, as PEM, from the controller itself."""
        return send(Request("GET", f"{self.url}/v1/cert.pem")).decode()

    def metrics(self) -> str:
        """Fetch its metrics in Prometheus' text form."""
        return send(Request("GET", f"{self.metrics_url}/metrics")).decode()

    def _start(self, cluster: Cluster, parts: Parts, folder: Path, flags: Sequence[str]) -> Process:
        listen = (f"--listen-addr={self.address}:{self.port}", f"--listen-metrics-addr={self.metrics_url[7:]}")
        binary = str(parts.path("sealed-secrets-controller"))
        command = Command(
            name=f"sealed-secrets-controller-{self.namespace}",
            arguments=("sh", "-c", IN_CLUSTER, "sh", str(folder), binary, *listen, *flags),
            log=cluster.folder / "logs" / f"sealed-secrets-controller-{self.namespace}.log",
            environment=in_cluster_environment(cluster.port, self.namespace),
            prefix=private_mounts(os.geteuid()),
        )
        process = self._processes.start(command)
        try:
            process.wait_until(self._ready, seconds=READY_SECONDS)
        except BaseException:
            self._processes.stop(process)
            raise
        return process

    def _ready(self) -> bool:
        try:
            return "BEGIN CERTIFICATE" in self.certificate()
        except ServiceError:
            return False


def private_mounts(user: int, platform: str = sys.platform) -> tuple[str, ...]:
    """Return the command that gives a process a mount namespace of its own: as root, or as root of a user namespace.

    Raises:
        ProcessError: The system has none.

    """
    if platform != "linux":
        hint = "run it in a Linux virtual machine or container"
        raise ProcessError(
            "the existing controller runs in-cluster only, which takes Linux mount namespaces", hint=hint
        )
    return ("unshare", "--mount") if user == 0 else ("unshare", "--map-root-user", "--mount")


def in_cluster_environment(port: int, namespace: str) -> dict[str, str]:
    """Return the environment by which a process in a pod finds the API server and its own namespace."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEALED_SECRETS_")}
    return {
        **inherited,
        "KUBERNETES_SERVICE_HOST": LOOPBACK,
        "KUBERNETES_SERVICE_PORT": str(port),
        "POD_NAMESPACE": namespace,
        "NO_PROXY": "*",
    }


def rights(namespace: str, service_account: str) -> list[Json]:
    """Return the roles and bindings of the existing controller (reference, sealed-secrets 4.1)."""
    subject = {"kind": "ServiceAccount", "name": service_account, "namespace": namespace}
    unsealer = [
        _rule("bitnami.com", "sealedsecrets", "get", "list", "watch"),
        _rule("bitnami.com", "sealedsecrets/status", "update"),
        _rule("", "secrets", "get", "list", "create", "update", "delete", "watch"),
        _rule("", "events", "create", "patch"),
        _rule("", "namespaces", "get"),
    ]
    keys = [_rule("", "secrets", "create", "list")]
    name, cluster_wide = f"peer-{service_account}", f"peer-{namespace}-{service_account}"
    return [
        _object("ClusterRole", {"name": cluster_wide}, rules=unsealer),
        _binding("ClusterRole", {"name": cluster_wide}, subject),
        _object("Role", {"name": name, "namespace": namespace}, rules=keys),
        _binding("Role", {"name": name, "namespace": namespace}, subject),
    ]


def kubeseal(cluster: Cluster, parts: Parts, *arguments: str, input: str | None = None) -> str:  # noqa: A002  # subprocess's own word
    """Run the real kubeseal as the administrator and return its standard output.

    Raises:
        ServiceError: It failed; the message is what it wrote to standard error.

    """
    result = subprocess.run(
        [str(parts.path("kubeseal")), *arguments],
        input=input,
        env=cluster.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=KUBESEAL_SECONDS,
    )
    if result.returncode != 0:
        raise ServiceError(f"kubeseal ended with status {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def _rule(group: str, resource: str, *verbs: str) -> Json:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


def _object(kind: str, metadata: Json, **fields: object) -> Json:
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **fields}


def _binding(role: str, metadata: Json, subject: Json) -> Json:
    reference = {"apiGroup": RBAC, "kind": role, "name": metadata["name"]}
    return _object(f"{role}Binding", metadata, roleRef=reference, subjects=[subject])
