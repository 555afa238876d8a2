"""Ways to log in to Vault. Values only: who logs in, where, and where the credentials are read at each login."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from injector.vault.errors import LoginError, VaultSettingsError

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN: Final = re.compile(r"[!-~]+")


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


Credential: TypeAlias = GivenCredential | FileCredential


@dataclass(frozen=True)
class KubernetesAuth:
    """Login with a service-account token (https://developer.hashicorp.com/vault/api-docs/auth/kubernetes)."""

    role: str
    token: Credential
    mount: str = "kubernetes"

    def __str__(self) -> str:
        return f"the kubernetes login as role {self.role} at auth/{self.mount}"


@dataclass(frozen=True)
class AppRoleAuth:
    """Login with role id and secret id (https://developer.hashicorp.com/vault/api-docs/auth/approle)."""

    role_id: Credential
    secret_id: Credential | None = None
    mount: str = "approle"

    def __str__(self) -> str:
        return f"the approle login at auth/{self.mount}"


@dataclass(frozen=True)
class TokenAuth:
    """A token that somebody else made: used as it is, and never revoked."""

    token: Credential

    def __str__(self) -> str:
        return "the given token"

    def read(self) -> str:
        """Return the token.

        Raises:
            LoginError: It cannot be read, or cannot be a token: as an HTTP header it would be quoted in an error.

        """
        token = self.token.read()
        if not _TOKEN.fullmatch(token):
            raise LoginError("the given token is empty or holds a character that no token has")
        return token


Auth: TypeAlias = KubernetesAuth | AppRoleAuth | TokenAuth


def mount_point(path: str) -> str:
    """Return an auth mount as Vault's login paths and hvac want it: ``auth/kubernetes`` gives ``kubernetes``.

    Raises:
        VaultSettingsError: Nothing is left, or the path climbs.

    """
    mount = path.strip().strip("/").removeprefix("auth/").strip("/")
    if not mount or mount == "auth" or {"", ".", ".."} & set(mount.split("/")):
        raise VaultSettingsError(f'"{path}" is no mount of an auth method', hint="such as auth/kubernetes")
    return mount
