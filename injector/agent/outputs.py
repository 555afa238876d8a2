"""Files that templates write besides their output (`writeToFile`), as part of the same generation."""

from __future__ import annotations

import grp
import pwd
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from injector.agent.errors import OutputError
from injector.agent.fields import file_path
from injector.agent.write import RenderedFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from injector.agent.container import Container
    from sealer.gotemplate.consul import FileWrite

_HIGHEST_ID: Final = (1 << 32) - 2


def with_writes(outputs: list[RenderedFile], writes: Iterable[FileWrite], container: Container) -> list[RenderedFile]:
    """Add the files that templates write to the templates' own.

    Of several writes to one path the last counts, and one that appends adds to the one before it or to the file that is
    there.

    Args:
        outputs: The files of the templates.
        writes: In the order in which they were asked for.
        container: Where the files lie.

    Raises:
        OutputError: A path is none, is the destination of a template, or an owner is not known.

    """
    own = {file.path for file in outputs}
    files: dict[str, RenderedFile] = {}
    for write in writes:
        path = _path(write)
        if container.place(path) in own:
            raise OutputError(f"two templates write {path}", hint="give writeToFile a path that is no destination")
        files[path] = _written(write, path, files.get(path), container)
    return [*outputs, *files.values()]


def _path(write: FileWrite) -> str:
    # A relative path begins at the root: that is where the existing agent runs.
    path = file_path(write.path if write.path.startswith("/") else f"/{write.path}")
    if path is None:
        raise OutputError(f'writeToFile: "{write.path}" is not the path of a file, without ".."')
    return path


def _written(write: FileWrite, path: str, before: RenderedFile | None, container: Container) -> RenderedFile:
    content = write.content.encode("utf-8", "surrogateescape")  # a Go string: see sealer.gotemplate.text
    if write.append:
        content = (before.content if before else container.read(path) or b"") + content
    owner = owner_of(write.user, write.group, "writeToFile")
    if before is not None:
        return replace(before, content=content, mode=write.mode, owner=owner)
    return RenderedFile(container.place(path), content, write.mode, owner)


def owner_of(user: str, group: str, where: str) -> tuple[int, int]:
    """Return the numbers of a user and of a group, given by name or number; -1 for the agent's own.

    Args:
        user: Empty for the agent's.
        group: Empty for the agent's.
        where: Who asks, for the message.

    Raises:
        OutputError: There is no such user or group.

    """
    return _user(user, where), _group(group, where)


def _user(name: str, where: str) -> int:
    try:
        return _number(name) if _is_number(name) else pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        raise OutputError(f'{where}: there is no user "{name}"', hint="give its number") from None


def _group(name: str, where: str) -> int:
    try:
        return _number(name) if _is_number(name) else grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise OutputError(f'{where}: there is no group "{name}"', hint="give its number") from None


def _is_number(name: str) -> bool:
    return not name or (name.isascii() and name.isdecimal())


def _number(digits: str) -> int:
    """Return an owner's number, or -1 for the agent's own.

    Raises:
        ValueError: No owner has such a number.

    """
    number = int(digits or -1)
    if number > _HIGHEST_ID:
        raise ValueError("beyond the numbers of users and groups")
    return number
