"""The first sync of many SealedSecrets, against the existing controller on the same API server."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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
from tests.bench.frame import Comparison, Cost, process_age, process_cpu, process_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploy.local.find import Parts

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
PROGRAM: Final = str(Path(sys.executable).parent / "sealer-controller")
OWN_NAMESPACE: Final = "kube-system"
ACCOUNT: Final = "sealed-secrets-controller"
OBJECTS: Final = 1000
# At its default flags the existing controller syncs about one object a second; this many show that.
OBJECTS_AT_DEFAULTS: Final = 60
MOST_SECONDS: Final = 600


@dataclass(frozen=True)
class Bench:
    """What both controllers run on."""

    cluster: ControlPlane
    parts: Parts
    processes: Processes
    key: SealingKey


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield the first sync against the peer without its client-side rate limit, and with its default flags."""
    with (
        tempfile.TemporaryDirectory() as name,
        Processes() as processes,
        ControlPlane(Path(name) / "control-plane", parts, processes) as cluster,
    ):
        bench = Bench(cluster, parts, processes, _install(cluster))
        for objects, flags, against in (
            (OBJECTS, ("--kubeclient-qps=-1",), "the existing controller, its QPS limit off"),
            (OBJECTS_AT_DEFAULTS, (), "the existing controller at its default flags"),
        ):
            peer = _sync(bench, objects, _peer(bench, flags))
            ours = _sync(bench, objects, _ours(bench))
            yield Comparison(f"first sync of {objects}", ours, peer, against)


def _sync(bench: Bench, objects: int, controller: AbstractContextManager[Process]) -> Cost:
    """Make objects, start a controller on them, and measure until the last Secret is there."""
    namespace = f"bench-{time.monotonic_ns()}"
    bench.cluster.create_namespace(namespace)
    _create(bench, namespace, objects)
    begin = time.perf_counter()
    with controller as process:
        while _secrets(bench.cluster, namespace) < objects:
            if time.perf_counter() - begin > MOST_SECONDS:
                raise TimeoutError(f"{process.name} did not sync {objects} objects in {MOST_SECONDS} s")
            time.sleep(0.05)
        cost = Cost(process_age(process.pid), process_cpu(process.pid), process_memory(process.pid))
    # The next controller must find only its own objects.
    bench.cluster.kubectl("delete", "sealedsecret,secret", "--all", "-n", namespace, "--wait=false")
    bench.cluster.delete_namespace(namespace)
    bench.cluster.wait_for("the objects to be gone", lambda: _sealed(bench.cluster) == 0, seconds=120)
    return cost


def _secrets(cluster: ControlPlane, namespace: str) -> int:
    """Count the Secrets of a namespace without fetching them: `remainingItemCount` beside a page of one."""
    page = cluster.request("GET", f"/api/v1/namespaces/{namespace}/secrets?limit=1")
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


def _sealed(cluster: ControlPlane) -> int:
    page = cluster.request("GET", "/apis/bitnami.com/v1alpha1/sealedsecrets?limit=1")
    return len(page["items"])


def _create(bench: Bench, namespace: str, objects: int) -> None:
    path = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets"
    public_key = bench.key.private_key.public_key()

    def create(number: int) -> None:
        name = f"secret-{number}"
        value = wire.encode(hybrid_encrypt(public_key, b"value", f"{namespace}/{name}".encode()))
        manifest = {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "encryptedData": {"item": value},
                "template": {"metadata": {"name": name, "namespace": namespace}},
            },
        }
        bench.cluster.request("POST", path, manifest)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(objects)))


def _install(cluster: ControlPlane) -> SealingKey:
    """Install CRD, RBAC and one sealing key that both controllers use, so that neither spends time on making one."""
    cluster.apply((DEPLOY / "crds" / "sealedsecrets.bitnami.com.yaml").read_text())
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd/sealedsecrets.bitnami.com")
    for name in ("service-account.yaml", "rbac.yaml"):
        cluster.kubectl("apply", "-n", OWN_NAMESPACE, "-f", str(DEPLOY / "base" / "controller" / name))
    key = SealingKey.generate(bits=4096, common_name="", validity=timedelta(days=3650), now=datetime.now(UTC))
    cluster.apply(yaml.safe_dump(_key_secret(key)))
    return key


def _key_secret(key: SealingKey) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": "sealed-secrets-keybench",
            "namespace": OWN_NAMESPACE,
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
        },
        "stringData": {"tls.key": key.private_pem().decode(), "tls.crt": key.certificate_pem().decode()},
    }


@contextmanager
def _peer(bench: Bench, flags: tuple[str, ...]) -> Iterator[Process]:
    with SealedSecretsController(bench.cluster, bench.parts, bench.processes, flags=flags) as controller:
        yield controller.process


@contextmanager
def _ours(bench: Bench) -> Iterator[Process]:
    kubeconfig = bench.cluster.service_account_kubeconfig(OWN_NAMESPACE, ACCOUNT)
    command = Command(
        name="sealer-controller",
        arguments=(PROGRAM, "--listen-addr", f"127.0.0.1:{free_port()}"),
        log=bench.cluster.folder / "logs" / "sealer-controller.log",
        environment=bench.cluster.environment(kubeconfig) | {"POD_NAMESPACE": OWN_NAMESPACE},
    )
    process = bench.processes.start(command)
    try:
        yield process
    finally:
        bench.processes.stop(process)
