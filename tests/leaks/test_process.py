"""The process keeps its memory to itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reconciling.running import install, start

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes

PR_GET_DUMPABLE = 3
ASK = f"""
import ctypes, resource
from controller.hardening import keep_memory_private
keep_memory_private()
print(ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}), resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's prctl")
def test_no_core_is_dumped_and_no_debugger_of_the_same_user_attaches() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert done.stdout == "0 (0, 0)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc")
def test_the_controller_sees_to_it(control_plane: ControlPlane, processes: Processes, namespace: str) -> None:
    install(control_plane)
    running = start(control_plane, processes, namespace, "--all-namespaces=false")
    limits = Path(f"/proc/{running.process.pid}/limits").read_text()
    running.stop()
    (core,) = [line.split() for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core[-3:-1] == ["0", "0"]
