"""The webhook as a process, registered with a real API server."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from deploy.local.network import free_port
from deploy.local.process import Command
from tests.support import certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Process, Processes

LOOPBACK: Final = "127.0.0.1"
LABEL: Final = "sealer.dev/admission-test"
PROGRAM: Final = Path(sys.executable).parent / "sealer-injector"
BASE: Final = Path(__file__).parents[2] / "deploy" / "base" / "injector"
FLAGS: Final = ("--vault-address", "http://vault.example:8200", "--agent-image", "sealer-agent:test")


def registration(name: str, port: int, ca: bytes | None, label: str) -> dict[str, Any]:
    """The registration of deploy/base, with a URL in place of the Service, for the namespaces with one label."""
    manifest: dict[str, Any] = yaml.safe_load((BASE / "webhook.yaml").read_text())
    manifest["metadata"]["name"] = name
    for webhook in manifest["webhooks"]:
        webhook["clientConfig"] = {"url": f"https://{LOOPBACK}:{port}/mutate"}
        webhook["namespaceSelector"] = {"matchLabels": {LABEL: label}}
        if ca is not None:
            webhook["clientConfig"]["caBundle"] = base64.b64encode(ca).decode()
    return manifest


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a webhook process, free of flags that the machine's own environment may set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_INJECT_")}
    return {**kept, **(extra or {})}


@dataclass(frozen=True)
class Webhook:
    """A webhook process, the name of its registration, and the label of the namespaces that it serves."""

    process: Process
    port: int
    name: str
    label: str
    certificate: certificates.Serving


@pytest.fixture(scope="module")
def webhook(
    control_plane: ControlPlane, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webhook]:
    """A webhook with a certificate from files, registered as deploy/base says."""
    folder = tmp_path_factory.mktemp("webhook")
    name = label = f"admission-{secrets.token_hex(4)}"
    serving = certificates.generate([LOOPBACK])
    (folder / "tls.crt").write_bytes(serving.certificate)
    (folder / "tls.key").write_bytes(serving.key)
    port = free_port()
    files = ("--tls-cert-file", str(folder / "tls.crt"), "--tls-key-file", str(folder / "tls.key"))
    arguments = (str(PROGRAM), "--listen", f"{LOOPBACK}:{port}", *FLAGS, *files)
    process = processes.start(Command(name, arguments, folder / "log", environment()))
    process.wait_until(lambda: " serving " in process.output(), seconds=30)
    control_plane.apply(yaml.safe_dump(registration(name, port, serving.ca, label)))
    yield Webhook(process, port, name, label, serving)
    control_plane.kubectl("delete", "mutatingwebhookconfiguration", name)
    processes.stop(process)


@pytest.fixture
def labelled(control_plane: ControlPlane, webhook: Webhook) -> Iterator[str]:
    """A fresh namespace that the webhook serves, and that enforces the Pod Security level "restricted"."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.create_namespace(name, {LABEL: webhook.label, "pod-security.kubernetes.io/enforce": "restricted"})
    yield name
    control_plane.delete_namespace(name)
