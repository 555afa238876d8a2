"""How a program proves to the API server who it is: a Pod's service account, or a kubeconfig file.

Both become one `Credentials`, which kopf and our own client share. A kubeconfig's exec plugins and proxies are not
supported and say so: a program that lost half of its configuration silently would talk to the wrong server.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVICE_ACCOUNT_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# Tokens of service accounts are replaced in place well before they end; client-go reads them again after a minute.
_TOKEN_FRESH_FOR: Final = 60.0
_UNSUPPORTED_USER: Final = ("exec", "auth-provider", "username", "password", "as")
_UNSUPPORTED_CLUSTER: Final = ("proxy-url", "tls-server-name")


@dataclass
class Token:
    """A bearer token, read again when its file may have changed.

    Attributes:
        path: Its file, or None for a fixed token.
        clock: Monotonic seconds.

    """

    path: Path | None = None
    clock: Callable[[], float] = time.monotonic
    _text: str = field(default="", repr=False)
    _read_at: float | None = None

    def read(self) -> str:
        """Return the token as it is now.

        Raises:
            ConfigError: The file cannot be read, and never could.

        """
        now = self.clock()
        if self.path is None or (self._read_at is not None and now - self._read_at < _TOKEN_FRESH_FOR):
            return self._text
        try:
            self._text = _read(self.path).decode("ascii", "replace").strip()
        except ConfigError:
            # A token that was good a minute ago may still be; if it is not, the API server says so.
            if not self._text:
                raise
        self._read_at = now
        return self._text


@dataclass(frozen=True)
class Credentials:
    """Where the API server is and how to talk to it.

    Attributes:
        server: Its URL.
        ca: PEM certificates that its own is checked with; None for those of the system.
        token: What goes into the Authorization header, if anything.
        certificate: PEM client certificate, if any.
        private_key: PEM key of it; never shown.
        insecure: Whether the server's certificate goes unchecked, as the kubeconfig asks.

    """

    server: str
    ca: bytes | None = field(default=None, repr=False)
    token: Token | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    private_key: bytes | None = field(default=None, repr=False)
    insecure: bool = False


def load_credentials(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT_FOLDER) -> Credentials:
    """Return the credentials of ``KUBECONFIG``, or else those of the Pod.

    ``~/.kube/config`` is left alone on purpose: a program that was started by mistake on somebody's machine must not
    write to whatever cluster is current there.

    Raises:
        ConfigError: There are none, or they cannot be used.

    """
    kubeconfig = environ.get("KUBECONFIG", "")
    if kubeconfig:
        return from_kubeconfig(_load_yaml(Path(kubeconfig)), Path(kubeconfig).parent)
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return in_cluster(environ, folder)
    raise ConfigError("no credentials for an API server", hint="run in a Pod with a service account, or set KUBECONFIG")


def in_cluster(environ: Mapping[str, str], folder: Path) -> Credentials:
    """Return the credentials of a Pod (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/)."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    where = f"[{host}]" if ":" in host else host
    return Credentials(server=f"https://{where}:{port}", ca=_read(folder / "ca.crt"), token=Token(folder / "token"))


def from_kubeconfig(config: object, folder: Path) -> Credentials:
    """Return the credentials of a kubeconfig's current context.

    Args:
        config: The decoded file.
        folder: Its folder, which relative paths in it start from.

    Raises:
        ConfigError: The context is not there, or needs something that is not supported.

    """
    top = _mapping(config, "the kubeconfig")
    context = _named(top, "contexts", "context", str(top.get("current-context") or ""))
    cluster = _named(top, "clusters", "cluster", str(context.get("cluster") or ""))
    user = _named(top, "users", "user", str(context.get("user") or "")) if context.get("user") else {}
    _refuse(user, _UNSUPPORTED_USER)
    _refuse(cluster, _UNSUPPORTED_CLUSTER)
    if not isinstance(cluster.get("server"), str):
        raise ConfigError("the kubeconfig's cluster has no server")
    return Credentials(
        server=cluster["server"].rstrip("/"),
        ca=_data_or_file(cluster, "certificate-authority", folder),
        token=_token(user, folder),
        certificate=_data_or_file(user, "client-certificate", folder),
        private_key=_data_or_file(user, "client-key", folder),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
    )


def own_namespace(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT_FOLDER) -> str:
    """Return the namespace that the program runs in (reference, sealed-secrets 2.1)."""
    if environ.get("POD_NAMESPACE"):
        return environ["POD_NAMESPACE"]
    file = folder / "namespace"
    return (file.read_text("ascii").strip() if file.is_file() else "") or "default"


def _token(user: Mapping[str, Any], folder: Path) -> Token | None:
    # The file beats the token, as in client-go.
    if user.get("tokenFile"):
        return Token(folder / str(user["tokenFile"]))
    return Token(_text=str(user["token"])) if user.get("token") else None


def _named(top: Mapping[str, Any], plural: str, singular: str, name: str) -> Mapping[str, Any]:
    for entry in top.get(plural) or []:
        if isinstance(entry, dict) and entry.get("name") == name:
            return _mapping(entry.get(singular) or {}, f"the kubeconfig's {singular} {name!r}")
    raise ConfigError(f"the kubeconfig has no {singular} {name!r}")


def _refuse(entry: Mapping[str, Any], unsupported: tuple[str, ...]) -> None:
    for field_name in unsupported:
        if entry.get(field_name):
            raise ConfigError(
                f"the kubeconfig's field {field_name!r} is not supported here",
                hint="use token, tokenFile, or client-certificate and client-key",
            )


def _data_or_file(entry: Mapping[str, Any], name: str, folder: Path) -> bytes | None:
    if data := entry.get(f"{name}-data"):
        try:
            return base64.b64decode(str(data), validate=True)
        except binascii.Error:
            # `from None`: it may be a private key.
            raise ConfigError(f"the kubeconfig's {name}-data is not base64") from None
    return _read(folder / str(entry[name])) if entry.get(name) else None


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{what} is not a mapping")
    return value


def _load_yaml(path: Path) -> object:
    if os.pathsep in str(path):
        raise ConfigError("KUBECONFIG names several files", hint="name one, made by `kubectl config view --flatten`")
    try:
        return yaml.safe_load(_read(path))
    except yaml.YAMLError:
        # `from None`: the parser quotes the lines, which hold tokens and keys.
        raise ConfigError(f"{path} is not YAML") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
