"""What a template may need from outside: secrets to read, write or list, certificates, files (pure).

A dependency is a value: two that are equal are fetched once. `str()` names it for messages and logs, without secrets.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.sprig.letters import SPACE_CHARACTERS


@dataclass(frozen=True, slots=True)
class ReadSecret:
    """Read a secret.

    Attributes:
        path: Its path as people write it, without slashes at its ends; KV version 1 or 2 is the reader's to find out.
        parameters: Names and values of the query, such as `version`.

    """

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        versions = [value for name, value in self.parameters if name == "version"]
        return f"vault.read({self.path}{f'.v{versions[0]}' if versions else ''})"


@dataclass(frozen=True, slots=True)
class WriteSecret:
    """Write to a path and use the answer, as certificates are issued.

    Attributes:
        path: The path, without slashes at its ends.
        data: Names and values, sorted by name.

    """

    path: str
    data: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        written = "".join(f'{name}="{value}"' for name, value in self.data)
        digest = hashlib.sha256(written.encode("utf-8", "surrogateescape")).hexdigest()
        return f"vault.write({self.path} -> {digest[:8]})"


@dataclass(frozen=True, slots=True)
class ListSecrets:
    """List the names below a path.

    Attributes:
        path: The path, without slashes at its ends.

    """

    path: str

    def __str__(self) -> str:
        return f"vault.list({self.path})"


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Have a certificate issued unless the template's own destination still holds a good one.

    Attributes:
        path: The path to write to.
        data: Names and values, sorted by name.
        destination: File that the template is rendered to; empty where it has none.

    """

    path: str
    data: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    destination: str = ""

    def __str__(self) -> str:
        return f"vault.pki({self.path}->{self.destination})"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Read a file.

    Attributes:
        path: Its path, cleaned.

    """

    path: str

    def __str__(self) -> str:
        return f"file({self.path})"


Dependency: TypeAlias = ReadSecret | WriteSecret | ListSecrets | IssueCertificate | ReadFile


def read_or_write(path: str, *pairs: str) -> ReadSecret | WriteSecret:
    """The dependency of `secret`: a path alone is read, a path with pairs is written to.

    Args:
        path: As it stands in the template.
        *pairs: `name=value`; empty ones are skipped.

    Raises:
        FunctionError: The path is empty or no path, or a pair has no `=`.

    """
    data = key_values(pairs)
    if pairs:
        return WriteSecret(_trimmed(path, "vault.write"), data)
    plain, _, query = _without_fragment(_trimmed(path, "vault.read")).partition("?")
    return ReadSecret(_unescaped(plain), tuple(parse_qsl(query, keep_blank_values=True)))


def listing(path: str) -> ListSecrets:
    """The dependency of `secrets`.

    Raises:
        FunctionError: The path is empty.

    """
    return ListSecrets(_trimmed(path, "vault.list"))


def issuing(path: str, pairs: tuple[str, ...], destination: str) -> IssueCertificate:
    """The dependency of `pkiCert`.

    Raises:
        FunctionError: The path is empty or no path, or a pair has no `=`.

    """
    plain = _without_fragment(_trimmed(path, "vault.pki")).partition("?")[0]
    return IssueCertificate(_unescaped(plain), key_values(pairs), destination)


def file_at(path: str) -> ReadFile:
    """The dependency of `file`."""
    cleaned = posixpath.normpath(path.strip(SPACE_CHARACTERS))
    return ReadFile("/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned)


def key_values(pairs: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Read `name=value` pairs; of two with one name the last counts.

    Raises:
        FunctionError: One has no `=`.

    """
    found: dict[str, str] = {}
    for pair in filter(None, pairs):
        name, separator, value = pair.partition("=")
        if not separator:
            raise FunctionError("not k=v pair")  # without the pair: it may be a secret
        found[name.strip(SPACE_CHARACTERS)] = value.strip(SPACE_CHARACTERS)
    return tuple(sorted(found.items()))


def _trimmed(path: str, name: str) -> str:
    path = path.strip(SPACE_CHARACTERS).strip("/")
    if not path:
        raise FunctionError(f'{name}: invalid format: ""')
    return path


def _without_fragment(path: str) -> str:
    if "#" in path:
        # consul-template drops what follows, and so reads another secret than the one that stands there.
        raise FunctionError('the path has a "#": write %23')
    return path


def _unescaped(path: str) -> str:
    for at, character in enumerate(path):
        if character == "%" and not _is_hex(path[at + 1 : at + 3]):
            raise FunctionError("the path has an invalid URL escape")
    if any(character < " " or character == "\x7f" for character in path):
        raise FunctionError("the path has a control character")
    return unquote(path, errors="surrogateescape")


def _is_hex(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)  # noqa: PLR2004 - %XX
