"""Ways to log in to Vault. Values only: who logs in, where, and where the credentials are read at each login."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from injector.vault.credentials import (
    Credential,
    FileCredential,
    GivenCredential,
    OnceCredential,
    WrappedCredential,
)
from injector.vault.errors import LoginError, VaultSettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from injector.vault.aws.credentials import AwsSource

__all__ = [
    "AppRoleAuth", "Auth", "AwsAuth", "CertAuth", "Credential", "FileCredential", "GivenCredential", "JwtAuth",
    "KubernetesAuth", "Login", "OnceCredential", "TokenAuth", "WrappedCredential", "mount_point",
]  # fmt: skip

_TOKEN: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class KubernetesAuth:
    """Login with a service-account token (https://developer.hashicorp.com/vault/api-docs/auth/kubernetes)."""

    role: str
    token: Credential
    mount: str = "kubernetes"
    namespace: str | None = None

    def __str__(self) -> str:
        return f"the kubernetes login as role {self.role} at auth/{self.mount}"


@dataclass(frozen=True)
class AppRoleAuth:
    """Login with role id and secret id (https://developer.hashicorp.com/vault/api-docs/auth/approle)."""

    role_id: Credential
    secret_id: Credential | WrappedCredential | None = None
    mount: str = "approle"
    namespace: str | None = None

    def __str__(self) -> str:
        return f"the approle login at auth/{self.mount}"


@dataclass(frozen=True)
class JwtAuth:
    """Login with a JSON Web Token (https://developer.hashicorp.com/vault/api-docs/auth/jwt)."""

    role: str
    token: Credential
    mount: str = "jwt"
    namespace: str | None = None

    def __str__(self) -> str:
        return f"the jwt login as role {self.role} at auth/{self.mount}"


@dataclass(frozen=True)
class CertAuth:
    """Login by the client certificate of the TLS connection (https://developer.hashicorp.com/vault/api-docs/auth/cert).

    Vault renews such a token only over a connection with the same certificate, so every request shows it.

    Attributes:
        name: The role; None to let Vault choose.
        certificate: Our certificate, read anew at each login; None for that of the connection.
        key: Its key.
        mount: Where the login is mounted.
        authorities: Whom to trust instead of those of the connection: a file or a folder.
        namespace: Vault namespace of the login.

    """

    name: str | None
    certificate: Path | None = None
    key: Path | None = None
    mount: str = "cert"
    authorities: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        return f"the cert login{f' as {self.name}' if self.name else ''} at auth/{self.mount}"


@dataclass(frozen=True)
class AwsAuth:
    """Login by a request signed for AWS (https://developer.hashicorp.com/vault/api-docs/auth/aws, type iam).

    Attributes:
        role: The role; empty to let Vault take the name of the AWS principal.
        region: The AWS region to sign for.
        credentials: Who signs.
        header_value: What Vault expects as X-Vault-AWS-IAM-Server-ID; None where it expects nothing.
        mount: Where the login is mounted.
        namespace: Vault namespace of the login.

    """

    role: str
    region: str
    credentials: AwsSource = field(repr=False)
    header_value: str | None = None
    mount: str = "aws"
    namespace: str | None = None

    def __str__(self) -> str:
        return f"the aws login{f' as role {self.role}' if self.role else ''} at auth/{self.mount}"


@dataclass(frozen=True)
class TokenAuth:
    """A token that somebody else made: used as it is, and never revoked."""

    token: Credential
    namespace: str | None = None

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


Login: TypeAlias = KubernetesAuth | AppRoleAuth | JwtAuth | CertAuth | AwsAuth
Auth: TypeAlias = Login | TokenAuth


def mount_point(path: str) -> str:
    """Return an auth mount as Vault's login paths and hvac want it: ``auth/kubernetes`` gives ``kubernetes``.

    Raises:
        VaultSettingsError: Nothing is left, or the path climbs.

    """
    mount = path.strip().strip("/").removeprefix("auth/").strip("/")
    if not mount or mount == "auth" or {"", ".", ".."} & set(mount.split("/")):
        raise VaultSettingsError(f'"{path}" is no mount of an auth method', hint="such as auth/kubernetes")
    return mount
