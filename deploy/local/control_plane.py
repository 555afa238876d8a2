"""A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager.

There is no kubelet and no network plugin: pods are admitted and stored but run nowhere (design, "A real control plane
on any machine"). What must be reached through the API server's service proxy listens on the machine's own address
(`expose.py`).
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from deploy.local.http import Request, send
from deploy.local.kubernetes import Cluster, Json, write_kubeconfig
from deploy.local.network import LOOPBACK, free_port, machine_address
from deploy.local.pki import Authority, KeyPair, make_authority, make_token_keys
from deploy.local.process import Command, Process, Processes
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from deploy.local.find import Parts

READY_SECONDS: Final = 60.0
HOSTS: Final = (LOOPBACK, "localhost", "10.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
ISSUER: Final = "https://kubernetes.default.svc"
# No kubelet, so nothing that serves pods, nodes or volumes; what objects need to live and die is here.
CONTROLLERS: Final = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
)


@dataclass(frozen=True)
class Audit:
    """Where the API server writes its audit log, and which requests go there.

    Attributes:
        log: File of JSON lines (audit.k8s.io/v1 Event).
        policy: The Policy object as YAML; it must not ask for the bodies of Secrets.

    """

    log: Path
    policy: str


class ControlPlane(Cluster):
    """A running control plane; use it in a `with` statement, or call `stop`.

    Args:
        folder: Data folder, made if need be, closed to other users.
        parts: Where the binaries come from.
        processes: Who starts and stops the processes.
        audit: Audit log, if one is wanted.
        apiserver_flags: Further flags of kube-apiserver.

    Raises:
        PartError: A part cannot be found or built.
        ProcessError: A process does not start; its last lines are in the message, and the others are stopped.

    """

    def __init__(
        self,
        folder: Path,
        parts: Parts,
        processes: Processes,
        *,
        audit: Audit | None = None,
        apiserver_flags: Sequence[str] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._parts = parts
        self._processes = processes
        self._started: list[Process] = []
        self._authority: Authority = make_authority(folder / "pki")
        self._token_keys = make_token_keys(folder / "pki")
        self._admin = self._authority.issue("kubernetes-admin", groups=["system:masters"])
        self._serving = self._authority.issue("kube-apiserver", hosts=[*HOSTS, machine_address()])
        url = f"https://{LOOPBACK}:{free_port()}"
        super().__init__(url, self._authority.path, self._admin, parts.path("kubectl"), folder)
        self._audit, self._extra = audit, tuple(apiserver_flags)
        self._apiserver: Process | None = None
        try:
            self.etcd_url = self._start_etcd()
            self.start_apiserver()
            self._start_controller_manager()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the three processes, the last started first."""
        while self._started:
            self._processes.stop(self._started.pop())

    def stop_apiserver(self) -> None:
        """Stop the API server alone, as a crash would; etcd keeps what it has."""
        if self._apiserver is not None:
            # Asked to end, it would wait for the watches of its clients.
            self._apiserver.send_signal(signal.SIGKILL)
            self._processes.stop(self._apiserver)
            self._started.remove(self._apiserver)
            self._apiserver = None

    def start_apiserver(self) -> None:
        """Start the API server, on the same port as before, and wait until it is ready."""
        flags = apiserver_flags(self.etcd_url, self.port, self._serving, self._token_keys, self.authority)
        flags += audit_flags(self._audit, self.folder)
        self._apiserver = self._start("kube-apiserver", [*flags, *self._extra])
        # After etcd, and before its clients: they are stopped in the reverse order.
        self._started.remove(self._apiserver)
        self._started.insert(1, self._apiserver)
        self._apiserver.wait_until(self._ready, seconds=READY_SECONDS)

    def compact(self) -> int:
        """Compact etcd: who watches from an earlier revision is told 410 Gone. The API server may be stopped.

        Returns:
            The revision before which all history is gone.

        """
        revision = int(self._ask_etcd("range", {"key": "AA=="})["header"]["revision"])
        self._ask_etcd("compaction", {"revision": str(revision), "physical": True})
        return revision

    def _ask_etcd(self, method: str, body: Json) -> Json:
        """Ask etcd by its JSON gateway; keys and values are base64."""
        request = Request("POST", f"{self.etcd_url}/v3/kv/{method}", json.dumps(body).encode())
        answer: Json = json.loads(send(request, context=self._context))
        return answer

    def _start(self, name: str, flags: Sequence[str]) -> Process:
        arguments = (str(self._parts.path(name)), *flags)
        process = self._processes.start(Command(name, arguments, self.folder / "logs" / f"{name}.log"))
        self._started.append(process)
        return process

    def _start_etcd(self) -> str:
        """Start etcd behind client certificates: its data are every Secret, and other users share this loopback."""
        url, peers = f"https://{LOOPBACK}:{free_port()}", f"http://{LOOPBACK}:{free_port()}"
        self._start("etcd", etcd_flags(self.folder / "etcd", url, peers, self._serving, self.authority))
        return url

    def _start_controller_manager(self) -> None:
        user = self._authority.issue("system:kube-controller-manager")
        kubeconfig = self.folder / "kube-controller-manager.kubeconfig"
        entry = {"client-certificate": str(user.certificate), "client-key": str(user.key)}
        write_kubeconfig(kubeconfig, url=self.url, authority=self.authority, user=entry)
        flags = controller_manager_flags(kubeconfig, self._token_keys.key, self.authority)
        process = self._start("kube-controller-manager", flags)
        # Its first sign of life is the service account without which no pod is admitted.
        process.wait_until(self._has_default_service_account, seconds=READY_SECONDS)

    def _ready(self) -> bool:
        try:
            return self.text("/readyz") == "ok"
        except ServiceError:
            return False

    def _has_default_service_account(self) -> bool:
        try:
            return bool(self.request("GET", "/api/v1/namespaces/default/serviceaccounts/default"))
        except ServiceError:
            return False


def etcd_flags(data: Path, url: str, peers: str, pair: KeyPair, authority: Path) -> list[str]:
    """Flags of etcd: one member, which does not wait for the disk, since its data live no longer than the process."""
    return [
        f"--data-dir={data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--client-cert-auth",
        f"--trusted-ca-file={authority}",
        f"--cert-file={pair.certificate}",
        f"--key-file={pair.key}",
        "--log-level=warn",
    ]


def apiserver_flags(etcd: str, port: int, serving: KeyPair, tokens: KeyPair, authority: Path) -> list[str]:
    """Flags of kube-apiserver: RBAC, real service-account tokens, admission plugins as they are by default."""
    return [
        f"--etcd-servers={etcd}",
        f"--etcd-cafile={authority}",
        f"--etcd-certfile={serving.certificate}",
        f"--etcd-keyfile={serving.key}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--advertise-address={machine_address()}",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority}",
        "--authorization-mode=RBAC",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        "--allow-privileged=true",
        "--profiling=false",
        # No client of ours outlives the server, so nothing is gained by a slow end.
        "--shutdown-delay-duration=0s",
    ]


def audit_flags(audit: Audit | None, folder: Path) -> list[str]:
    """Flags of the audit log, which is written at once, so that a test reads what it has just caused."""
    if audit is None:
        return []
    policy = folder / "audit-policy.yaml"
    policy.write_text(audit.policy)
    return [f"--audit-policy-file={policy}", f"--audit-log-path={audit.log}", "--audit-log-mode=blocking"]


def controller_manager_flags(kubeconfig: Path, token_key: Path, authority: Path) -> list[str]:
    """Flags of kube-controller-manager: no leader election, as it is alone, and no limit that would slow a test."""
    return [
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(CONTROLLERS)}",
        f"--service-account-private-key-file={token_key}",
        f"--root-ca-file={authority}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]
