from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploy.local.errors import ProcessError
from deploy.local.interrupts import held
from deploy.local.process import Command, Processes
from deploy.local.state import Record, StateFile, alive, start_time, stop
from sealer.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def sleeper(folder: Path, script: str = "sleep 60") -> Command:
    return Command("sleeper", ("sh", "-c", script), folder / "sleeper.log")


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while start_time(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not start_time(pid)


def test_a_stop_reaches_the_children_too(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start(sleeper(tmp_path, "sleep 60 & echo $!; wait"))
        process.wait_until(lambda: process.output().endswith("\n"), seconds=5)
        child = int(process.output())
        assert start_time(child)
    assert not process.alive()
    assert gone(child)


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = Processes().start(sleeper(tmp_path, "trap '' TERM; echo ready; while :; do sleep 1; done"))
    process.wait_until(lambda: process.output() == "ready\n", seconds=5)
    process.stop(seconds=0.2)
    assert process.exit_code == -signal.SIGKILL


def test_a_process_that_dies_at_start_says_its_last_lines(tmp_path: Path) -> None:
    process = Processes().start(sleeper(tmp_path, "seq 100; echo bad flag >&2; exit 3"))
    with pytest.raises(ProcessError, match=r"sleeper ended with status 3\n(.*\n)+    bad flag") as error:
        process.wait_until(lambda: False, seconds=5)
    assert "    85\n" not in error.value.message


def test_a_process_that_is_never_ready_is_an_error_that_names_its_log(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start(sleeper(tmp_path))
        with pytest.raises(ProcessError, match=r"sleeper is not ready after 0\.1 s") as error:
            process.wait_until(lambda: False, seconds=0.1)
        assert str(process.log) in str(error.value.hint)


def test_a_program_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    command = Command("nothing", (str(tmp_path / "nothing"),), tmp_path / "log")
    with pytest.raises(ProcessError, match="cannot run"):
        Processes(StateFile(tmp_path / "state.json")).start(command)


def test_a_log_is_for_the_owner_alone(tmp_path: Path) -> None:
    with Processes() as processes:
        assert processes.start(sleeper(tmp_path)).log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("prefix", [(), ("env", "-u", "NOTHING")], ids=["plain", "with a prefix"])
def test_an_owned_process_dies_with_a_killed_owner(tmp_path: Path, prefix: tuple[str, ...]) -> None:
    code = (
        "import time; from pathlib import Path; from dataclasses import replace\n"
        "from deploy.local.process import Processes; from tests.local.test_processes import sleeper\n"
        f"print(Processes().start(replace(sleeper(Path({str(tmp_path)!r})), prefix={prefix!r})).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert start_time(pid)
        owner.kill()
    assert gone(pid)


def test_a_detached_process_outlives_its_starter_and_is_stopped_from_the_state_file(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.json")
    code = (
        "from pathlib import Path; from deploy.local.process import Processes\n"
        "from deploy.local.state import StateFile; from tests.local.test_processes import sleeper\n"
        f"folder = Path({str(tmp_path)!r}); Processes(StateFile(folder / 'state.json')).start(sleeper(folder))"
    )
    subprocess.run([sys.executable, "-W", "ignore::ResourceWarning", "-c", code], check=True)
    (record,) = state.records()
    assert alive(record)
    assert state.stop_all() == [record]
    assert gone(record.pid)
    assert state.records() == []


def test_a_reused_process_id_is_never_signalled(tmp_path: Path) -> None:
    with Processes() as processes:
        process = processes.start(sleeper(tmp_path))
        ours = Record("sleeper", process.pid, start_time(process.pid), "")
        earlier = replace(ours, started="1")
        assert alive(ours)
        assert not alive(earlier)
        assert not stop(earlier)
        assert process.alive()


def test_a_process_that_was_never_seen_alive_is_not_signalled() -> None:
    assert not alive(Record("ended at once", 2**22 + 1, "", ""))


def test_a_start_time_is_read_whatever_the_name_of_the_program(tmp_path: Path) -> None:
    odd = tmp_path / "a) R (b"
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([odd, "60"]) as popen:
        time.sleep(0.05)
        assert start_time(popen.pid).isdecimal()
        assert int(start_time(popen.pid)) >= int(start_time(os.getpid()))
        popen.kill()
        # It has ended, and only waits to be reaped.
        assert gone(popen.pid)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"processes": [{"pid": 1}]}'])
def test_a_damaged_state_file_is_an_error_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"state\.json does not hold"):
        StateFile(path).stop_all()
    assert path.read_text() == text


def test_an_interrupt_is_held_back_until_the_step_is_whole() -> None:
    steps = []

    def step() -> None:
        with held():
            signal.raise_signal(signal.SIGINT)
            steps.append("whole")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert steps == ["whole"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
