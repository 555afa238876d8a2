"""Both command lines, each in a folder of its own with the same files in it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sealer.cli.main import run
from tests.interop.conftest import running_peer
from tests.interop.kubeseal.sites import Ended, changed, environment, fill, meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes
    from tests.interop.conftest import Peer


@dataclass
class Both:
    """The real kubeseal, and ours in this process.

    Attributes:
        files: Files besides those that every folder has.
        environ: Environment variables of both.

    """

    binary: str
    base: Path
    monkeypatch: pytest.MonkeyPatch
    capture: Any
    files: dict[str, str | bytes] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def theirs(self, words: str, stdin: str | bytes = b"", environ: Mapping[str, str] | None = None) -> Ended:
        """Run the real one; `stdin` is a file's name or, as bytes, what it reads."""
        folder = self._folder("theirs")
        done = subprocess.run(
            [self.binary, *words.split()],
            cwd=folder,
            env=environment(folder, self.environ | dict(environ or {})),
            input=self._input(folder, stdin),
            capture_output=True,
            check=False,
        )
        return Ended(done.returncode, meaning(done.stdout), done.stderr.decode(), changed(folder, self.files))

    def ours(self, words: str, stdin: str | bytes = b"", environ: Mapping[str, str] | None = None) -> Ended:
        """Run ours."""
        folder = self._folder("ours")
        with self.monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("SEALER_", "SEALED_SECRETS_", "KUBE"))]:
                patch.delenv(name)
            for name, value in environment(folder, self.environ | dict(environ or {})).items():
                patch.setenv(name, value)
            patch.chdir(folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(self._input(folder, stdin))))
            self.capture.readouterr()
            code = run(["kubeseal", *words.split()])
            out, err = self.capture.readouterr()
        return Ended(code, meaning(out), err.decode(), changed(folder, self.files))

    def path(self, name: str) -> Path:
        """Return where our folder has a file."""
        return self.base / "ours" / name

    def _folder(self, name: str) -> Path:
        folder = self.base / name
        if not folder.exists():
            fill(folder, self.files)
        return folder

    def _input(self, folder: Path, stdin: str | bytes) -> bytes:
        return stdin if isinstance(stdin, bytes) else (folder / stdin).read_bytes()


@pytest.fixture(scope="module")
def binary(parts: Parts) -> str:
    return str(parts.path("kubeseal"))


@pytest.fixture
def both(
    binary: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Both:
    """Both command lines; what the second run changes is compared with what the folder had at first."""
    return Both(binary, tmp_path, monkeypatch, capsysbinary)


@pytest.fixture(scope="module")
def peer(control_plane: ControlPlane, parts: Parts, processes: Processes) -> Iterator[Peer]:
    """The existing controller, which never says that it is asked too often."""
    with running_peer(control_plane, parts, processes, "--rate-limit=1000", "--rate-limit-burst=1000") as running:
        yield running


@pytest.fixture(scope="module")
def sealed(binary: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """secret.yaml as the real kubeseal seals it, as JSON."""
    folder = tmp_path_factory.mktemp("sealed") / "site"
    fill(folder, {})
    command = [binary, "--cert", "cert.pem", "-f", "secret.yaml"]
    done = subprocess.run(command, cwd=folder, env=environment(folder, {}), capture_output=True, text=True, check=True)
    return done.stdout
