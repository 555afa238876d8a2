"""The command as it is installed: help, completion, exit codes, pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from sealer import __version__
from sealer.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from tests.cli.conftest import Session

SCRIPT = str(Path(sys.executable).with_name("sealer"))
# As it is at a user's: with buffers.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}


def script(*arguments: str, stdin: bytes = b"", environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [SCRIPT, *arguments], input=stdin, capture_output=True, env=environment or ENVIRONMENT, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_installed_script_seals(folder: Path) -> None:
    code, out, err = script("seal", "--cert", "cert.pem", stdin=(folder / "secret.yaml").read_bytes())
    assert (code, err) == (0, "")
    assert out.startswith("---\napiVersion: bitnami.com/v1alpha1\n")


def test_the_version_is_said(sealer: Session) -> None:
    assert sealer("--version").stdout == f"sealer {__version__}\n"


@pytest.mark.parametrize("arguments", [("--help",), ("-h",)])
def test_help_lists_every_command_with_its_own_short_help(sealer: Session, arguments: tuple[str, ...]) -> None:
    result = sealer(*arguments)
    assert (result.code, result.stderr) == (0, "")
    with click.Context(cli) as context:
        for name, (_, text) in COMMANDS.items():
            assert f"{name} " in result.stdout
            command = cli.get_command(context, name)
            assert command is not None
            assert (command.help or "").partition("\n\n")[0].replace("\n", " ") == text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(sealer: Session, name: str) -> None:
    for option in ("--help", "-h"):
        result = sealer(name, option)
        assert (result.code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"Usage: sealer {name} ")
        assert "Examples:" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    with click.Context(cli) as context:
        command = cli.get_command(context, name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.rstrip().endswith((".", "]")), parameter.name


def test_without_a_command_help_goes_to_standard_error(sealer: Session) -> None:
    result = sealer()
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: sealer ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nope",), "error: no such command 'nope'\nhint: see `sealer --help`\n"),
        (("seal", "--nope"), "error: no such option '--nope'"),
        (("seal", "--scope", "wide"), "error: invalid value for '--scope': 'wide' is not one of"),
        (("seal", "-o", "xml"), "error: invalid value for '-o' / '--output': 'xml' is not one of 'yaml', 'json'"),
        (("seal", "--cert"), "error: option '--cert' requires an argument\n"),
    ],
)
def test_a_wrong_use_is_said_in_our_manner(sealer: Session, arguments: tuple[str, ...], message: str) -> None:
    result = sealer(*arguments)
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes(shell: str) -> None:
    code, out, _ = script(environment=ENVIRONMENT | {"_SEALER_COMPLETE": f"{shell}_source"})
    assert code == 0
    assert "_SEALER_COMPLETE" in out
    words = {"COMP_WORDS": "sealer un", "COMP_CWORD": "un" if shell == "fish" else "1"}
    code, out, _ = script(environment=ENVIRONMENT | words | {"_SEALER_COMPLETE": f"{shell}_complete"})
    assert code == 0
    assert "unseal" in out
    assert "verify" not in out


def test_options_of_a_command_complete() -> None:
    words = {"COMP_WORDS": "sealer seal --sco", "COMP_CWORD": "2", "_SEALER_COMPLETE": "bash_complete"}
    assert "--scope" in script(environment=ENVIRONMENT | words)[1]


@pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_reader_that_has_seen_enough_is_no_error(folder: Path, unbuffered: dict[str, str]) -> None:
    (folder / "many.yaml").write_text(("---\n" + (folder / "secret.yaml").read_text()) * 500)
    command = [SCRIPT, "seal", "--cert", "cert.pem", "many.yaml"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT | unbuffered
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(3) == b"---"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_full_disk_behind_a_redirection_is_an_error(folder: Path, unbuffered: dict[str, str]) -> None:
    assert folder.is_dir()
    command = [SCRIPT, "seal", "--cert", "cert.pem", "secret.yaml"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT | unbuffered, check=False)
    assert done.returncode == 3
    assert done.stderr == b"error: cannot write to standard output: no space left on device\n"


def test_a_device_as_output_stays_one(folder: Path) -> None:
    assert folder.is_dir()
    assert script("seal", "--cert", "cert.pem", "secret.yaml", "-w", os.devnull)[0] == 0
    assert Path(os.devnull).is_char_device()
    assert "SealedSecret" in script("seal", "--cert", "cert.pem", "secret.yaml", "-w", "/dev/stdout")[1]


def test_the_same_file_on_standard_input_and_as_output_is_refused(folder: Path) -> None:
    with (folder / "secret.yaml").open("rb") as stdin:
        command = [SCRIPT, "seal", "--cert", "cert.pem", "-w", "secret.yaml"]
        done = subprocess.run(command, stdin=stdin, capture_output=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 2
    assert b"both input and output" in done.stderr
    assert "hunter2" in (folder / "secret.yaml").read_text()


def test_an_interruption_ends_without_a_traceback(folder: Path) -> None:
    assert folder.is_dir()
    os.mkfifo("pipe")
    command = [SCRIPT, "seal", "--cert", "cert.pem", "pipe"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT)
    with Path("pipe").open("wb"):  # opens only when the command reads
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr.strip() == b"error: interrupted"


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_text_is_utf8_whatever_the_locale(folder: Path, locale: str) -> None:
    text = (folder / "secret.yaml").read_text().replace("name: db", "name: db\n  labels: {a: ü}")
    environment = ENVIRONMENT | {"LC_ALL": locale, "PYTHONIOENCODING": "ascii"}
    code, out, _ = script("seal", "--cert", "cert.pem", stdin=text.encode(), environment=environment)
    assert code == 0
    assert "a: ü" in out
