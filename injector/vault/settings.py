"""The connection to Vault: what a configuration says, and below it what the environment says (pure)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from injector.vault.environment import (
    RateLimit,
    boolean,
    rate_limit,
    refuse_unsupported,
    retries,
    seconds,
    text_of,
    variable,
)
from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_TIMEOUT: Final = 60.0


@dataclass(frozen=True)
class Connection:
    """How to reach Vault.

    Attributes:
        address: URL without a slash at its end.
        namespace: Vault namespace.
        verify: True for `authorities` or, without them, the public ones; a file or folder of certificates; or False for
            no check at all.
        authorities: Certificates as PEM text.
        server_name: The name that the server's certificate must have; that of `address` where None.
        client_certificate: Files of certificate and key.
        timeout: Seconds to wait for the server at each step of a request.
        proxy: URL of an HTTP proxy; never shown, since it may hold a password.
        max_retries: How often a request is repeated at once, a second apart, when Vault cannot be reached or cannot
            answer. Whoever asks tries again too, for longer and with longer waits.
        rate: How often requests may be sent; None for no limit.
        follow_redirects: Whether an answer may send us to another node, as a standby's does.
        keep_alive: Whether connections are used again.

    """

    address: str
    namespace: str | None = None
    verify: bool | str = True
    authorities: str | None = None
    server_name: str | None = None
    client_certificate: tuple[str, str] | None = None
    timeout: float = _DEFAULT_TIMEOUT
    proxy: str | None = field(default=None, repr=False)
    max_retries: int = 0
    rate: RateLimit | None = None
    follow_redirects: bool = True
    keep_alive: bool = True


def connect_with(  # noqa: PLR0913  # each is a setting of the existing agent
    environ: Mapping[str, str],
    *,
    address: str | None = None,
    namespace: str | None = None,
    ca_cert: str | None = None,
    ca_cert_bytes: str | None = None,
    ca_path: str | None = None,
    client_cert: str | None = None,
    client_key: str | None = None,
    tls_server_name: str | None = None,
    skip_verify: bool | None = None,
    proxy: str | None = None,
    timeout: str | None = None,
    max_retries: int | None = None,
    keep_alive: bool = True,
) -> Connection:
    """Combine a configuration with the environment; the configuration wins, then ``BAO_*``, then ``VAULT_*``.

    Args:
        environ: Of the variables of Vault's own clients, ``AGENT_ADDR``, ``ADDR``, ``NAMESPACE``, ``CACERT``,
            ``CACERT_BYTES``, ``CAPATH``, ``SKIP_VERIFY``, ``TLS_SERVER_NAME``, ``CLIENT_CERT``, ``CLIENT_KEY``,
            ``CLIENT_TIMEOUT``, ``MAX_RETRIES``, ``RATE_LIMIT``, ``DISABLE_REDIRECTS``, ``PROXY_ADDR`` and
            ``HTTP_PROXY`` are read, and then ``SSL_CERT_FILE``, ``SSL_CERT_DIR`` and the usual proxy variables.
        address: Vault's URL.
        namespace: Vault namespace.
        ca_cert: A file of PEM certificates.
        ca_cert_bytes: PEM certificates.
        ca_path: A folder of files of PEM certificates.
        client_cert: A file with our certificate, for TLS.
        client_key: A file with its key.
        tls_server_name: The name in the server's certificate.
        skip_verify: True for no check of the server's certificate.
        proxy: URL of an HTTP proxy.
        timeout: Seconds, or a Go duration.
        max_retries: How often a request is repeated at once.
        keep_alive: Whether connections are used again.

    Raises:
        VaultSettingsError: There is no address, or a setting cannot be used.

    """
    refuse_unsupported(environ)
    url = _address(address or text_of(environ, "AGENT_ADDR") or text_of(environ, "ADDR") or "")
    skip = skip_verify if skip_verify is not None else boolean(environ, "SKIP_VERIFY")
    verify, authorities = _trust(environ, ca_cert, ca_cert_bytes, ca_path)
    return Connection(
        address=url,
        namespace=(namespace or text_of(environ, "NAMESPACE") or "").strip("/") or None,
        verify=False if skip else verify,
        authorities=None if skip else authorities,
        server_name=tls_server_name or text_of(environ, "TLS_SERVER_NAME"),
        client_certificate=_client_certificate(environ, client_cert, client_key),
        timeout=_timeout(environ, timeout),
        proxy=_proxy(environ, url, proxy),
        max_retries=max(max_retries, 0) if max_retries is not None else retries(environ),
        rate=rate_limit(environ),
        follow_redirects=not boolean(environ, "DISABLE_REDIRECTS"),
        keep_alive=keep_alive,
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


def _trust(
    environ: Mapping[str, str], ca_cert: str | None, pem: str | None, ca_path: str | None
) -> tuple[bool | str, str | None]:
    """Choose whom to trust: the configuration first, and of each a file, then PEM text, then a folder.

    Returns:
        `verify` and `authorities` of `Connection`.

    """
    given = (ca_cert, pem, ca_path)
    own = given if any(given) else tuple(text_of(environ, name) for name in ("CACERT", "CACERT_BYTES", "CAPATH"))
    file, text, folder = own
    if file or not text:
        return file or folder or environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR") or True, None
    return True, text


def _client_certificate(environ: Mapping[str, str], cert: str | None, key: str | None) -> tuple[str, str] | None:
    if cert or key:
        names = ("the client certificate", "the client key")
    else:
        cert, key = text_of(environ, "CLIENT_CERT"), text_of(environ, "CLIENT_KEY")
        names = ("VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY")
    if bool(cert) != bool(key):
        raise VaultSettingsError(f"{names[0]} and {names[1]} go together, and one of them is missing")
    return (cert, key) if cert and key else None


def _timeout(environ: Mapping[str, str], given: str | None) -> float:
    if given:
        return seconds(given, "the client timeout")
    found = variable(environ, "CLIENT_TIMEOUT")
    return seconds(found.text, found.name) if found else _DEFAULT_TIMEOUT


def _proxy(environ: Mapping[str, str], address: str, given: str | None) -> str | None:
    """Return the proxy for `address`; Vault's own variables come first, as in its client."""
    own = given or text_of(environ, "PROXY_ADDR") or text_of(environ, "HTTP_PROXY")
    if own:
        return _proxy_url(own)
    return usual_proxy(environ, address)


def usual_proxy(environ: Mapping[str, str], address: str) -> str | None:
    """Return the proxy for an address by ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY``; None for none.

    Raises:
        VaultSettingsError: It cannot be used.

    """
    url = urlsplit(address)
    name = f"{url.scheme}_proxy"
    found = environ.get(name) or environ.get(name.upper())
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if not found or any(_exempts(entry.strip(), url.hostname or "") for entry in no_proxy.split(",")):
        return None
    return _proxy_url(found)


def _proxy_url(text: str) -> str:
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        usable = url.scheme == "http" and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
        url = urlsplit("")
    if not usable:
        # Its text is not quoted: it may hold a password.
        raise VaultSettingsError(
            "the proxy cannot be used: its address is no URL of an HTTP proxy", hint="such as http://proxy:3128"
        )
    return url.geturl()


def _exempts(entry: str, host: str) -> bool:
    """Say whether an entry of ``NO_PROXY`` (a name, a domain, an address, a network or ``*``) covers `host`."""
    from ipaddress import ip_address, ip_network  # noqa: PLC0415  # costs 1 ms, and few have a proxy

    with suppress(ValueError):
        return ip_address(host) in ip_network(entry, strict=False)
    name = entry.lower().removeprefix("*").lstrip(".")
    return entry == "*" or (bool(name) and f".{host}".endswith(f".{name}"))
