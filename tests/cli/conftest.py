"""Sessions: a folder with a certificate, its key and a Secret, and a way to run commands in it."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sealer.cli.main import run
from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from pathlib import Path

SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: hunter2
"""


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a session; no kubeconfig and no setting of the machine reaches it."""
    for name in [name for name in os.environ if name.startswith(("SEALER_", "SEALED_SECRETS_", "KUBE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cert.pem").write_bytes(certificate_pem("rsa-2048"))
    (tmp_path / "key.pem").write_bytes(key_pem("rsa-2048"))
    (tmp_path / "secret.yaml").write_text(SECRET)
    return tmp_path


class Session:
    """Runs commands in the folder, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[bytes]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: bytes | str = b"") -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        self._capsys.readouterr()
        code = run(list(arguments))
        out, err = self._capsys.readouterr()
        return Result(code, out.decode(), err.decode())


@pytest.fixture
def sealer(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Session:
    """`sealer ARGUMENTS…`."""
    assert folder.is_dir()
    return Session(monkeypatch, capsysbinary)
