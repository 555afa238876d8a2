"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from sealer.errors import InputError

# Before the umask. What holds plaintext or a key is for its owner alone; a SealedSecret is made to be shared.
PRIVATE: Final = 0o600
SHARED: Final = 0o666


def read_input(path: str) -> bytes:
    """Return the content of a file that a person named.

    Raises:
        InputError: It cannot be read.

    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"cannot read {path}: {reason(error)}") from error


def write_atomically(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Replace a file's content in one step: a reader, and a crash, sees the old content or the new, nothing between.

    The data goes to a temporary file in the same folder, which takes the place of the old one only when it is whole. An
    existing file keeps its mode and, where permitted, its owner; a symbolic link keeps pointing where it points. A
    device or a pipe has no old content to keep, and is written to as it is.

    Args:
        path: The file.
        data: Its new content.
        mode: The mode of a file that was not there, `PRIVATE` or `SHARED`, before the umask.

    Raises:
        InputError: It cannot be written. The old content is untouched.

    """
    try:
        before = path.stat() if path.exists() else None
        if before is not None and not stat.S_ISREG(before.st_mode):
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data, before, mode)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {path}: {reason(error)}") from error


def rewrite(path: str, before: bytes, after: bytes) -> None:
    """Write an edited file back, atomically, unless somebody else changed it since it was read.

    Args:
        path: The file.
        before: What was read.
        after: Its new content.

    Raises:
        InputError: It is not what was read, or cannot be written; it is untouched.

    """
    if read_input(path) != before:
        raise InputError(f"{path} was changed by somebody else meanwhile", hint="run the command again")
    write_atomically(Path(path), after, mode=SHARED)


def _replace(target: Path, data: bytes, before: os.stat_result | None, mode: int) -> None:
    temporary = target.with_name(f".sealer-{os.urandom(8).hex()}")
    # O_EXCL: a file, or a link that somebody planted under that name, is never followed or overwritten.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode if before is None else PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if before is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(descriptor, before.st_uid, before.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
            os.fsync(descriptor)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def reason(error: OSError | ValueError) -> str:
    """Say why the system refused, in our manner: lower case, without the path that our messages name themselves."""
    return ((error.strerror if isinstance(error, OSError) else str(error)) or "unknown reason").lower()
