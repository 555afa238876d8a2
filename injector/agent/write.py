"""Files of a generation: all staged, then switched together (reference, vault-agent-injector 3.6).

Files in a volume that is the agent's own switch at once, by `folders`; elsewhere each is put in place by one rename.
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

    Every file is staged beside its place before the first one is renamed, so that a full volume or a missing permission
    leaves the old generation as it was. The stage has a fixed name: what a killed agent left is overwritten.

    Args:
        files: What to write. A file that is there with this content and mode is left alone.

    Returns:
        The paths that were written.

    Raises:
        OutputError: One of them cannot be written; its name is in the message.

    """
    staged = StagedFiles(files)
    try:
        staged.stage()
        staged.place()
    finally:
        staged.tidy()
    return staged.changed


class StagedFiles:
    """Files that are renamed into place, one by one.

    Args:
        files: What to write.

    """

    def __init__(self, files: Iterable[RenderedFile]) -> None:
        self._files = [file for file in files if not is_current(file, mode_at(file.path))]
        self._stages = {file.path: stage_of(file.path) for file in self._files}

    @property
    def changed(self) -> list[Path]:
        """The paths of those that were not there as they should be."""
        return list(self._stages)

    def stage(self) -> None:
        """Write them beside their places.

        Raises:
            OutputError: One cannot be written.

        """
        for file in self._files:
            with refusing(file.path):
                make_folders(file.path.parent)
                refuse_folder(file.path)
                self._stages[file.path].unlink(missing_ok=True)
                write_new(self._stages[file.path], file, mode_at(file.path))

    def place(self) -> None:
        """Rename them into their places.

        Raises:
            OutputError: One cannot be renamed.

        """
        for file in self._files:
            with refusing(file.path):
                self._stages[file.path].replace(file.path)

    def tidy(self) -> None:
        """Remove what is staged still."""
        for stage in self._stages.values():
            try:
                stage.unlink(missing_ok=True)
            except OSError:
                continue  # its folder was never made, or is out of reach: then there is no stage in it


def stage_of(path: Path) -> Path:
    """Return where a file is staged: beside its place, so that a rename is one step."""
    return path.with_name(f".{path.name}.sealer-new")


def refuse_folder(path: Path) -> None:
    """Refuse a place that a folder takes.

    Raises:
        OutputError: It does.

    """
    if path.is_dir() and not path.is_symlink():
        raise OutputError(f"cannot write {path}: is a directory")


def is_current(file: RenderedFile, mode: int | None) -> bool:
    """Say whether a file is there as it should be; `mode` is that of what is there, None for nothing of ours."""
    if mode is None or (file.mode is not None and mode != file.mode):
        return False
    try:
        status = file.path.stat()
        if any(wanted not in {-1, has} for wanted, has in zip(file.owner, (status.st_uid, status.st_gid), strict=True)):
            return False
        return status.st_size == len(file.content) and file.path.read_bytes() == file.content
    except OSError:
        return False  # not readable, or gone: writing it will say what is wrong


def write_new(path: Path, file: RenderedFile, before: int | None) -> None:
    """Write a file that is not there yet; `before` is the mode of the one that it replaces.

    Raises:
        OSError: It cannot be written.

    """
    # O_EXCL and O_NOFOLLOW: whoever shares the volume cannot make us write the secret to a place of their choice.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as handle:
        handle.write(file.content)
        if file.owner != (-1, -1):
            os.fchown(handle.fileno(), *file.owner)  # before fchmod: it takes the set-id bits away
        os.fchmod(handle.fileno(), file.mode if file.mode is not None else before or _DEFAULT_MODE)


def mode_at(path: Path) -> int | None:
    """Return the mode of the file at `path`; None for nothing there, and for a link or a pipe, which is replaced."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, for all to enter.

    Raises:
        OSError: One cannot be made.

    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        parent.chmod(_FOLDER_MODE)  # whatever the umask: the application runs as another user


class refusing:  # noqa: N801  # it reads as a statement, as contextlib.suppress does
    """Turn the operating system's errors about a file into ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Translate an error.

        Raises:
            OutputError: There was one.

        """
        if isinstance(error, OSError):
            said = (error.strerror or "unknown reason").lower()
            raise OutputError(
                f"cannot write {self._path}: {said}", hint="check the volume, its size and the agent's user"
            ) from error
