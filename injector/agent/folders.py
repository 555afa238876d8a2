"""All files of a volume switch at once, as in the volumes that kubelet makes of Secrets.

::

    /vault/secrets/..data         -> ..sealer-7         the one link that is switched
    /vault/secrets/..sealer-7/    hello.txt  tls/key.pem
    /vault/secrets/hello.txt      -> ..data/hello.txt
    /vault/secrets/tls/key.pem    -> ../..data/tls/key.pem

A generation is written into a folder of its own. One rename of the link ``..data`` shows it, so that whoever opens two
files sees both of one generation, and an agent that is killed at any moment leaves the one or the other whole
(https://pkg.go.dev/k8s.io/kubernetes/pkg/volume/util#AtomicWriter is the same idea).
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from injector.agent.errors import OutputError
from injector.agent.write import (
    is_current,
    make_folders,
    mode_at,
    refuse_folder,
    refusing,
    stage_of,
    write_new,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from injector.agent.write import RenderedFile

_CURRENT: Final = "..data"
_NEXT: Final = "..data-new"
_GENERATION: Final = re.compile(r"\.\.sealer-([0-9]{1,18})")
_FOLDER_MODE: Final = 0o755


class StagedFolder:
    """A generation of the files of one volume.

    Args:
        folder: Where the volume is mounted.
        files: All files that it has to have.

    Raises:
        OutputError: A file of this name cannot be, beside the agent's own.

    """

    def __init__(self, folder: Path, files: Iterable[RenderedFile]) -> None:
        self._folder = folder
        self._files = {file.path.relative_to(folder).as_posix(): file for file in files}
        self._before = _generation_at(folder)
        self._modes = {name: self._visible_mode(name) for name in self._files}
        self.changed = [file.path for name, file in self._files.items() if not is_current(file, self._modes[name])]
        """The paths of those that were not there as they should be."""
        self._staged: Path | None = None
        for name in self._files:
            if name.startswith(".."):
                raise OutputError(f"cannot write {folder / name}: names with two dots at the front are the agent's")

    def stage(self) -> None:
        """Write the generation into a folder of its own, unless what is there is just so.

        Raises:
            OutputError: A file cannot be written.

        """
        if self._is_complete():
            return
        with refusing(self._folder):
            make_folders(self._folder)
            self._staged = self._folder / f"..sealer-{1 + max(_numbers(self._folder), default=0)}"
            self._staged.mkdir()
            self._staged.chmod(_FOLDER_MODE)
        for name, file in self._files.items():
            with refusing(file.path):
                refuse_folder(file.path)
                self._write(name, file, self._staged / name)
                make_folders(file.path.parent)

    def place(self) -> None:
        """Show the generation.

        Raises:
            OutputError: It cannot be shown.

        """
        if self._staged is None:
            return
        with refusing(self._folder):
            link = self._folder / _NEXT
            link.unlink(missing_ok=True)
            link.symlink_to(self._staged.name)
            link.replace(self._folder / _CURRENT)
        self._staged = None
        for name, file in self._files.items():
            with refusing(file.path):
                _link(name, file.path)
        self._remove_links_to_nothing()

    def tidy(self) -> None:
        """Remove a generation that was not shown."""
        if self._staged is not None:
            _remove(self._staged)

    def _is_complete(self) -> bool:
        if self.changed or (self._before is None) != (not self._files):
            return False
        linked = all(_is_link(file.path, _target(name)) for name, file in self._files.items())
        return linked and (self._before is None or _names_in(self._before) == set(self._files))

    def _visible_mode(self, name: str) -> int | None:
        """Return the mode of the file that is seen under a name: by our link, or lying there itself."""
        path = self._folder / name
        if self._before is not None and _is_link(path, _target(name)):
            return mode_at(self._before / name)
        return mode_at(path)

    def _write(self, name: str, file: RenderedFile, place: Path) -> None:
        make_folders(place.parent)
        if self._before is not None and file.path not in self.changed and _is_link(file.path, _target(name)):
            # The same file in both generations: nothing is held twice, and who has it open keeps it.
            with suppress(OSError):
                os.link(self._before / name, place, follow_symlinks=False)
                return
        write_new(place, file, self._modes[name])

    def _remove_links_to_nothing(self) -> None:
        if self._before is None:
            return
        for name in _names_in(self._before) - set(self._files):
            path = self._folder / name
            if _is_link(path, _target(name)):
                with suppress(OSError):
                    path.unlink()


def remove_old(folder: Path) -> None:
    """Remove the generations of a volume that are not shown; best effort.

    Not at once after a switch: who was just on the way through the old one would find nothing at its end.
    """
    current = _generation_at(folder)
    for number in _numbers(folder):
        old = folder / f"..sealer-{number}"
        if old != current:
            _remove(old)


def by_folder(
    files: Iterable[RenderedFile], folders: Iterable[Path]
) -> tuple[Mapping[Path, list[RenderedFile]], list[RenderedFile]]:
    """Sort files by the volume that they lie in; those in none come second."""
    volumes = sorted(folders, key=lambda folder: len(folder.parts), reverse=True)
    inside: dict[Path, list[RenderedFile]] = {folder: [] for folder in volumes}
    others: list[RenderedFile] = []
    for file in files:
        found = next((folder for folder in volumes if folder in file.path.parents), None)
        (others if found is None else inside[found]).append(file)
    return inside, others


def _target(name: str) -> str:
    return "../" * name.count("/") + f"{_CURRENT}/{name}"


def _is_link(path: Path, target: str) -> bool:
    try:
        return os.readlink(path) == target  # noqa: PTH115  # as text: a Path is not needed
    except OSError:
        return False


def _link(name: str, path: Path) -> None:
    if _is_link(path, _target(name)):
        return
    stage = stage_of(path)
    stage.unlink(missing_ok=True)
    stage.symlink_to(_target(name))
    stage.replace(path)


def _generation_at(folder: Path) -> Path | None:
    """Return the folder of the generation that is shown.

    Whoever shares the volume may have bent the link: only a folder of ours, in its place, counts.
    """
    try:
        name = os.readlink(folder / _CURRENT)  # noqa: PTH115  # as text, for the pattern
        shown = folder / name
        ours = bool(_GENERATION.fullmatch(name)) and stat.S_ISDIR(shown.lstat().st_mode)
    except OSError:
        return None
    return shown if ours else None


def _numbers(folder: Path) -> list[int]:
    try:
        found = [_GENERATION.fullmatch(name) for name in os.listdir(folder)]  # noqa: PTH208  # names are all it takes
    except OSError:
        return []
    return [int(match[1]) for match in found if match]


def _names_in(generation: Path) -> set[str]:
    return {
        str((Path(folder) / name).relative_to(generation)) for folder, _, names in os.walk(generation) for name in names
    }


def _remove(generation: Path) -> None:
    """Remove a folder and all in it; links are not followed. Best effort: what stays is tried again the next time."""
    for folder, folders, names in os.walk(generation, topdown=False):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            with suppress(OSError):
                (Path(folder) / name).unlink()
        with suppress(OSError):
            Path(folder).rmdir()
