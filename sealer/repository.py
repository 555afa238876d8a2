"""SealedSecrets in the files and folders of a repository, and resealing them in place.

Each file is read, edited in memory and replaced in one step, so that a run that is stopped at any moment leaves every
file old or new; the next run finds those that are new and leaves them alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sealer.documents.edit import edit
from sealer.errors import InputError, SealerError, ServiceError
from sealer.files import read_input, reason, rewrite
from sealer.sealed_file import find, locating, puts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sealer.documents.edit import Put
    from sealer.manifest import SealedSecret

_ENDINGS: Final = (".yaml", ".yml", ".json")
_KIND: Final = b"SealedSecret"


@dataclass(frozen=True)
class Manifest:
    """A file to look at.

    Attributes:
        path: As it was given, or found in a folder that was.
        named: Whether it was given itself, and so has to hold a SealedSecret.

    """

    path: str
    named: bool

    @property
    def name(self) -> str:
        """What messages call it; the bytes of a name that are not UTF-8 are shown as U+FFFD."""
        return os.fsencode(self.path).decode("utf-8", "replace")


@dataclass(frozen=True)
class Renewed:
    """A SealedSecret that was looked at.

    Attributes:
        sealed: As it was.
        line: Where it begins in its file.
        items: Keys of the items that were resealed, sorted; the others were under the newest key already.

    """

    sealed: SealedSecret
    line: int
    items: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        path: Its name.
        renewed: Its SealedSecrets; empty where it holds none, or where `error` says why it was left alone.
        error: What was wrong, or None.

    """

    path: str
    renewed: tuple[Renewed, ...] = ()
    error: SealerError | None = None

    @property
    def changed(self) -> bool:
        """Whether the file is another now."""
        return any(one.items for one in self.renewed)


def manifests(paths: Sequence[str], exclude: Sequence[str] = ()) -> list[Manifest]:
    """Return the files of `paths`, in order: files as they are, and YAML and JSON files of folders, each file once.

    Folders that begin with a dot are passed over, and links to folders are not followed.

    Args:
        paths: Files and folders.
        exclude: Patterns of paths and names in folders to pass over, as in a shell; ``*`` matches ``/``, too.

    Raises:
        InputError: A path is not there, or a folder cannot be read.

    """
    seen: set[tuple[int, int]] = set()
    found = []
    for path in paths:
        for manifest in _in_folder(path, exclude) if Path(path).is_dir() else [Manifest(path, named=True)]:
            try:
                status = Path(manifest.path).stat()
            except (OSError, ValueError) as error:
                if not manifest.named:
                    continue  # a link that leads nowhere, or a file that is gone
                raise InputError(f"cannot read {manifest.name}: {reason(error)}") from error
            identity = (status.st_dev, status.st_ino)
            if identity not in seen:
                seen.add(identity)
                found.append(manifest)
    return found


def reseal_file(
    manifest: Manifest, renew: Callable[[SealedSecret], SealedSecret], fingerprint: str, *, dry_run: bool = False
) -> Outcome:
    """Reseal the SealedSecrets of one file in place: all of them, or none where one cannot be.

    Args:
        manifest: The file.
        renew: Returns a SealedSecret with its items under the newest key; those that are already, unchanged.
        fingerprint: Of that key, for the hints.
        dry_run: Do all but write.

    Raises:
        ServiceError: `renew` raised one: the next file would fare no better.

    """
    try:
        data = read_input(manifest.path)
        if not manifest.named and _KIND not in data:
            return Outcome(manifest.name)
        after, renewed = resealed_bytes(data, manifest.name, renew, fingerprint)
        if manifest.named and not renewed:
            raise InputError(f"{manifest.name}: there is no SealedSecret in it")
        if after != data and not dry_run:
            rewrite(manifest.path, data, after)
    except ServiceError:
        raise
    except SealerError as error:
        return Outcome(manifest.name, error=error)
    return Outcome(manifest.name, renewed)


def resealed_bytes(
    data: bytes, source: str, renew: Callable[[SealedSecret], SealedSecret], fingerprint: str
) -> tuple[bytes, tuple[Renewed, ...]]:
    """Return a file's content with its SealedSecrets resealed, and what was done; arguments as for `reseal_file`.

    Raises:
        InputError: It does not parse, a SealedSecret is malformed, or cannot be edited in place.
        UnsealError: A value opens with no key.

    """
    edits: list[Put] = []
    renewed: list[Renewed] = []
    for one in find(data, source):
        with locating(one.document, one.sealed):
            new = renew(one.sealed).encrypted_data
        items = {key: text for key, text in new.items() if text != one.sealed.encrypted_data.get(key)}
        edits += puts(one, items, fingerprint, all_under=True)
        renewed.append(Renewed(one.sealed, one.document.origin.line, tuple(sorted(items))))
    return edit(data, source, edits) if edits else data, tuple(renewed)


def _in_folder(folder: str, exclude: Sequence[str]) -> Iterator[Manifest]:
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = str(Path(parent) / name)
            if name.endswith(_ENDINGS) and not any(fnmatch(path, one) or fnmatch(name, one) for one in exclude):
                yield Manifest(path, named=False)


def _refuse(error: OSError) -> None:
    raise InputError(f"cannot read {error.filename}: {reason(error)}") from error
