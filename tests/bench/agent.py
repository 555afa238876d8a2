"""The agent against the real `vault agent`: time from start to files, peak memory, requests to Vault.

Both log in with the same service account's token, and write the same files from the same secrets.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.local.control_plane import ControlPlane
from deploy.local.process import Processes
from deploy.local.vault import VaultServer
from tests.bench.frame import Comparison, Cost, children_cpu, median
from tests.support.vault import ROLE, configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deploy.local.find import Parts

PROGRAM: Final = str(Path(sys.executable).parent / "sealer-agent")
SIZES: Final = (1, 10, 50)
RUNS: Final = 11
MOST_SECONDS: Final = 60
POLL_SECONDS: Final = 0.001
PEER: Final = "vault agent"
TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
DEFAULT_TEMPLATE: Final = (
    '{{{{ with secret "{}" }}}}{{{{ range $k, $v := .Data }}}}{{{{ $k }}}}: {{{{ $v }}}}\n{{{{ end }}}}{{{{ end }}}}'
)
OWN_TEMPLATE: Final = '{{{{ with secret "{}" }}}}password={{{{ .Data.data.password }}}}\n{{{{ end }}}}'


@dataclass(frozen=True)
class Pod:
    """A folder as a pod's file system.

    Attributes:
        root: Where it begins.
        address: Vault's.
        binary: Of the peer.

    """

    root: Path
    address: str
    binary: Path

    @property
    def secrets(self) -> Path:
        """Where the files come to lie."""
        return self.root / "vault" / "secrets"

    def clear(self) -> None:
        """Take the files of the run before away."""
        shutil.rmtree(self.secrets, ignore_errors=True)
        self.secrets.mkdir(parents=True)


@dataclass(frozen=True)
class Agent:
    """A command, the environment it needs, and the files it writes."""

    command: Sequence[str]
    environment: Mapping[str, str]
    files: Sequence[Path]


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield 1, 10 and 50 KV version 2 secrets, then templates of one's own, then init and sidecar as one process."""
    with (
        tempfile.TemporaryDirectory() as name,
        Processes() as processes,
        ControlPlane(Path(name) / "control-plane", parts, processes) as cluster,
        VaultServer(Path(name) / "vault", parts, processes) as vault,
    ):
        configure(vault, cluster)
        for number in range(max(SIZES)):
            vault.put_kv2(f"bench/{number}", {"user": "bob", "password": "pass"})
        pod = Pod(Path(name) / "pod", vault.address, parts.path("vault"))
        token = pod.root / TOKEN.lstrip("/")
        token.parent.mkdir(parents=True)
        token.write_text(cluster.service_account_token("default", ROLE))
        for size in SIZES:
            yield _compared(pod, vault, size, None)
        yield _compared(pod, vault, 10, OWN_TEMPLATE)
        if _stays():
            yield _one_process(pod, vault, 10)


def _compared(pod: Pod, vault: VaultServer, size: int, contents: str | None) -> Comparison:
    ours, peer = _ours(pod, size, contents), _peer(pod, size, contents or DEFAULT_TEMPLATE)
    what = f"agent: start to files, {size} KV v2 secrets{' with templates of their own' if contents else ''}"
    return Comparison(what, _cost(pod, vault, ours), _cost(pod, vault, peer), PEER)


def _cost(pod: Pod, vault: VaultServer, agent: Agent) -> Cost:
    seconds = median(lambda: _seconds_to_files(pod, agent), RUNS).seconds
    before = children_cpu()
    _seconds_to_files(pod, agent)
    cpu = children_cpu() - before
    requests = _requests(vault, lambda: _seconds_to_files(pod, agent))
    return Cost(seconds, cpu, _peak_memory(pod, agent), requests)


def _one_process(pod: Pod, vault: VaultServer, size: int) -> Comparison:
    """Count the requests of a pod's start: theirs as init container and sidecar, ours as one native sidecar."""
    theirs_init, theirs = _peer(pod, size, DEFAULT_TEMPLATE), _peer(pod, size, DEFAULT_TEMPLATE, stays=True)
    ours = _ours(pod, size, None, stays=True)

    def of_the_peer() -> float:
        return _seconds_to_files(pod, theirs_init) + _seconds_to_files(pod, theirs)

    return Comparison(
        f"agent: init and sidecar, {size} KV v2 secrets",
        _counted(vault, lambda: _seconds_to_files(pod, ours)),
        _counted(vault, of_the_peer),
        f"{PEER}, twice",
    )


def _counted(vault: VaultServer, action: Callable[[], float]) -> Cost:
    measured: list[float] = []
    requests = _requests(vault, lambda: measured.append(action()))
    return Cost(measured[0], requests=requests)


def _seconds_to_files(pod: Pod, agent: Agent) -> float:
    """Start an agent on an empty folder and return the time until all its files are there; end it if it stays."""
    pod.clear()
    begin = time.perf_counter()
    with _started(agent) as process:
        try:
            while not all(file.exists() for file in agent.files):
                _check(process, time.perf_counter() - begin)
                time.sleep(POLL_SECONDS)
            taken = time.perf_counter() - begin
        finally:
            _end(process)
    return taken


def _peak_memory(pod: Pod, agent: Agent) -> int:
    """Run an agent to its end and return its peak of resident memory, in bytes."""
    pod.clear()
    peak = 0
    with _started(agent) as process:
        while process.poll() is None:
            peak = max(peak, _memory_so_far(process.pid))
            time.sleep(POLL_SECONDS)
    return peak


def _memory_so_far(pid: int) -> int:
    """Return the peak of a process so far; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


def _requests(vault: VaultServer, action: Callable[[], object]) -> int:
    """Return how many requests Vault saw during `action`."""
    vault.audit_log.unlink(missing_ok=True)
    vault.enable_audit()
    action()
    vault.request("DELETE", "sys/audit/file")
    asked = [entry["request"]["path"] for entry in vault.audit_entries() if entry["type"] == "request"]
    # Those for the audit itself are ours.
    return len([path for path in asked if not path.startswith("sys/audit")])


def _started(agent: Agent) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        agent.command,
        env=dict(agent.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _check(process: subprocess.Popen[bytes], seconds: float) -> None:
    if process.poll() not in {None, 0}:
        message = f"{process.args!r} ended with status {process.returncode}"
        raise RuntimeError(message)
    if seconds > MOST_SECONDS:
        message = f"{process.args!r} wrote no files in {MOST_SECONDS} s"
        raise RuntimeError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let an agent end by itself for a moment, and then ask it to."""
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(timeout=MOST_SECONDS)


def _ours(pod: Pod, size: int, contents: str | None, *, stays: bool = False) -> Agent:
    templates = [
        {
            "name": f"{number}",
            "path": f"secret/bench/{number}",
            "destination": f"/vault/secrets/{number}",
            "default_template": "map",
            **({} if contents is None else {"contents": contents.format(f"secret/bench/{number}")}),
        }
        for number in range(size)
    ]
    config: dict[str, Any] = {
        "version": 1,
        "vault": {"address": pod.address},
        "auth": {"type": "kubernetes", "mount_path": "auth/kubernetes", "role": ROLE, "token_path": TOKEN},
        "templates": templates,
        "exit_after_render": True,
    }
    if stays:
        del config["exit_after_render"]
        params = {"role": ROLE, "token_path": TOKEN}
        config |= {"version": 2, "mode": "native", "ready_file": "/home/vault/ready"}
        config["auth"] = {"type": "kubernetes", "mount_path": "auth/kubernetes", "params": params}
    file = pod.root / "ours.json"
    file.write_text(json.dumps(config))
    command = (PROGRAM, "run" if stays else "init", "--config", str(file), "--root", str(pod.root))
    return Agent(command, _environment(pod), [pod.secrets / f"{number}" for number in range(size)])


def _peer(pod: Pod, size: int, contents: str, *, stays: bool = False) -> Agent:
    config = {
        "vault": {"address": pod.address},
        "auto_auth": {
            "method": {
                "type": "kubernetes",
                "mount_path": "auth/kubernetes",
                "config": {"role": ROLE, "token_path": str(pod.root / TOKEN.lstrip("/"))},
            },
            "sink": [{"type": "file", "config": {"path": str(pod.root / "sink")}}],
        },
        "exit_after_auth": not stays,
        "template_config": {"exit_on_retry_failure": True},
        "template": [
            {"contents": contents.format(f"secret/bench/{number}"), "destination": str(pod.secrets / f"{number}")}
            for number in range(size)
        ],
    }
    file = pod.root / "peer.json"
    file.write_text(json.dumps(config))
    files = [pod.secrets / f"{number}" for number in range(size)]
    return Agent((str(pod.binary), "agent", f"-config={file}", "-log-level=err"), _environment(pod), files)


def _environment(pod: Pod) -> dict[str, str]:
    """Python may write its bytecode, as it does for an installed program."""
    unwanted = ("VAULT_", "BAO_", "PYTHONDONTWRITEBYTECODE")
    return {**{key: value for key, value in os.environ.items() if not key.startswith(unwanted)}, "HOME": str(pod.root)}


def _stays() -> bool:
    """Say whether the agent has a command for the process that stays."""
    listed = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=False).stdout
    return "\n  run" in listed
