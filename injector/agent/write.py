"""Files of a generation: all staged, then each put in place by one rename (reference, vault-agent-injector 3.6).

Nothing is synced to a disk: the files live in memory, and end with the pod.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.agent.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DEFAULT_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755


@dataclass(frozen=True)
class RenderedFile:
    """A file as it has to be.

    Attributes:
        path: Where.
        content: What; never shown.
        mode: Its mode; None for 0644, or the mode it has.
        owner: Numbers of its user and its group; -1 for the agent's.

    """

    path: Path
    content: bytes = field(repr=False)
    mode: int | None = None
    owner: tuple[int, int] = (-1, -1)


def write_all(files: Iterable[RenderedFile]) -> list[Path]:
    """Put files in place, all or none of them, each whole at any moment.

    Every file is staged beside its place before the first one is renamed, so that a full volume, a missing permission
    or a signal leaves the old generation as it was. The stage has a fixed name: what a killed agent left is
    overwritten.

    Args:
        files: What to write. A file that is there with this content and mode is left alone.

    Returns:
        The paths that were written.

    Raises:
        OutputError: One of them cannot be written; its name is in the message.

    """
    changed = [file for file in files if not _is_current(file)]
    stages = {file.path: file.path.with_name(f".{file.path.name}.sealer-new") for file in changed}
    try:
        for file in changed:
            _stage(file, stages[file.path])
        for file in changed:
            _put_in_place(file, stages[file.path])
    finally:
        for stage in stages.values():
            _remove(stage)
    return list(stages)


def _is_current(file: RenderedFile) -> bool:
    mode = _mode_at(file.path)
    if mode is None or (file.mode is not None and mode != file.mode):
        return False
    try:
        status = file.path.stat()
        if any(wanted not in {-1, has} for wanted, has in zip(file.owner, (status.st_uid, status.st_gid), strict=True)):
            return False
        return status.st_size == len(file.content) and file.path.read_bytes() == file.content
    except OSError:
        return False  # not readable, or gone: writing it will say what is wrong


def _stage(file: RenderedFile, stage: Path) -> None:
    try:
        _make_folders(file.path.parent)
        stage.unlink(missing_ok=True)
        # O_EXCL and O_NOFOLLOW: whoever shares the volume cannot make us write the secret to a place of their choice.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(stage, flags, 0o600), "wb") as handle:
            handle.write(file.content)
            before = _mode_at(file.path)
            if file.owner != (-1, -1):
                os.fchown(handle.fileno(), *file.owner)  # before fchmod: it takes the set-id bits away
            os.fchmod(handle.fileno(), file.mode if file.mode is not None else before or _DEFAULT_MODE)
    except OSError as error:
        raise _refused(file, error) from error


def _put_in_place(file: RenderedFile, stage: Path) -> None:
    try:
        stage.replace(file.path)
    except OSError as error:
        raise _refused(file, error) from error


def _mode_at(path: Path) -> int | None:
    """Return the mode of the file at `path`; None for nothing there, and for a link or a pipe, which is replaced."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None


def _make_folders(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        parent.chmod(_FOLDER_MODE)  # whatever the umask: the application runs as another user


def _remove(stage: Path) -> None:
    try:
        stage.unlink(missing_ok=True)
    except OSError:
        return  # its folder was never made, or is out of reach: then there is no stage in it


def _refused(file: RenderedFile, error: OSError) -> OutputError:
    reason = (error.strerror or "unknown reason").lower()
    return OutputError(f"cannot write {file.path}: {reason}", hint="check the volume, its size and the agent's user")
