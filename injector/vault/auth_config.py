"""From the existing agent's ``auto_auth`` parameters, as annotations give them, to a login (pure).

https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth; reference, vault-agent-injector 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.vault.auth import (
    AppRoleAuth,
    Auth,
    CertAuth,
    Credential,
    FileCredential,
    JwtAuth,
    KubernetesAuth,
    OnceCredential,
    TokenAuth,
    WrappedCredential,
    mount_point,
)
from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# Of each method: what it must have, and what it may have. `token_path` is set for every method by the webhook.
_PARAMETERS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "kubernetes": (frozenset({"role", "token_path"}), frozenset()),
    "approle": (
        frozenset({"role_id_file_path"}),
        frozenset({
            "secret_id_file_path", "remove_secret_id_file_after_reading", "secret_id_response_wrapping_path", "role",
        }),
    ),
    "jwt": (
        frozenset({"role", "path"}),
        frozenset({"remove_jwt_after_reading", "remove_jwt_follows_symlinks", "jwt_read_period"}),
    ),
    "cert": (frozenset(), frozenset({"name", "ca_cert", "client_cert", "client_key", "reload", "role"})),
    "token_file": (frozenset({"token_file_path"}), frozenset({"role"})),
    "aws": (
        frozenset({"role"}),
        frozenset({
            "type", "region", "header_value", "access_key", "secret_key", "session_token", "credential_poll_interval",
        }),
    ),
}  # fmt: skip
_EVERYWHERE: Final = frozenset({"token_path"})
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
METHODS: Final = tuple(_PARAMETERS)


@dataclass(frozen=True)
class _Asked:
    """What a configuration says about a login; the arguments of `auth_from`."""

    params: Mapping[str, str] = field(repr=False)
    place: Callable[[str], Path]
    environ: Mapping[str, str] = field(repr=False)
    report: Callable[[str], None]

    def text(self, name: str) -> str | None:
        return self.params.get(name) or None

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.params.get(name, "")
        if value not in _TRUE | _FALSE | {""}:
            raise VaultSettingsError(f'auth.params.{name}: "{value}" must be true or false')
        return default if value == "" else value in _TRUE

    def file(self, name: str, what: str) -> FileCredential:
        return FileCredential(self.place(self.params[name]), what)

    def once(self, name: str, what: str, switch: str, *, follow: bool = False) -> Credential:
        if not self.boolean(switch, default=True):
            return self.file(name, what)
        return OnceCredential(self.place(self.params[name]), what, follow=follow, report=self.report)


def auth_from(  # noqa: PLR0913  # a configuration, and where it is read
    kind: str,
    mount_path: str,
    params: Mapping[str, str],
    *,
    place: Callable[[str], Path],
    environ: Mapping[str, str],
    namespace: str | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Auth:
    """Return a login.

    Args:
        kind: One of `METHODS`.
        mount_path: Such as ``auth/kubernetes``.
        params: The method's ``config``, all text.
        place: From a configured path to where it lies.
        environ: The environment, for AWS.
        namespace: The Vault namespace of the login.
        report: Gets a line where a file cannot be removed.

    Raises:
        VaultSettingsError: The method is none of ours, or a parameter is unknown, missing or not what it must be; the
            message names ``auth.type`` or ``auth.params.NAME``.

    """
    _check(kind, params)
    asked = _Asked(params, place, environ, report)
    mount = mount_point(mount_path)
    match kind:
        case "kubernetes":
            token = asked.file("token_path", "service-account token")
            return KubernetesAuth(params["role"], token, mount, namespace)
        case "approle":
            return AppRoleAuth(asked.file("role_id_file_path", "role id"), _secret_id(asked), mount, namespace)
        case "jwt":
            follow = asked.boolean("remove_jwt_follows_symlinks", default=False)
            return JwtAuth(
                params["role"], asked.once("path", "token", "remove_jwt_after_reading", follow=follow), mount, namespace
            )
        case "cert":
            return _cert(asked, mount, namespace)
        case "token_file":
            return TokenAuth(asked.file("token_file_path", "token"), namespace)
        case _:
            return _aws(asked, mount, namespace)


def _check(kind: str, params: Mapping[str, str]) -> None:
    if kind not in _PARAMETERS:
        raise VaultSettingsError(f'auth.type: "{kind}" is not one of: {", ".join(METHODS)}')
    required, optional = _PARAMETERS[kind]
    known = required | optional | _EVERYWHERE
    for name in params:
        if name not in known:
            raise VaultSettingsError(
                f"auth.params.{name}: the {kind} login has no such parameter", hint=f"it has {', '.join(sorted(known))}"
            )
    for name in sorted(required):
        if not params.get(name):
            raise VaultSettingsError(f"auth.params.{name}: the {kind} login must have it")


def _secret_id(asked: _Asked) -> Credential | WrappedCredential | None:
    if not asked.text("secret_id_file_path"):
        return None
    secret_id = asked.once("secret_id_file_path", "secret id", "remove_secret_id_file_after_reading")
    wrapped = asked.text("secret_id_response_wrapping_path")
    return WrappedCredential(secret_id, wrapped.strip("/")) if wrapped else secret_id


def _cert(asked: _Asked, mount: str, namespace: str | None) -> CertAuth:
    asked.boolean("reload", default=False)  # its files are always read anew
    certificate, key, authorities = (asked.text(name) for name in ("client_cert", "client_key", "ca_cert"))
    if bool(certificate) != bool(key):
        raise VaultSettingsError("auth.params.client_cert and auth.params.client_key go together, and one is missing")
    return CertAuth(
        asked.text("name"),
        asked.place(certificate) if certificate else None,
        asked.place(key) if key else None,
        mount,
        str(asked.place(authorities)) if authorities else None,
        namespace,
    )


def _aws(asked: _Asked, mount: str, namespace: str | None) -> Auth:
    # Imported here: few log in by AWS.
    from injector.vault.aws.config import aws_auth  # noqa: PLC0415  # see above

    return aws_auth(asked.params, asked.environ, mount, namespace)
