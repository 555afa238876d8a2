"""Where what a login shows comes from. Each is read anew at each login."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from injector.vault.errors import LoginError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class GivenCredential:
    """A credential that is at hand, such as an environment variable's value."""

    value: str = field(repr=False)

    def read(self) -> str:
        """Return the credential."""
        return self.value


@dataclass(frozen=True)
class FileCredential:
    """A credential in a file, read anew at each login: service-account tokens rotate.

    Attributes:
        path: The file.
        what: Its content in a person's words, such as ``service-account token``.

    """

    path: Path
    what: str

    def read(self) -> str:
        """Return the file's content without white space around it.

        Raises:
            LoginError: It cannot be read, or is empty. Worth a short wait: a volume may be filled a moment later.

        """
        try:
            text = self.path.read_text(encoding="utf-8").strip()
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise LoginError(f"cannot read the {self.what} at {self.path}: {reason}") from error
        except UnicodeDecodeError:
            # `from None`: the error carries the file's content.
            raise LoginError(f"the {self.what} at {self.path} is not text") from None
        if not text:
            raise LoginError(f"the {self.what} at {self.path} is empty")
        return text


@dataclass(frozen=True)
class OnceCredential:
    """A credential in a file that is removed when it was read, and kept in memory for the next login.

    A file that is there again later is a new credential, and wins.

    Attributes:
        path: The file.
        what: Its content in a person's words.
        follow: Whether, of a symbolic link, what it points to is removed.
        report: Gets a line where the file cannot be removed, as in a volume that is read-only.

    """

    path: Path
    what: str
    follow: bool = False
    report: Callable[[str], None] = field(default=lambda _line: None, repr=False, compare=False)
    _kept: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def read(self) -> str:
        """Return the credential.

        Raises:
            LoginError: There is no file, or it is empty, and none was read before.

        """
        try:
            text = FileCredential(self.path, self.what).read()
        except LoginError:
            if not self._kept:
                raise
            return self._kept[-1]
        known, self._kept[:] = self._kept == [text], [text]
        self._remove(told=known)
        return text

    def _remove(self, *, told: bool) -> None:
        try:
            (self.path.resolve() if self.follow else self.path).unlink()
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            if not told:
                self.report(f"cannot remove the {self.what} at {self.path}: {reason}")


Credential: TypeAlias = GivenCredential | FileCredential | OnceCredential


@dataclass(frozen=True)
class WrappedCredential:
    """A credential that Vault keeps until somebody shows a token, once (reference, vault-agent-injector 5.1).

    https://developer.hashicorp.com/vault/docs/concepts/response-wrapping

    Attributes:
        token: The wrapping token.
        creation_path: Where the credential must have been made, such as ``auth/approle/role/app/secret-id``: a token
            for anything else was put there by somebody else.

    """

    token: Credential
    creation_path: str
    _unwrapped: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def read(self, unwrap: Callable[[str, str], str]) -> str:
        """Return the credential; what was unwrapped is kept, as a token works once.

        Args:
            unwrap: Gets the token and the path, and returns what the token stands for.

        Raises:
            LoginError: There is no token, or it was used by somebody else.

        """
        with self._lock:
            token = self.token.read()
            if token not in self._unwrapped:
                found = unwrap(token, self.creation_path)
                self._unwrapped.clear()
                self._unwrapped[token] = found
            return self._unwrapped[token]
