"""The connection to Vault: what a configuration says, and below it what the environment says (pure).

hvac reads part of the environment by itself, partly at import time, and ignores the rest (reference,
vault-agent-injector 5.2). Here every variable is read in one place, or refused rather than ignored.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"", "0", "f", "F", "FALSE", "false", "False"})
_DURATION: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|h|m|s))+")
_PART: Final = re.compile(r"([0-9.]+)(ms|h|m|s)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DEFAULT_TIMEOUT: Final = 60.0
# Ignored, these would end in an error about trust that hides its cause.
_UNSUPPORTED: Final = ("VAULT_CACERT_BYTES", "VAULT_TLS_SERVER_NAME")


@dataclass(frozen=True)
class Connection:
    """How to reach Vault.

    Attributes:
        address: URL without a slash at its end.
        namespace: Vault namespace.
        verify: True for the public authorities, a file or folder of certificates, or False for no check at all.
        client_certificate: Files of certificate and key.
        timeout: Seconds a request may take.
        proxy: URL of an HTTP proxy; never shown, since it may hold a password.

    """

    address: str
    namespace: str | None = None
    verify: bool | str = True
    client_certificate: tuple[str, str] | None = None
    timeout: float = _DEFAULT_TIMEOUT
    proxy: str | None = field(default=None, repr=False)


def connect_with(
    environ: Mapping[str, str],
    *,
    address: str | None = None,
    namespace: str | None = None,
    ca_cert: str | None = None,
    skip_verify: bool | None = None,
) -> Connection:
    """Combine a configuration with the environment; the configuration wins.

    Args:
        environ: ``VAULT_ADDR``, ``VAULT_NAMESPACE``, ``VAULT_CACERT``, ``VAULT_CAPATH``, ``VAULT_SKIP_VERIFY``,
            ``VAULT_CLIENT_CERT``, ``VAULT_CLIENT_KEY``, ``VAULT_CLIENT_TIMEOUT``, ``SSL_CERT_FILE``, ``SSL_CERT_DIR``
            and the usual proxy variables are read.
        address: Vault's URL.
        namespace: Vault namespace.
        ca_cert: A file of PEM certificates.
        skip_verify: True for no check of the server's certificate.

    Raises:
        VaultSettingsError: There is no address, or a setting cannot be used.

    """
    for name in _UNSUPPORTED:
        if environ.get(name):
            raise VaultSettingsError(f"{name} is set, and not supported", hint="use VAULT_CACERT with a file")
    url = _address(address or environ.get("VAULT_ADDR") or "")
    skip = skip_verify if skip_verify is not None else _boolean(environ, "VAULT_SKIP_VERIFY")
    return Connection(
        address=url,
        namespace=(namespace or environ.get("VAULT_NAMESPACE") or "").strip("/") or None,
        verify=_verify(environ, ca_cert, skip=skip),
        client_certificate=_client_certificate(environ),
        timeout=_timeout(environ.get("VAULT_CLIENT_TIMEOUT", "")),
        proxy=_proxy(environ, url),
    )


def _address(text: str) -> str:
    if not text.strip():
        raise VaultSettingsError("there is no address of Vault", hint="give it, or set VAULT_ADDR")
    try:
        url = urlsplit(text.strip())
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
        url = urlsplit("")
    if "@" in url.netloc:
        raise VaultSettingsError("the address of Vault holds a user or password", hint="Vault knows no such login")
    if not usable or url.query or url.fragment:
        raise VaultSettingsError(f'"{text}" is no address of Vault', hint="such as https://vault.example.com:8200")
    return text.strip().rstrip("/")


def _boolean(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "")
    if value in _TRUE | _FALSE:
        return value in _TRUE
    raise VaultSettingsError(f'{name} is "{value}": must be true or false')


def _verify(environ: Mapping[str, str], ca_cert: str | None, *, skip: bool) -> bool | str:
    if skip:
        return False
    names = ("VAULT_CACERT", "VAULT_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
    return next((path for path in (ca_cert, *(environ.get(name) for name in names)) if path), True)


def _client_certificate(environ: Mapping[str, str]) -> tuple[str, str] | None:
    cert, key = environ.get("VAULT_CLIENT_CERT"), environ.get("VAULT_CLIENT_KEY")
    if bool(cert) != bool(key):
        raise VaultSettingsError("VAULT_CLIENT_CERT and VAULT_CLIENT_KEY go together, and one of them is missing")
    return (cert, key) if cert and key else None


def _timeout(text: str) -> float:
    """Read whole seconds or a Go duration (https://pkg.go.dev/time#ParseDuration), as Vault's own client does."""
    if not text:
        return _DEFAULT_TIMEOUT
    if text.isascii() and text.isdigit():
        seconds = float(text)
    elif _DURATION.fullmatch(text):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    else:
        seconds = 0.0
    if seconds <= 0:
        raise VaultSettingsError(
            f'VAULT_CLIENT_TIMEOUT is "{text}": must be a time above zero', hint="such as 30s or 30"
        )
    return seconds


def _proxy(environ: Mapping[str, str], address: str) -> str | None:
    """Return the proxy for `address`; Vault's own variables come first, as in its client."""
    own = environ.get("VAULT_PROXY_ADDR") or environ.get("VAULT_HTTP_PROXY")
    if own:
        return own
    url = urlsplit(address)
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if any(_exempts(entry.strip(), url.hostname or "") for entry in no_proxy.split(",")):
        return None
    name = f"{url.scheme}_proxy"
    return environ.get(name) or environ.get(name.upper()) or None


def _exempts(entry: str, host: str) -> bool:
    """Say whether an entry of ``NO_PROXY`` (a name, a domain, an address, a network or ``*``) covers `host`."""
    with suppress(ValueError):
        return ip_address(host) in ip_network(entry, strict=False)
    name = entry.lower().removeprefix("*").lstrip(".")
    return entry == "*" or (bool(name) and f".{host}".endswith(f".{name}"))
