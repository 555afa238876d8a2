"""The container that the agent runs in: its file system and its environment, as templates see them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.agent.errors import TemplateError
from sealer.files import reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST: Final = 4 << 20


@dataclass(frozen=True)
class Container:
    """Where the agent runs.

    Attributes:
        root: Where its file system begins.
        environment: The variables that templates may see.

    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def place(self, path: str) -> Path:
        """Return where a configured path lies; a relative one begins at the root, as in the existing agent's image."""
        return below(self.root, path)

    def read(self, path: str) -> bytes | None:
        """Return the content of a file that a template asks for; None where there is none.

        Raises:
            TemplateError: The path climbs, or the file cannot be read, is none (a pipe would block), or is too large.

        """
        if ".." in path.split("/") or "\0" in path:
            raise TemplateError(f'file "{path}" is not a path without ".."')
        try:
            # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
            with os.fdopen(os.open(self.place(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as handle:
                regular = stat.S_ISREG(os.fstat(handle.fileno()).st_mode)
                content = handle.read(_LARGEST + 1) if regular else b""
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TemplateError(f"cannot read {path}: {reason(error)}") from error
        if not regular or len(content) > _LARGEST:
            raise TemplateError(f"cannot read {path}: it is {'larger than 4 MiB' if regular else 'no regular file'}")
        return content


def below(root: Path, path: str) -> Path:
    """Return the place of a configured path when the container's file system begins at `root`."""
    return root / path.lstrip("/")
