"""`make demo`: the four flows on a real control plane, each command shown as a user types it, each result checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.local.demo import build, inject, scopes, seal
from deploy.local.demo.scene import set_scene
from deploy.local.find import Parts
from deploy.local.stack import FOLDER, Stack

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path) -> None:
    """Show the demo and leave its control plane running; stop everything where anything fails, Ctrl-C included.

    Args:
        folder: Data folder; see `deploy.local.stack.Stack`.

    Raises:
        PartError: A part cannot be found or built.
        ProcessError: A process does not start, or a flow does not come out as it must.

    """
    with Stack(folder, Parts()) as stack:
        stage = set_scene(stack)
        for flow in (seal, scopes, inject, build):
            flow.show(stack, stage)
        stage.title("All four flows came out as they should. To go on by hand:")
        down = (
            "make demo-down" if stack.folder == FOLDER.absolute() else f"python -m deploy.local down --folder {folder}"
        )
        print(f". {stack.folder / 'environment'}\n# and when done: {down}")
