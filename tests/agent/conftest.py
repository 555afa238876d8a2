"""A pod's file system as a folder, and the agent as a process in it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.agent.configurations import configuration, newest, template
from tests.agent.staying import Staying

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.vault import VaultServer

AGENT: Final = Path(sys.executable).parent / "sealer-agent"
TOKEN: Final = "var/run/secrets/kubernetes.io/serviceaccount/token"


@dataclass
class Pod:
    """Where an agent runs."""

    root: Path
    address: str
    role: str = "app"
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [str(AGENT), "init", "--root", str(self.root), *arguments]

    def variables(self, *templates: dict[str, Any]) -> dict[str, str]:
        config = configuration(*templates, address=self.address, role=self.role)
        encoded = base64.b64encode(json.dumps(config).encode()).decode()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VAULT_")}
        return {**clean, "SEALER_AGENT_CONFIG": encoded, **self.environment}

    def run(self, *templates: dict[str, Any], arguments: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        environment = self.variables(*templates)
        command = self.command(*arguments)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def start(self, *templates: dict[str, Any]) -> subprocess.Popen[str]:
        environment = self.variables(*templates)
        return subprocess.Popen(self.command(), env=environment, stderr=subprocess.PIPE, text=True)

    def configured(self, config: dict[str, Any], command: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """Return the words and the environment of an agent with a configuration of any version."""
        encoded = base64.b64encode(json.dumps(config).encode()).decode()
        words = [str(AGENT), command, "--root", str(self.root), *arguments]
        return words, {**self.variables(), "SEALER_AGENT_CONFIG": encoded}

    def run_with(
        self, config: dict[str, Any], command: str = "run", *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        words, environment = self.configured(config, command, *arguments)
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def stay(self, config: dict[str, Any], *arguments: str) -> Staying:
        words, environment = self.configured(config, "run", *arguments)
        return Staying(subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True))

    def newest(self, *templates: dict[str, Any], mode: str = "sidecar", **more: Any) -> dict[str, Any]:
        return newest(*templates, mode=mode, address=self.address, role=self.role, **more)

    def file(self, name: str = "hello.txt") -> Path:
        return self.root / "vault" / "secrets" / name

    def files(self) -> list[str]:
        folder = self.root / "vault"
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def lonely_pod(tmp_path: Path) -> Pod:
    """A pod whose Vault is not there."""
    token = tmp_path / TOKEN
    token.parent.mkdir(parents=True)
    token.write_text("token")
    return Pod(tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def pod(control_plane: ControlPlane, vault: VaultServer, namespace: str, tmp_path: Path) -> Pod:
    """A pod of the service account `app`, with a real token."""
    control_plane.create_service_account(namespace, "app")
    token = tmp_path / TOKEN
    token.parent.mkdir(parents=True)
    token.write_text(control_plane.service_account_token(namespace, "app"))
    return Pod(tmp_path, vault.address)


@pytest.fixture
def canary() -> str:
    """A value that may be in the file and nowhere else."""
    return f"canary-{secrets.token_hex(8)}"


__all__ = ["Pod", "template"]
