"""Fetch what templates ask for: the thin part between them and Vault (reference, vault-agent-injector 3.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sealer.errors import InputError
from sealer.gotemplate import text
from sealer.gotemplate.consul.dependencies import (
    Dependency,
    IssueCertificate,
    ListSecrets,
    ReadFile,
    ReadSecret,
    WriteSecret,
)
from sealer.gotemplate.consul.passes import Known
from sealer.gotemplate.consul.pems import ROTATION, Pems, find_pems, pems_in_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sealer.gotemplate.consul.responses import SecretResponse


class SecretReader(Protocol):
    """What templates need of Vault. KV version 1 or 2, retries and login are the reader's own business.

    Paths come as people write them, without slashes at their ends. Each method raises what the caller of `render_with`
    wants to see, such as an error that names the path.
    """

    def read(self, path: str, parameters: Sequence[tuple[str, str]]) -> SecretResponse:
        """Read a secret; `parameters` are those of the query, such as `("version", "2")`."""

    def write(self, path: str, data: Mapping[str, str]) -> SecretResponse | None:
        """Write to a path (PUT) and return the answer; None where it has no content."""

    def list(self, path: str) -> Sequence[str]:
        """List the names below a path; none where there is nothing."""


def _no_file(path: str) -> bytes | None:
    raise InputError(f"file {path}: files are not available here")


def _now() -> datetime:
    return datetime.now(UTC)


class Fetcher:
    """Fetches what templates ask for, each once, and keeps it: several templates of one generation share a Fetcher.

    Args:
        reader: Vault.
        read_file: Gives the content of a file, or None where there is none; decides what may be read at all.
        now: The time, aware.
        rotation: After which part of its life a certificate is due for renewal.

    """

    def __init__(
        self,
        reader: SecretReader,
        *,
        read_file: Callable[[str], bytes | None] = _no_file,
        now: Callable[[], datetime] = _now,
        rotation: float = ROTATION,
    ) -> None:
        self._reader = reader
        self._read_file = read_file
        self._now = now
        self._rotation = rotation
        self._secrets: dict[ReadSecret | WriteSecret, SecretResponse | None] = {}
        self._lists: dict[ListSecrets, tuple[str, ...]] = {}
        self._certificates: dict[IssueCertificate, Pems] = {}
        self._files: dict[ReadFile, str] = {}

    @property
    def known(self) -> Known:
        """All that has been fetched."""
        return Known(self._secrets, self._lists, self._certificates, self._files)

    def fetch(self, wanted: Dependency) -> None:
        """Fetch one dependency.

        Raises:
            InputError: A file is not there, or an answer holds no certificate.
            Exception: What the reader raises.

        """
        match wanted:
            case ReadSecret():
                self._secrets[wanted] = self._reader.read(wanted.path, wanted.parameters)
            case WriteSecret():
                self._secrets[wanted] = self._reader.write(wanted.path, dict(wanted.data))
            case ListSecrets():
                self._lists[wanted] = tuple(sorted(self._reader.list(wanted.path)))
            case IssueCertificate():
                self._certificates[wanted] = self._certificate(wanted)
            case ReadFile():
                self._files[wanted] = self._file(wanted)

    def forget(self, dependency: Dependency) -> None:
        """Drop what was fetched, so that the next rendering fetches it anew."""
        kept: tuple[dict[Any, Any], ...] = (self._secrets, self._lists, self._certificates, self._files)
        for dependencies in kept:
            dependencies.pop(dependency, None)

    def _file(self, wanted: ReadFile) -> str:
        content = self._read_file(wanted.path)
        if content is None:
            raise InputError(f"{wanted}: no such file")
        return text.decode(content)

    def _certificate(self, wanted: IssueCertificate) -> Pems:
        # The template's own destination is the cache: a restart issues no new certificate while the old one is good.
        kept = self._read_file(wanted.destination) if wanted.destination else None
        if kept:
            found = find_pems(text.decode(kept), self._rotation)
            if found.is_good(self._now()):
                return found
        answer = self._reader.write(wanted.path, dict(wanted.data))
        issued = find_pems(pems_in_answer({} if answer is None else answer.data or {}), self._rotation)
        if not issued.is_good(self._now()):
            raise InputError(f"{wanted}: the answer holds no certificate, or one that is due for renewal already")
        return issued
