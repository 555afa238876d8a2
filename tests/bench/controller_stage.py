"""What the controller benchmarks stand on: an API server, keys, many SealedSecrets, and either controller."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from deploy.local.control_plane import ControlPlane
from deploy.local.network import free_port
from deploy.local.peers import SealedSecretsController
from deploy.local.process import Command, Process, Processes
from sealer import wire
from sealer.keyring import SealingKey
from sealer.wire.rsa import hybrid_encrypt
from tests.bench.frame import Cost, process_age, process_cpu, process_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deploy.local.find import Parts

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
PROGRAM: Final = str(Path(sys.executable).parent / "sealer-controller")
OWN_NAMESPACE: Final = "kube-system"
ACCOUNT: Final = "sealed-secrets-controller"
QPS_OFF: Final = ("--kubeclient-qps=-1",)
MOST_SECONDS: Final = 1800
_UNSEAL_REQUESTS: Final = re.compile(r"^sealed_secrets_controller_unseal_requests_total (\S+)$", re.MULTILINE)


@dataclass
class Runner:
    """A controller that runs.

    Attributes:
        process: Its process.
        objects_seen: Returns how many SealedSecrets it is through with since its start.
        metrics_url: Where its metrics are.

    """

    process: Process
    objects_seen: Callable[[], int]
    metrics_url: str

    def cost(self) -> Cost:
        """Return what it has cost since its start."""
        pid = self.process.pid
        return Cost(process_age(pid), process_cpu(pid), process_memory(pid))

    def wait(self, what: str, condition: Callable[[], bool]) -> Cost:
        """Wait for a condition, and return what the controller has cost until then."""
        begin = time.perf_counter()
        while not condition():
            if time.perf_counter() - begin > MOST_SECONDS or not self.process.alive():
                raise TimeoutError(f"{self.process.name}: no {what}; it says {self.process.output()[-2000:]}")
            # Each look costs the API server a TLS handshake: more of them would be a good part of what is measured.
            time.sleep(0.1)
        return self.cost()


@dataclass
class Stage:
    """What both controllers run on.

    Attributes:
        cluster: The API server.
        parts: The peer's binaries.
        processes: Who starts processes.
        keys: The sealing keys, the oldest first, which both use.

    """

    cluster: ControlPlane
    parts: Parts
    processes: Processes
    keys: list[SealingKey] = field(default_factory=list)

    def ours(self, *flags: str) -> _Ours:
        """Return our controller, to be entered."""
        return _Ours(self, flags)

    @contextmanager
    def peer(self, *flags: str) -> Iterator[Runner]:
        """Run the existing controller."""
        with SealedSecretsController(self.cluster, self.parts, self.processes, flags=flags) as controller:

            def seen() -> int:
                found = _UNSEAL_REQUESTS.search(controller.metrics())
                return int(float(found[1])) if found else 0

            yield Runner(controller.process, seen, controller.metrics_url)

    @contextmanager
    def objects(self, count: int) -> Iterator[str]:
        """Make so many SealedSecrets under the oldest key, in a namespace of their own; yield it; delete all after."""
        namespace = f"bench-{time.monotonic_ns()}"
        self.cluster.create_namespace(namespace)
        self.create(namespace, range(count))
        yield namespace
        self.cluster.kubectl("delete", "sealedsecret,secret", "--all", "-n", namespace, "--wait=false")
        self.cluster.delete_namespace(namespace)
        # The next controller must find only its own objects.
        self.cluster.wait_for(
            "the objects to be gone", lambda: count_of(self.cluster, SEALED_SECRETS) == 0, seconds=600
        )

    def create(self, namespace: str, numbers: range) -> None:
        """Make SealedSecrets ``secret-NUMBER``."""
        path = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets"
        public_key = self.keys[0].private_key.public_key()

        def create(number: int) -> None:
            name = f"secret-{number}"
            value = wire.encode(hybrid_encrypt(public_key, b"value", f"{namespace}/{name}".encode()))
            self.cluster.request("POST", path, manifest(namespace, name, value))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(create, numbers))

    def secrets(self, namespace: str) -> int:
        """Count the Secrets of a namespace."""
        return count_of(self.cluster, f"/api/v1/namespaces/{namespace}/secrets")

    def drop_secrets(self, namespace: str) -> None:
        """Delete the Secrets of a namespace, so that a first sync can be repeated."""
        self.cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets")


class _Ours:
    def __init__(self, stage: Stage, flags: tuple[str, ...]) -> None:
        self._stage, self._flags = stage, flags

    def __enter__(self) -> Runner:
        cluster = self._stage.cluster
        kubeconfig = cluster.service_account_kubeconfig(OWN_NAMESPACE, ACCOUNT)
        # Python may write its bytecode, as it does for an installed program.
        environment = {k: v for k, v in cluster.environment(kubeconfig).items() if k != "PYTHONDONTWRITEBYTECODE"}
        metrics = f"127.0.0.1:{free_port()}"
        listen = ("--listen-addr", f"127.0.0.1:{free_port()}", "--listen-metrics-addr", metrics)
        command = Command(
            name="sealer-controller",
            arguments=(PROGRAM, *listen, *self._flags),
            log=cluster.folder / "logs" / f"sealer-controller-{time.monotonic_ns()}.log",
            environment=environment | {"POD_NAMESPACE": OWN_NAMESPACE},
        )
        self._process = process = self._stage.processes.start(command)

        def seen() -> int:
            found = re.search(r"start-up pass done.* objects=(\d+)", process.output())
            return int(found[1]) if found else 0

        return Runner(process, seen, f"http://{metrics}")

    def __exit__(self, *_: object) -> None:
        self._stage.processes.stop(self._process)


SEALED_SECRETS: Final = "/apis/bitnami.com/v1alpha1/sealedsecrets"


@contextmanager
def stage(parts: Parts, *, keys: int = 1) -> Iterator[Stage]:
    """Start an API server with CRD, RBAC and so many sealing keys, so that neither controller spends time on one."""
    with (
        tempfile.TemporaryDirectory() as name,
        Processes() as processes,
        ControlPlane(Path(name) / "control-plane", parts, processes) as cluster,
    ):
        cluster.apply((DEPLOY / "crds" / "sealedsecrets.bitnami.com.yaml").read_text())
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd/sealedsecrets.bitnami.com")
        for file in ("service-account.yaml", "rbac.yaml"):
            cluster.kubectl("apply", "-n", OWN_NAMESPACE, "-f", str(DEPLOY / "base" / "controller" / file))
        found = Stage(cluster, parts, processes)
        for number in range(keys):
            begins = datetime.now(UTC) - timedelta(hours=keys - number)
            key = SealingKey.generate(bits=4096, common_name="", validity=timedelta(days=3650), now=begins)
            found.keys.append(key)
            cluster.apply(yaml.safe_dump(_key_secret(key, number)))
        yield found


def count_of(cluster: ControlPlane, path: str) -> int:
    """Count the objects of a collection without fetching them: `remainingItemCount` beside a page of one."""
    page = cluster.request("GET", f"{path}?limit=1")
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


def manifest(namespace: str, name: str, value: str) -> dict[str, Any]:
    """Return a SealedSecret with one sealed value."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": metadata,
        "spec": {"encryptedData": {"item": value}, "template": {"metadata": metadata}},
    }


def _key_secret(key: SealingKey, number: int) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": f"sealed-secrets-keybench{number:02}",
            "namespace": OWN_NAMESPACE,
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
        },
        "stringData": {"tls.key": key.private_pem().decode(), "tls.crt": key.certificate_pem().decode()},
    }
