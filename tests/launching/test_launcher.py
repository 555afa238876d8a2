"""The launcher: variables in, a command in its place, or one line that says why not."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

CANARY: Final = "canary-77c1-value"
FAULT, NOT_RUN, NOT_FOUND = 125, 126, 127
BASE: Final = {"PATH": os.environ["PATH"]}


def env_file(folder: Path, variables: dict[str, str] | bytes) -> Path:
    path = folder / "env"
    records = (
        variables if isinstance(variables, bytes) else b"".join(f"{k}={v}\0".encode() for k, v in variables.items())
    )
    path.write_bytes(records)
    return path


def launch(
    launcher: Path, file: Path | str, *command: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    arguments = [str(launcher), "--env-file", str(file), "--", *command]
    return subprocess.run(arguments, env=environment or BASE, capture_output=True, check=False, timeout=20)


def seen(result: subprocess.CompletedProcess[bytes]) -> dict[str, str]:
    records = result.stdout.decode().split("\0")[:-1]
    return dict(record.split("=", 1) for record in records)


def test_the_command_sees_the_variables_of_the_file_and_those_of_the_container(launcher: Path, tmp_path: Path) -> None:
    file = env_file(tmp_path, {"PASSWORD": "p=w d", "MULTI": "l1\nl2\n", "EMPTY": ""})
    result = launch(launcher, file, "env", "-0", environment={**BASE, "KEPT": "yes"})
    assert seen(result) == {**BASE, "KEPT": "yes", "PASSWORD": "p=w d", "MULTI": "l1\nl2\n", "EMPTY": ""}


def test_a_variable_of_the_file_replaces_the_one_of_the_container_once(launcher: Path, tmp_path: Path) -> None:
    result = launch(launcher, env_file(tmp_path, {"MODE": "new"}), "env", "-0", environment={**BASE, "MODE": "old"})
    assert result.stdout.count(b"MODE=") == 1
    assert seen(result)["MODE"] == "new"


def test_an_empty_file_changes_nothing(launcher: Path, tmp_path: Path) -> None:
    assert seen(launch(launcher, env_file(tmp_path, b""), "env", "-0")) == BASE


@given(
    variables=st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "PATH"),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30),
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_arrives_byte_for_byte(launcher: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    assert seen(launch(launcher, env_file(tmp_path, variables), "env", "-0")) == {**BASE, **variables}


def test_arguments_are_passed_on_as_they_are(launcher: Path, tmp_path: Path) -> None:
    result = launch(launcher, env_file(tmp_path, {}), "printf", "[%s]", "--", "a b", "$HOME", "")
    assert result.stdout == b"[--][a b][$HOME][]"


def test_the_exit_status_is_the_commands_own(launcher: Path, tmp_path: Path) -> None:
    assert launch(launcher, env_file(tmp_path, {}), "sh", "-c", "exit 7").returncode == 7


def test_it_is_replaced_by_the_command_so_that_signals_reach_it(launcher: Path, tmp_path: Path) -> None:
    arguments = [
        str(launcher),
        "--env-file",
        str(env_file(tmp_path, {"A": "1"})),
        "--",
        "sh",
        "-c",
        "echo $$; exec sleep 60",
    ]
    with subprocess.Popen(arguments, env=BASE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_no_value_is_among_the_arguments_of_the_process(launcher: Path, tmp_path: Path) -> None:
    result = launch(launcher, env_file(tmp_path, {"SECRET": CANARY}), "cat", "/proc/self/cmdline")
    assert result.stdout == b"cat\0/proc/self/cmdline\0"


def test_a_command_without_a_slash_is_searched_for_along_the_path_of_the_result(launcher: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "hello"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    assert launch(launcher, env_file(tmp_path, {"PATH": f"/nowhere:{folder}:/bin"}), "hello").stdout == b"hello\n"


def test_without_a_path_the_usual_folders_are_searched(launcher: Path, tmp_path: Path) -> None:
    assert launch(launcher, env_file(tmp_path, {}), "true", environment={"A": "1"}).returncode == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"SECRET={CANARY}".encode(), "cut short"),
        (f"{CANARY}\0".encode(), "record 1 is not NAME=value"),
        (f"A=1\0={CANARY}\0".encode(), "record 2 is not NAME=value"),
        (f"A=1\0BAD NAME={CANARY}\0".encode(), "record 2 is not NAME=value"),
        (f"1A={CANARY}\0".encode(), "record 1 is not NAME=value"),
        (b"\0", "record 1 is not NAME=value"),
    ],
)
def test_a_damaged_file_is_refused_without_showing_a_value(
    launcher: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    result = launch(launcher, env_file(tmp_path, content), "true")
    assert result.returncode == FAULT
    assert says in result.stderr.decode()
    assert CANARY not in result.stderr.decode()


def test_a_file_that_is_not_there_is_named(launcher: Path, tmp_path: Path) -> None:
    result = launch(launcher, tmp_path / "absent", "true")
    assert (result.returncode, result.stderr.decode()) == (
        FAULT,
        f"sealer-launch: cannot read {tmp_path / 'absent'}: no such file or directory\n",
    )


def test_a_command_that_is_not_there_is_127(launcher: Path, tmp_path: Path) -> None:
    file = env_file(tmp_path, {})
    for command in ("no-such-command", "/no/such/command"):
        result = launch(launcher, file, command)
        assert (result.returncode, result.stderr.decode()) == (
            NOT_FOUND,
            f"sealer-launch: cannot run {command}: not found\n",
        )


def test_a_command_that_cannot_be_run_is_126(launcher: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    plain.chmod(stat.S_IRUSR)
    file = env_file(tmp_path, {})
    assert launch(launcher, file, str(plain)).returncode == NOT_RUN
    assert launch(launcher, file, str(tmp_path)).returncode == NOT_RUN


def test_variables_that_the_kernel_does_not_take_are_said_to_be_too_large(launcher: Path, tmp_path: Path) -> None:
    result = launch(launcher, env_file(tmp_path, {"BIG": CANARY * 20_000}), "true")
    assert result.returncode == NOT_RUN
    assert result.stderr.decode() == "sealer-launch: cannot run true: the variables are larger than the kernel takes\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--"],
        ["true"],
        ["--env-file"],
        ["--env-file", "f"],
        ["--env-file", "f", "--"],
        ["--", "true"],
        ["--x", "--"],
    ],
)
def test_wrong_use_shows_how_it_is_used(launcher: Path, arguments: list[str]) -> None:
    result = subprocess.run([launcher, *arguments], capture_output=True, check=False, timeout=20)
    assert result.returncode == FAULT
    assert result.stderr.decode().startswith("sealer-launch: usage: sealer-launch --env-file PATH -- COMMAND")


def test_the_binary_needs_nothing_of_the_image_that_it_is_copied_into(launcher: Path) -> None:
    ldd = shutil.which("ldd")
    if ldd is None:
        pytest.skip("ldd is not on PATH")
    result = subprocess.run([ldd, launcher], capture_output=True, text=True, check=False)
    assert "not a dynamic executable" in result.stdout + result.stderr
