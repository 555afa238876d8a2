"""Run a Pod's init container as a process, in place of the kubelet that is not there.

The container's command and environment are those that the API server stored. Volumes are folders below one root, and
the agent's `--root` puts every path of its configuration there, so nothing of it is rewritten.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from deploy.local.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploy.local.kubernetes import Cluster

Json = dict[str, Any]
TOKEN_FOLDER: Final = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  # a folder's name
SECONDS: Final = 60


@dataclass(frozen=True)
class InitContainer:
    """What a kubelet would run.

    Attributes:
        arguments: The container's command and args.
        environment: Its environment, downward API fields filled in; it may hold configuration, so it is not shown.
        root: The folder that stands for the container's file system.

    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    root: Path

    @property
    def local_arguments(self) -> tuple[str, ...]:
        """The arguments with which the process finds its files below `root`."""
        return (*self.arguments, "--root", str(self.root))

    def start(self, programs: str) -> subprocess.Popen[str]:
        """Start it, its output in pipes.

        Args:
            programs: The PATH on which its command is found.

        """
        return subprocess.Popen(
            self.local_arguments,
            env={"PATH": programs, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, programs: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end.

        Raises:
            ProcessError: It takes longer than a minute.

        """
        process = self.start(programs)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise ProcessError(f"the init container still runs after {SECONDS} s") from error
        return subprocess.CompletedProcess(self.local_arguments, process.returncode, out, err)


def prepare(cluster: Cluster, pod: Json, name: str, root: Path) -> InitContainer:
    """Lay out what the kubelet would for one init container of a Pod.

    Args:
        cluster: Where the Pod is; its service account's token is asked for there (TokenRequest).
        pod: The Pod as the API server returned it.
        name: The init container's name.
        root: An empty folder for its file system.

    Raises:
        ProcessError: The Pod has no such init container.

    """
    containers = [c for c in pod["spec"].get("initContainers", []) if c["name"] == name]
    if not containers:
        raise ProcessError(f"the Pod {pod['metadata']['name']} has no init container {name}")
    (container,) = containers
    for mount in container.get("volumeMounts", []):
        (root / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
    _write_token(cluster, pod, root)
    environment = {entry["name"]: _value(entry, pod) for entry in container.get("env", [])}
    return InitContainer((*container.get("command", []), *container.get("args", [])), environment, root)


def _write_token(cluster: Cluster, pod: Json, root: Path) -> None:
    metadata, account = pod["metadata"], pod["spec"].get("serviceAccountName", "default")
    folder = root / TOKEN_FOLDER.lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    token = cluster.service_account_token(metadata["namespace"], account)
    descriptor = os.open(folder / "token", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    (folder / "namespace").write_text(metadata["namespace"])
    (folder / "ca.crt").write_bytes(cluster.authority.read_bytes())


def _value(entry: Json, pod: Json) -> str:
    """Return an environment variable's value; the downward API's fields come from the Pod."""
    if "value" in entry:
        return str(entry["value"])
    path = entry.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath", "")
    value: Any = pod
    for step in path.split("."):
        value = value.get(step, "") if isinstance(value, dict) else ""
    return str(value) or "127.0.0.1"  # status.hostIP and status.podIP are the kubelet's to write
