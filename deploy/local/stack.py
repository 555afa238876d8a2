"""The control plane and Vault that outlive the command that starts them: `up`, `down`, `status`, and the demo."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from deploy.local.control_plane import ControlPlane
from deploy.local.interrupts import held
from deploy.local.pki import write_private
from deploy.local.process import Command, Process, Processes
from deploy.local.state import Record, StateFile, alive
from deploy.local.vault import VaultServer
from sealer.errors import InputError

if TYPE_CHECKING:
    from types import TracebackType

    from deploy.local.find import Parts

FOLDER: Final = Path(__file__).parents[2] / ".demo"
STATE: Final = "state.json"
# Where this interpreter's environment keeps `sealer` and the other scripts.
PROGRAMS: Final = Path(sys.executable).parent
TOOLS: Final = ("kubectl", "kubeseal", "kustomize", "vault")


class Stack:
    """A control plane and a Vault in one folder, detached, each process recorded in its state file.

    Use it in a `with` statement: when the block ends with an exception, Ctrl-C included, everything is stopped; when it
    ends well, everything goes on running, until `down`.

    Args:
        folder: Data folder. What still runs from it is stopped, and it is made anew.
        parts: Where the binaries come from.

    Raises:
        PartError: A part cannot be found or built.
        ProcessError: A process does not start.
        InputError: The folder holds something else.

    """

    def __init__(self, folder: Path, parts: Parts) -> None:
        down(folder)
        if folder.exists() and any(folder.iterdir()):
            hint = "choose another folder, or remove it if nothing in it is needed"
            raise InputError(f"{folder} holds something that is not ours", hint=hint)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.folder = folder
        self.parts = parts
        state = StateFile(folder / STATE)
        state.clear()
        self.processes = Processes(state)
        try:
            self.control_plane = ControlPlane(folder / "control-plane", parts, self.processes)
            self.vault = VaultServer(folder / "vault", parts, self.processes)
            self._write_tools()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.stop()

    def add(self, command: Command) -> Process:
        """Start a further process; `stop` and `down` stop it with the rest.

        Raises:
            ProcessError: The program cannot be run.

        """
        return self.processes.start(command)

    def stop(self) -> None:
        """Stop everything and remove the folder."""
        self.processes.stop_all()
        down(self.folder)

    def exports(self) -> list[str]:
        """Return the lines that a user gives to the shell to go on, without any secret.

        Vault's root token is in the file `environment`, which says the same and can be sourced.
        """
        return [
            f"export KUBECONFIG={self.control_plane.kubeconfig}",
            f"export VAULT_ADDR={self.vault.address}",
            f"export PATH={PROGRAMS}:{self.folder / 'bin'}:$PATH",
        ]

    def _write_tools(self) -> None:
        """Put the command-line tools, which the machine need not have, where PATH can name them."""
        (self.folder / "bin").mkdir()
        for name in TOOLS:
            (self.folder / "bin" / name).symlink_to(self.parts.path(name))
        lines = [*self.exports(), f"export VAULT_TOKEN={self.vault.root_token}"]
        write_private(self.folder / "environment", ("\n".join(lines) + "\n").encode())


def down(folder: Path) -> list[Record]:
    """Stop what runs from a folder and remove the folder.

    Args:
        folder: Data folder of a stack; it need not exist. A folder without a state file is left alone.

    Returns:
        The processes that were stopped.

    Raises:
        InputError: The state file is damaged: nothing is stopped or removed.

    """
    state = StateFile(folder / STATE)
    if not state.path.exists():
        return []
    with held():
        stopped = state.stop_all()
        shutil.rmtree(folder)
    return stopped


def status(folder: Path) -> list[tuple[Record, bool]]:
    """Return each recorded process of a folder, and whether it still runs."""
    return [(record, alive(record)) for record in StateFile(folder / STATE).records()]
