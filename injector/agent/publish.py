"""Show a generation: its files everywhere, staged together and then switched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.agent.folders import StagedFolder, by_folder, remove_old
from injector.agent.write import StagedFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from injector.agent.write import RenderedFile


def publish(files: Iterable[RenderedFile], folders: Sequence[Path]) -> list[Path]:
    """Put the files of a generation in place.

    Nothing is seen of it before all of it is staged; then each volume switches at once.

    Args:
        files: All files of the generation.
        folders: Volumes that are the agent's to arrange.

    Returns:
        The paths whose content, mode or owner changed.

    Raises:
        OutputError: A file cannot be written. While staging, everything is as it was.

    """
    in_folders, others = by_folder(files, folders)
    stages: list[StagedFiles | StagedFolder] = [StagedFiles(others)]
    stages += [StagedFolder(folder, inside) for folder, inside in in_folders.items()]
    changed = [path for stage in stages for path in stage.changed]
    try:
        for stage in stages:
            stage.stage()
        for stage in stages:
            stage.place()
    finally:
        for stage in stages:
            stage.tidy()
    return changed


def tidy(folders: Iterable[Path]) -> None:
    """Remove what earlier generations left, and what a killed agent did."""
    for folder in folders:
        remove_old(folder)
