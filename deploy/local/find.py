"""Find the real parts, and build those that are nowhere.

Binaries already there win: KUBEBUILDER_ASSETS first, as who sets it chose it; then our cache; then PATH, where only a
version near enough counts (`catalogue.trusted`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.local.build import announce, build, check_go, locked
from deploy.local.catalogue import MODULES, PARTS, Part, Trust, digest, part, trusted
from deploy.local.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VERSION_SECONDS: Final = 20


@dataclass(frozen=True)
class Found:
    """A part that is there.

    Attributes:
        part: Which one.
        path: The binary.
        where: `KUBEBUILDER_ASSETS`, `cache`, `PATH`, or how long its build took.

    """

    part: Part
    path: Path
    where: str


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where built parts are kept: SEALER_PARTS_DIR, else below XDG_CACHE_HOME, else below ~/.cache."""
    if chosen := environment.get("SEALER_PARTS_DIR"):
        return Path(chosen)
    caches = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "sealer" / "parts"


def cached_path(wanted: Part, cache: Path) -> Path:
    """Where the cache has, or would have, a part: its name, version and digest are in the folder's name."""
    return cache / f"{wanted.name}-{wanted.version}-{digest(wanted)}" / wanted.name


def find(wanted: Part, environment: Mapping[str, str]) -> Found | None:
    """Look for a part where binaries may already be; None where it must be built."""
    assets = environment.get("KUBEBUILDER_ASSETS")
    if assets and wanted.from_assets and _executable(Path(assets) / wanted.name):
        return Found(wanted, Path(assets) / wanted.name, "KUBEBUILDER_ASSETS")
    cached = cached_path(wanted, cache_folder(environment))
    if _executable(cached):
        return Found(wanted, cached, "cache")
    return _find_on_path(wanted, environment)


def _find_on_path(wanted: Part, environment: Mapping[str, str]) -> Found | None:
    path = shutil.which(wanted.name, path=environment.get("PATH"))
    if path is None or wanted.trust is Trust.NEVER or not trusted(wanted, _version_output(wanted, path)):
        return None
    return Found(wanted, Path(path), "PATH")


def _executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _version_output(wanted: Part, path: str) -> str:
    try:
        result = subprocess.run(
            [path, *wanted.version_arguments], capture_output=True, text=True, check=False, timeout=VERSION_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 else ""


class Parts:
    """The real parts of this machine, by name, built when first asked for.

    Args:
        progress: Where to show what is done.
        environment: Environment that decides where to look; this process's where None.

    """

    def __init__(self, progress: Progress | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._progress = progress or Progress()
        self._environment = os.environ if environment is None else environment
        self._found: dict[str, Found] = {}
        self._noted = False

    def path(self, name: str) -> Path:
        """Path of a part's binary.

        Raises:
            PartError: There is no such part, or it cannot be built.

        """
        if name not in self._found:
            self._found[name] = self._find_or_build(part(name))
        return self._found[name].path

    def each(self, names: Iterable[str] = ()) -> Iterator[Found]:
        """Find or build some parts, or all that are wanted by default, and yield each as soon as it is there.

        Raises:
            PartError: There is no such part, or it cannot be built.

        """
        chosen = [part(name) for name in names] or [candidate for candidate in PARTS if candidate.wanted]
        missing = []
        for wanted in chosen:
            if found := self._found.get(wanted.name) or find(wanted, self._environment):
                self._found[wanted.name] = found
                yield found
            else:
                missing.append(wanted)
        # Of every module first, so that a Go that is too old for the last is not found out after ten minutes.
        for module in dict.fromkeys(wanted.module for wanted in missing):
            check_go(MODULES / module)
        for wanted in missing:
            self.path(wanted.name)
            yield self._found[wanted.name]

    def _find_or_build(self, wanted: Part) -> Found:
        found = find(wanted, self._environment)
        if found is not None:
            return found
        cache = cache_folder(self._environment)
        with locked(cache, self._progress):
            # Another run may have built it while we waited for the lock.
            return find(wanted, self._environment) or self._build(wanted, cache)

    def _build(self, wanted: Part, cache: Path) -> Found:
        if not self._noted:
            announce(self._progress)
            self._noted = True
        target = cached_path(wanted, cache)
        build(wanted, target, self._progress)
        where = f"built in {self._progress.elapsed():.0f} s"
        self._progress.line(wanted.name, where)
        return Found(wanted, target, where)
