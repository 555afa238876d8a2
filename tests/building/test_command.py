"""The command by itself."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

COMMAND: Final = str(Path(sys.executable).parent / "sealer-kustomize")
ENVIRONMENT: Final = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
MANIFEST = """
apiVersion: sealer.dev/v1alpha1
kind: SecretGenerator
metadata: {name: app}
spec: {data: [{path: secret/hello}]}
"""


def run(*arguments: str, stdin: bytes | int = b"", **more: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [COMMAND, *arguments],
        input=stdin if isinstance(stdin, bytes) else None,
        stdin=stdin if isinstance(stdin, int) else None,
        env=ENVIRONMENT | more,
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_version_and_help_say_what_they_are() -> None:
    assert run("--version")[:2] == (0, f"sealer-kustomize, version {__import__('sealer').__version__}\n")
    code, output, _ = run("--help")
    assert code == 0
    assert "--enable-exec" in output


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['x', '--help']; from injector.kustomize.main import main\n"
        "try: main()\n"
        "finally: print(sorted({'hvac', 'requests', 'yaml', 'kubernetes'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == "[]\n"


def test_a_terminal_is_told_how_it_is_meant() -> None:
    master, slave = pty.openpty()
    try:
        code, output, errors = run(stdin=slave)
    finally:
        os.close(master)
        os.close(slave)
    assert (code, output) == (2, "")
    assert "error: there is no ResourceList on stdin" in errors
    assert "sealer-kustomize FILE" in errors


def test_more_than_one_argument_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFEST)
    code, output, errors = run(str(tmp_path / "a.yaml"), "more")
    assert (code, output) == (2, "")
    assert errors == "error: got unexpected extra argument (more)\nhint: see `sealer-kustomize --help`\n"


def test_an_unknown_option_is_said_in_our_manner() -> None:
    assert run("--nope") == (2, "", "error: no such option '--nope'\nhint: see `sealer-kustomize --help`\n")


def test_an_interruption_ends_without_a_traceback(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen([COMMAND, str(tmp_path / "pipe")], stderr=subprocess.PIPE, env=ENVIRONMENT)
    with (tmp_path / "pipe").open("wb"):  # opens only when the command reads
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, b"error: interrupted")


def test_nothing_on_stdin_is_an_error() -> None:
    assert run() == (3, "", "error: stdin: there is no document in it\nhint: expected YAML or JSON manifests\n")


def test_a_file_that_is_not_there_is_named() -> None:
    assert run("/nowhere/a.yaml")[2] == "error: cannot read /nowhere/a.yaml: no such file or directory\n"


def test_without_address_and_without_token_there_is_nothing_to_ask(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(MANIFEST)
    code, output, errors = run(str(file))
    assert (code, output) == (3, "")
    assert errors.startswith("error: SecretGenerator app: there is no address of Vault\n")
    assert run(str(file), VAULT_ADDR="http://127.0.0.1:9")[2].startswith(
        "error: SecretGenerator app: there is no token for vault\n"
    )


def test_a_generator_file_s_error_names_file_document_and_line(tmp_path: Path) -> None:
    path = tmp_path / "generator.yaml"
    path.write_text(
        "apiVersion: sealer.dev/v1alpha1\nkind: SecretGenerator\nmetadata:\n  name: db\nspec:\n"
        "  data:\n    - path: secret/db\n      feild: password\n"
    )
    program = Path(sys.executable).with_name("sealer-kustomize")
    done = subprocess.run([str(program), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f"error: {path}, document 1, line 8: SecretGenerator db: spec.data.0.feild" in done.stderr
    assert "hint: did you mean field?" in done.stderr
    assert done.stdout == ""
