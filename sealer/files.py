"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from sealer.errors import InputError


def read_input(path: str) -> bytes:
    """Return the content of a file that a person named.

    Raises:
        InputError: It cannot be read.

    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {_reason(error)}") from error


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace a file's content in one step: a reader, and a crash, sees the old content or the new, nothing between.

    The data goes to a temporary file in the same folder, which takes the place of the old one only when it is whole. An
    existing file keeps its mode and, where permitted, its owner; a symbolic link keeps pointing where it points.

    Args:
        path: The file.
        data: Its new content.
        mode: The mode of a file that was not there.

    Raises:
        InputError: It cannot be written. The old content is untouched.

    """
    target = Path(os.path.realpath(path))
    try:
        before = target.stat() if target.exists() else None
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode if before is None else stat.S_IMODE(before.st_mode))
        if before is not None:
            with contextlib.suppress(PermissionError):
                os.chown(temporary, before.st_uid, before.st_gid)
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {path}: {_reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
