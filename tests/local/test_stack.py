from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from deploy.local.stack import Stack, down
from deploy.local.state import StateFile
from sealer.errors import InputError
from tests.local.test_control_plane import running

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.find import Parts


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("parts")
def test_up_prints_how_to_go_on_and_down_stops_everything(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    up = local("up", "--folder", str(folder))
    try:
        assert up.returncode == 0, up.stderr
        script = f"{up.stdout}\nkubectl get --raw /readyz && vault status -format=json"
        shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert shell.stdout.startswith("ok{")
        assert local("status", "--folder", str(folder)).stdout.count("\n") == 4
        token = (folder / "environment").read_text().rpartition("VAULT_TOKEN=")[2].strip()
        assert len(token) >= 24
        assert token not in up.stdout + up.stderr
        # Nor may other users read it in the arguments of a process.
        assert not any(token in line for line in running(str(folder)))
        assert (folder / "environment").stat().st_mode & 0o777 == 0o600
        again = local("up", "--folder", str(folder))
        assert again.returncode == 0, again.stderr
        assert len(running(f"{folder}/control-plane")) == 3
    finally:
        stopped = local("down", "--folder", str(folder))
    assert stopped.stdout == "stopped vault\nstopped kube-controller-manager\nstopped kube-apiserver\nstopped etcd\n"
    assert running(str(folder)) == []
    assert not folder.exists()
    assert local("status", "--folder", str(folder)).returncode == 1


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("number", "started"), [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 3), (signal.SIGINT, 4)]
)
def test_an_interrupt_during_the_start_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, started: int
) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "deploy.local", "up", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as starting:
        while len(StateFile(folder / "state.json").records()) < started:
            assert starting.poll() is None
            time.sleep(0.01)
        starting.send_signal(number)
        _, errors = starting.communicate(timeout=30)
    assert starting.returncode == 130, errors
    assert running(str(folder)) == []
    assert not folder.exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, parts: Parts) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert down(tmp_path) == []
    with pytest.raises(InputError, match="holds something that is not ours"):
        Stack(tmp_path, parts)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_error_has_a_message_a_hint_and_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = local("up", "--folder", str(tmp_path))
    assert refused.returncode == 3
    assert refused.stderr.startswith("error: ")
    assert "\nhint: choose another folder" in refused.stderr
