"""What a command may import: offline is a tested property, and start-up time is spent on what is used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.vectors import certificate_pem, key_pem

if TYPE_CHECKING:
    from pathlib import Path

# Third-party top levels; those that begin with _, and cython_runtime, are parts of cryptography and PyYAML, and
# cryptography's reader of SSH keys imports bcrypt, which is small, wherever it is installed.
PARTS: Final = {"_yaml", "_cffi_backend", "_openssl", "cython_runtime", "bcrypt"}
ALLOWED: Final = {"sealer", "click", "yaml", "cryptography"} | PARTS
NEEDLESS: Final = {"asyncio", "ssl", "http", "urllib.request", "tempfile", "traceback", "logging"}
SECRET: Final = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {c: d}\n"
# Modules of the interpreter's own start, and of the editable install, do not count: the difference does.
PROGRAM: Final = """
import sys
before = set(sys.modules)
from sealer.cli.main import run
code = run(sys.argv[1:])
for name in sorted(set(sys.modules) - before):
    origin = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None) or ""
    print(name, "site-packages" in origin or name.partition(".")[0] not in sys.stdlib_module_names, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cert.pem").write_bytes(certificate_pem("rsa-2048"))
    (tmp_path / "key.pem").write_bytes(key_pem("rsa-2048"))
    (tmp_path / "secret.yaml").write_text(SECRET)
    _, sealed = imported(tmp_path, "seal", "--cert", "cert.pem", "secret.yaml")
    (tmp_path / "sealed.yaml").write_text(sealed)
    return tmp_path


def imported(folder: Path, *arguments: str) -> tuple[dict[str, bool], str]:
    """Return what a command imports, module to whether it is a third party's, and what it prints."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    pairs = (line.rsplit(" ", 1) for line in done.stderr.splitlines())
    return {name: third == "True" for name, third in pairs}, done.stdout


OFFLINE: Final = [
    ("--help",),
    ("--version",),
    ("seal", "--help"),
    ("verify", "--help"),
    ("seal", "--cert", "cert.pem", "secret.yaml"),
    ("seal", "--cert", "cert.pem", "-o", "json", "-w", "out.json", "secret.yaml"),
    ("seal", "--cert", "cert.pem", "--raw", "--name", "a", "--namespace", "b", "-f", "secret.yaml"),
    ("unseal", "--key", "key.pem", "sealed.yaml"),
    ("verify", "--key", "key.pem", "sealed.yaml"),
    ("cert", "--cert", "cert.pem", "-o", "text"),
    ("kubeseal", "--version"),
    ("kubeseal", "--help"),
    ("kubeseal", "--cert", "cert.pem", "-f", "secret.yaml", "-w", "out.yaml"),
    ("kubeseal", "--cert", "cert.pem", "--raw", "--name", "a", "-n", "b", "--from-file", "secret.yaml"),
    ("kubeseal", "--cert", "cert.pem", "-f", "secret.yaml", "--merge-into", "sealed.yaml"),
    ("kubeseal", "--recovery-unseal", "--recovery-private-key", "key.pem", "-f", "sealed.yaml"),
    ("set", "--cert", "cert.pem", "sealed.yaml", "e=secret.yaml"),
    ("unset", "--allow-empty-data", "sealed.yaml", "c"),
    ("reseal", "--key", "key.pem", "--cert", "cert.pem", "sealed.yaml"),
]


@pytest.mark.parametrize("arguments", OFFLINE, ids=" ".join)
def test_an_offline_command_imports_the_core_and_nothing_else(folder: Path, arguments: tuple[str, ...]) -> None:
    modules, _ = imported(folder, *arguments)
    tops = {name.partition(".")[0] for name, third_party in modules.items() if third_party}
    assert {top for top in tops if not top.startswith("_cython")} <= ALLOWED
    assert modules.keys() & NEEDLESS == set()
    assert "sealer.cluster" not in modules


def test_help_imports_no_command_and_no_cryptography(folder: Path) -> None:
    modules, _ = imported(folder, "--help")
    commands = {"sealer.cli.seal", "sealer.cli.unseal", "sealer.cli.verify", "sealer.cli.cert"}
    assert modules.keys() & (commands | {"cryptography", "yaml"}) == set()
    assert "click" in modules


def test_the_list_of_imports_is_not_empty_by_mistake(folder: Path) -> None:
    modules, _ = imported(folder, "seal", "--cert", "cert.pem", "secret.yaml")
    assert {"sealer.seal", "click", "yaml", "cryptography"} <= modules.keys()
    assert modules["click"]
    assert not modules["json"]


def test_the_command_that_asks_the_cluster_is_seen_to_import_its_client(folder: Path) -> None:
    program = PROGRAM.replace("sys.exit(code)", "sys.exit(0)")
    command = [sys.executable, "-c", program, "cert", "--kubeconfig", "secret.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "\nkubernetes " in done.stderr
