"""Where a secret is in Vault, as people write it: ``secret/hello`` or ``secret/hello?version=3``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from injector.vault.errors import InvalidReferenceError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_VERSION: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class SecretReference:
    """A secret's place.

    Attributes:
        path: Logical path without slashes at its ends, such as ``secret/hello``; the same for KV version 1 and 2.
        version: The version wanted of a KV version 2 secret; None for the newest.

    """

    path: str
    version: int | None = None

    def __str__(self) -> str:
        return self.path if self.version is None else f"{self.path}?version={self.version}"


def parse_reference(text: str) -> SecretReference:
    """Read a reference (reference, vault-agent-injector 1.2 and 5.3).

    Raises:
        InvalidReferenceError: The path is empty, has segments that a URL would lose, or a parameter is not ``version``.

    """
    raw, _, query = text.strip().partition("?")
    path = clean_path(raw)
    return SecretReference(path, _version(query, text) if query else None)


def clean_path(text: str) -> str:
    """Return a logical path as it is sent: no slashes at its ends, single ones within.

    Raises:
        InvalidReferenceError: It is empty, or has segments that a URL would lose.

    """
    path = re.sub("/{2,}", "/", text).strip("/")
    if not path:
        raise InvalidReferenceError(f'"{text}" names no secret', hint="write mount and path, such as secret/hello")
    if _CONTROL.search(path):
        raise InvalidReferenceError(f"the path {path!r} holds a control character")
    # `..` would be resolved on the way to Vault, and another secret read than the one that stands here.
    if {".", ".."} & set(path.split("/")):
        raise InvalidReferenceError(f'the path "{path}" holds "." or ".."', hint="write the path in full")
    return path


def _version(query: str, text: str) -> int:
    parameters = parse_qsl(query, keep_blank_values=True)
    unknown = [name for name, _ in parameters if name != "version"]
    if unknown or len(parameters) != 1:
        named = f'the parameter "{unknown[0]}"' if unknown else "more than one parameter"
        raise InvalidReferenceError(f'"{text}" has {named}', hint="the only parameter is version, once")
    value = parameters[0][1]
    if not _VERSION.fullmatch(value):
        raise InvalidReferenceError(f'"{text}": the version must be a whole number', hint="such as ?version=3")
    return int(value)
