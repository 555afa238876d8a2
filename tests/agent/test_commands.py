"""What runs after a change."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from injector.agent.commands import Command, Runner, arguments_of, signal_in
from injector.agent.errors import CommandError
from injector.agent.processes import named, send
from injector.agent.settings import Signal

HUP, USR1 = signal.SIGHUP.value, signal.SIGUSR1.value


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(said: list[str]) -> Runner:
    return Runner({**os.environ, "VAULT_TOKEN": "canary", "SEALER_AGENT_CONFIG": "canary"}, said.append)


@pytest.mark.parametrize(
    ("text", "shell", "todo"),
    [
        ("/bin/reload", True, ["/bin/reload"]),
        ("echo a && echo b", True, ["/bin/sh", "-c", "echo a && echo b"]),
        ("kill -HUP $(pidof nginx)", True, ["/bin/sh", "-c", "kill -HUP $(pidof nginx)"]),
        ("touch '/a b' c", False, ["touch", "/a b", "c"]),
        ("kill -HUP $(pidof nginx)", False, Signal("nginx", HUP)),
        ("kill -s USR1 `pidof my-app`", False, Signal("my-app", USR1)),
        ("kill -1 $(pidof nginx)", False, Signal("nginx", HUP)),
        ("pkill -HUP nginx", False, Signal("nginx", HUP)),
        ("pkill --signal SIGUSR1 -x nginx", False, Signal("nginx", USR1)),
        ("killall -HUP nginx", False, Signal("nginx", HUP)),
        ("kill -NOPE $(pidof nginx)", False, ["kill", "-NOPE", "$(pidof", "nginx)"]),
    ],
)
def test_a_command_is_read_with_and_without_a_shell(text: str, shell: bool, todo: object) -> None:
    assert arguments_of(text, shell=shell) == todo


def test_what_cannot_be_read_without_a_shell_is_an_error() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        arguments_of("echo 'a", shell=False)
    assert signal_in("kill -HUP 1") is None


def test_a_command_runs_without_token_and_configuration(runner: Runner, said: list[str], tmp_path: Path) -> None:
    runner.run(Command(f"env > {tmp_path / 'env'}", 10, "db"))
    assert said == ["ran the command of db"]
    assert "canary" not in (tmp_path / "env").read_text()
    assert "PATH=" in (tmp_path / "env").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 3", "the command of db ended with status 3"),
        ("kill -9 $$", "the command of db ended with signal 9"),
        ("/nowhere/program", "the command of db cannot be started: no such file or directory"),
        ("echo canary; exit 1", "the command of db ended with status 1"),
    ],
)
def test_a_command_that_fails_is_named_and_its_output_is_not_shown(runner: Runner, text: str, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        runner.run(Command(text, 10, "db"))
    assert caught.value.message == words


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(runner: Runner, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(CommandError, match=r"took longer than 0\.3 s"):
        runner.run(Command(f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait", 0.3, "db"))
    assert time.monotonic() - begun < 30
    child = int((tmp_path / "pid").read_text())
    wait_for_end_of(child)


def wait_for_end_of(pid: int) -> None:
    """Wait until a process is gone, or only its entry is left for its parent to take."""
    for _ in range(500):
        try:
            with open(f"/proc/{pid}/stat") as status:  # noqa: PTH123  # as short as it gets
                if status.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("it still runs")


def test_stopping_ends_what_runs(runner: Runner, tmp_path: Path) -> None:
    ended: list[str] = []

    def run() -> None:
        try:
            runner.run(Command(f"touch {tmp_path / 'begun'}; sleep 60", 60, "db"))
        except CommandError as error:
            ended.append(error.message)

    thread = threading.Thread(target=run)
    thread.start()
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    runner.stop()
    thread.join(20)
    assert ended == ["the command of db ended with signal 9"]


def test_a_signal_reaches_every_process_of_a_name(runner: Runner, said: list[str], tmp_path: Path) -> None:
    program = tmp_path / "sealer-signalled-application"  # longer than the kernel keeps of a name
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "60"]) as one, subprocess.Popen([program, "60"]) as two:
        # For a moment after its start a process has a name and no command line yet.
        while len(list(named(program.name, Path("/proc")))) < 2:
            time.sleep(0.01)
        runner.signal(Signal(program.name, HUP), "db")
        assert (one.wait(10), two.wait(10)) == (-HUP, -HUP)
    assert said == [f"sent SIGHUP to {program.name} (2) for db"]


def test_a_process_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no process nginx to signal") as caught:
        send(Signal("nginx", HUP), tmp_path)
    assert "shareProcessNamespace" in (caught.value.hint or "")


def test_the_agent_never_signals_itself(tmp_path: Path) -> None:
    own = tmp_path / str(os.getpid())
    own.mkdir()
    (own / "comm").write_text("python\n")
    (own / "cmdline").write_bytes(sys.executable.encode() + b"\0")
    with pytest.raises(CommandError):
        send(Signal("python", HUP), tmp_path)
