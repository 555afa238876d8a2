"""A Secret from files, env files and literals, as `kubectl create secret generic` makes it."""

from __future__ import annotations

import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from sealer.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENV_NAME: Final = re.compile(r"[-._a-zA-Z0-9]+")


def split_file_argument(argument: str) -> tuple[str, str]:
    """Split ``[KEY=]PATH`` into item key and path; the key defaults to the file's name.

    Raises:
        UsageError: There is no key to be had.

    """
    key, separator, path = argument.partition("=")
    if not separator:
        key, path = PurePath(argument).name, argument
    if not key or not path:
        raise UsageError(f"--from-file {argument!r} is not [KEY=]PATH")
    if path == "-" and not separator:
        raise UsageError("--from-file - needs an item key", hint="write --from-file KEY=-")
    return key, path


def split_literal(argument: str) -> tuple[str, bytes]:
    """Split ``KEY=VALUE``.

    Raises:
        UsageError: There is no ``=``; the argument is not repeated in the message, since it may be the value.

    """
    key, separator, value = argument.partition("=")
    if not separator or not key:
        raise UsageError("--from-literal takes KEY=VALUE")
    return key, os.fsencode(value)  # the very bytes of the command line, be they UTF-8 or not


def parse_env_file(data: bytes, source: str) -> dict[str, bytes]:
    """Read an env file as `kubectl` does: ``KEY=VALUE`` lines, values verbatim, blank lines and ``#`` comments skipped.

    Raises:
        InputError: A line is neither; the message names the line's number and not its text.

    """
    items: dict[str, bytes] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        text = line.rstrip(b"\r").lstrip()
        if not text or text.startswith(b"#"):
            continue
        key, separator, value = text.partition(b"=")
        name = key.decode("utf-8", "replace")
        if not separator or not _ENV_NAME.fullmatch(name):
            raise InputError(f"{source}, line {number}: not KEY=VALUE")
        if name in items:
            raise InputError(f"{source}, line {number}: {name} appears twice")
        items[name] = value
    return items


def merge_items(groups: Iterable[Mapping[str, bytes]]) -> dict[str, bytes]:
    """Join items from several sources.

    Raises:
        UsageError: An item key comes twice.

    """
    items: dict[str, bytes] = {}
    for group in groups:
        for key, value in group.items():
            if key in items:
                raise UsageError(f"the item {key} is given twice")
            items[key] = value
    return items
