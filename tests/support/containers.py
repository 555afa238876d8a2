"""An agent's container of an injected pod, run as a process: the kubelet's part, for both flavours.

Volumes are folders below one root. Our agent finds them by its ``--root``; Vault's has no such flag, so for it the
paths of the container's mounts are moved below the root in what it is told: its arguments and its configuration.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy.local.find import Parts

Json = dict[str, Any]
PROGRAMS: Final = str(Path(sys.executable).parent)
SYSTEM: Final = "/usr/bin:/bin"
SECONDS: Final = 60
_CONFIG: Final = "VAULT_CONFIG"


@dataclass(frozen=True)
class Container:
    """One container, ready to run.

    Attributes:
        arguments: Its command and arguments.
        environment: Its variables.
        root: The folder that its mounts are below.

    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    root: Path

    def file(self, path: str) -> Path:
        """Where a path of the container is on this machine."""
        return self.root / path.lstrip("/")

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.arguments,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end."""
        with self.start() as process:
            try:
                output, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(list(self.arguments), process.returncode, output, b"")


def of(container: Json, root: Path, token: str, parts: Parts) -> Container:
    """Lay out what the kubelet would.

    Args:
        container: One of the agent's containers, from the injected pod.
        root: For its mounts.
        token: Of the service account; it is put where the container mounts one.
        parts: Where the program of Vault's agent is.

    """
    mounts = [str(mount["mountPath"]) for mount in container.get("volumeMounts", ())]
    for path in mounts:
        (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
        if "serviceaccount" in path:
            (root / path.lstrip("/") / "token").write_text(token)
    arguments = [*container["command"], *container.get("args", ())]
    environment = {entry["name"]: entry.get("value", "127.0.0.1") for entry in container["env"]}
    if container["command"][0] == "sealer-agent":
        path = f"{PROGRAMS}:{SYSTEM}"
        return Container(
            [f"{PROGRAMS}/sealer-agent", *arguments[1:], "--root", str(root)], {**environment, "PATH": path}, root
        )
    moved = [_moved(argument, mounts, root) for argument in arguments]
    if _CONFIG in environment:
        config = _moved(base64.b64decode(environment[_CONFIG]).decode(), mounts, root)
        environment[_CONFIG] = base64.b64encode(config.encode()).decode()
    path = f"{parts.path('vault').parent}:{SYSTEM}"
    return Container(moved, {**environment, "PATH": path, "HOME": str(root / "home/vault")}, root)


def _moved(text: str, mounts: Sequence[str], root: Path) -> str:
    for path in sorted(mounts, key=len, reverse=True):
        # Marked first, so that a mount below another is not moved twice.
        text = text.replace(path, f"\0{path[1:]}")
    return text.replace("\0", f"{root}/")
