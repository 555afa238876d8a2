"""A kustomization on disk, built by the real kustomize."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

if TYPE_CHECKING:
    from deploy.local.find import Parts
    from deploy.local.vault import VaultServer

PLUGIN: Final = Path(sys.executable).parent / "sealer-kustomize"


@dataclass
class Kustomization:
    """A folder with a kustomization, and how to build it.

    `legacy` chooses the protocol: the plugin below KUSTOMIZE_PLUGIN_HOME, or a KRM exec function.
    """

    folder: Path
    kustomize: Path
    environment: dict[str, str] = field(repr=False)
    legacy: bool = False
    generators: int = 0

    def add(self, spec: dict[str, Any], name: str = "app", **metadata: Any) -> None:
        """Add a generator."""
        annotations = dict(metadata.pop("annotations", {}))
        if not self.legacy:
            annotations["config.kubernetes.io/function"] = f"exec: {{path: {PLUGIN}}}"
        manifest = {
            "apiVersion": "sealer.dev/v1alpha1",
            "kind": "SecretGenerator",
            "metadata": {"name": name, **metadata, **({"annotations": annotations} if annotations else {})},
            "spec": spec,
        }
        (self.folder / f"generator-{self.generators}.yaml").write_text(json.dumps(manifest))
        self.generators += 1
        self.write(generators=[f"generator-{number}.yaml" for number in range(self.generators)])

    def write(self, **parts: Any) -> None:
        file = self.folder / "kustomization.yaml"
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(before | parts))

    def run(self) -> subprocess.CompletedProcess[str]:
        flags = ["--enable-alpha-plugins"] if self.legacy else ["--enable-alpha-plugins", "--enable-exec"]
        command = [str(self.kustomize), "build", *flags, str(self.folder)]
        # Built from elsewhere: relative files have to start at the kustomization all the same.
        return subprocess.run(
            command, env=self.environment, cwd="/", capture_output=True, text=True, check=False, timeout=60
        )

    def build(self) -> list[dict[str, Any]]:
        done = self.run()
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(params=["krm", "legacy"])
def kustomization(request: pytest.FixtureRequest, parts: Parts, vault: VaultServer, tmp_path: Path) -> Kustomization:
    """An empty kustomization, for each protocol, with a token that may read what the policy `app` allows."""
    plugin = tmp_path / "plugins" / "sealer.dev" / "v1alpha1" / "secretgenerator" / "SecretGenerator"
    plugin.parent.mkdir(parents=True)
    plugin.symlink_to(PLUGIN)
    folder = tmp_path / "kustomization"
    folder.mkdir()
    environment = vault.environment(vault.token(["app"])) | {"KUSTOMIZE_PLUGIN_HOME": str(tmp_path / "plugins")}
    return Kustomization(folder, parts.path("kustomize"), environment, legacy=request.param == "legacy")


@pytest.fixture
def canary() -> str:
    """A value that may be in the Secret and nowhere else."""
    return f"canary-{secrets.token_hex(8)}"
