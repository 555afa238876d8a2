"""The existing system beside ours: its command line, and its controller with our test keys in its ring."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from deploy.local.peers import SealedSecretsController
from tests.support.vectors import KEYS, certificate_pem, key_pem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

SIZES: Final = ["rsa-2048", "rsa-3072", "rsa-4096"]
SCOPES: Final = ["strict", "namespace-wide", "cluster-wide"]
SEALER: Final = str(Path(sys.executable).with_name("sealer"))
# Item keys that some YAML reader takes for something else than a string.
AWKWARD: Final = [
    "y",
    "n",
    "on",
    "Off",
    "yes",
    "true",
    "null",
    "1",
    "010",
    "0o17",
    "0x1f",
    "1e3",
    "1.30",
    "-1",
    "2020-01-01",
]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def secret(items: dict[str, bytes], name: str = "db", namespace: str = "shop", **fields: Any) -> dict[str, Any]:
    """Return a Secret manifest."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: b64(value) for key, value in items.items()},
    } | fields


def items_of(manifest: dict[str, Any]) -> dict[str, bytes]:
    """Return the items of a Secret manifest; Go writes null for an empty one."""
    return {key: base64.b64decode(value or "") for key, value in (manifest.get("data") or {}).items()}


EVERYTHING: Final = {"empty": b"", "binary": bytes(range(256)), **{key: key.encode() for key in AWKWARD}}
LARGE: Final = {"large": bytes(range(256)) * 4096}


def sealer(*arguments: str, stdin: str | bytes = b"", environment: dict[str, str] | None = None) -> str:
    """Run the installed `sealer` and return what it prints."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [SEALER, *arguments], input=data, capture_output=True, env=environment or os.environ, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def cert(size: str) -> str:
    return str(KEYS / f"test-only-{size}.cert.pem")


def key(size: str) -> str:
    return str(KEYS / f"test-only-{size}.key.pem")


class Kubeseal:
    """The real kubeseal, offline: no kubeconfig reaches it."""

    def __init__(self, path: Path, home: Path) -> None:
        self._path = str(path)
        self._environment = {"HOME": str(home), "PATH": os.environ["PATH"]}

    def run(self, *arguments: str, stdin: str | bytes = b"") -> subprocess.CompletedProcess[bytes]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        command = [self._path, *arguments]
        return subprocess.run(command, input=data, capture_output=True, env=self._environment, check=False)

    def __call__(self, *arguments: str, stdin: str | bytes = b"") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def opened(self, sealed: str, size: str = "rsa-2048") -> dict[str, Any]:
        """Return the Secret that a SealedSecret becomes."""
        found: dict[str, Any] = json.loads(self("--recovery-unseal", "--recovery-private-key", key(size), stdin=sealed))
        return found


@pytest.fixture
def kubeseal(parts: Parts, tmp_path: Path) -> Kubeseal:
    return Kubeseal(parts.path("kubeseal"), tmp_path)


@dataclass(frozen=True)
class Peer:
    """The existing controller, which watches its own namespace only."""

    namespace: str
    cluster: ControlPlane

    @property
    def controller(self) -> tuple[str, ...]:
        """The options that name it."""
        return ("--controller-namespace", self.namespace)

    @property
    def environment(self) -> dict[str, str]:
        return self.cluster.environment()

    def make(self, manifest: str) -> dict[str, Any]:
        """Create a SealedSecret and return it with the status that the controller gives it."""
        created = json.loads(
            self.cluster.kubectl("create", "-n", self.namespace, "-f", "-", "-o", "json", input=manifest)
        )
        path = f"/apis/bitnami.com/v1alpha1/namespaces/{self.namespace}/sealedsecrets/{created['metadata']['name']}"
        self.cluster.wait_for("it has a status", lambda: bool(self.cluster.request("GET", path).get("status")))
        return self.cluster.request("GET", path)

    def secret(self, name: str) -> dict[str, Any]:
        return self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{name}")


@pytest.fixture(scope="module")
def peer(control_plane: ControlPlane, parts: Parts, processes: Processes) -> Iterator[Peer]:
    """The existing controller with the three test keys, that of 4096 bits the newest."""
    with running_peer(control_plane, parts, processes) as running:
        yield running


@contextlib.contextmanager
def running_peer(control_plane: ControlPlane, parts: Parts, processes: Processes, *more: str) -> Iterator[Peer]:
    """Run the controller of `peer`, with more flags."""
    namespace = f"interop-{os.getpid()}-{os.urandom(3).hex()}"
    control_plane.create_namespace(namespace)
    label = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    for size in SIZES:
        made = secret({"tls.key": key_pem(size), "tls.crt": certificate_pem(size)}, f"key-{size}", namespace)
        body = made | {"type": "kubernetes.io/tls", "metadata": made["metadata"] | {"labels": label}}
        control_plane.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body)
    flags = ("--all-namespaces=false", "--kubeclient-qps=-1", *more)
    with SealedSecretsController(control_plane, parts, processes, namespace=namespace, flags=flags):
        yield Peer(namespace, control_plane)
    control_plane.delete_namespace(namespace)
