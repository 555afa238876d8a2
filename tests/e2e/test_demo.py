"""`make demo` as a whole: it is what a new user sees first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from deploy.local.find import Parts

TREE = Path(__file__).parents[2]


def command(name: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "deploy.local", name, "--folder", str(folder)]


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that run from a folder."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    return [line.decode(errors="replace") for line in lines if str(folder).encode() in line]


@pytest.mark.timeout(300)
def test_the_demo_shows_four_flows_and_goes_on_running_until_it_is_stopped(parts: Parts, tmp_path: Path) -> None:
    parts.path("kubectl")
    folder = tmp_path / "demo"
    shown = subprocess.run(command("demo", folder), cwd=TREE, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for title in ("1. Seal", "2. Scopes", "3. Inject", "4. Build", "All four flows came out as they should"):
        assert title in shown.stdout
    assert shown.stdout.count("ok: ") >= 6
    assert f"# and when done: python -m deploy.local down --folder {folder}\n" in shown.stdout
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    line = f". {folder}/environment && kubectl get sealedsecret db -n shop && sealer cert -o text"
    by_hand = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=False)
    assert by_hand.returncode == 0, by_hand.stderr
    assert "True" in by_hand.stdout
    assert processes_of(folder)
    subprocess.run(command("down", folder), cwd=TREE, check=True, capture_output=True)
    assert processes_of(folder) == []
    assert not folder.exists()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", ["starting the controller", "2. Scopes"])
def test_an_interrupted_demo_leaves_nothing_running(parts: Parts, tmp_path: Path, moment: str) -> None:
    parts.path("kubectl")
    folder = tmp_path / "demo"
    with subprocess.Popen(
        command("demo", folder), cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if moment in line:
                break
        time.sleep(0.3)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "interrupted: nothing was left running" in errors
    assert processes_of(folder) == []
    assert not folder.exists()
