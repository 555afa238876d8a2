"""A TLS context whose certificate can be exchanged while it serves."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sealer.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_HINT: Final = "both must be PEM files that belong together and can be read; the key without a password"


@dataclass(frozen=True)
class Terms:
    """What a client must accept.

    Attributes:
        least: The oldest version of TLS.
        ciphers: OpenSSL's cipher list for TLS 1.2; empty for OpenSSL's own choice. TLS 1.3 has good ones only.

    """

    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    ciphers: str = ""


class Switch:
    """Serves each new connection with the certificate that was taken last.

    It is chosen in the callback for the server's name, which OpenSSL calls in every handshake, with a name or without.
    To load into the context in use instead would leave a certificate without its key there, if the two come apart half
    way. Connections that are open stay as they are.

    Attributes:
        context: What to serve with; it stays the same, and has no certificate of its own.

    """

    def __init__(self, terms: Terms = Terms()) -> None:
        self._terms = terms
        self._current: ssl.SSLContext | None = None
        self._leaf = b""
        self.context = _context(terms)
        self.context.sni_callback = self._choose

    def take(self, certificate: bytes, key: bytes) -> None:
        """Serve with a certificate and its key from memory, PEM.

        Python's ssl loads keys from paths only. The path given to it here is that of an anonymous memory file, which
        has no name in any file system and ends with its descriptor, so that the key never gets to a disk.

        Raises:
            ConfigError: They do not belong together, or the system has no anonymous memory files (it is not Linux).

        """
        if not hasattr(os, "memfd_create"):
            raise ConfigError("a serving certificate in memory needs Linux", hint="give it in two files")
        descriptor = os.memfd_create("serving-certificate", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as memory:
            memory.write(certificate + b"\n" + key)
            memory.flush()
            self._load(f"/proc/self/fd/{descriptor}", None, "the serving certificate cannot be used")
        self._leaf = certificate

    @property
    def expiry(self) -> datetime | None:
        """When the certificate ends; None before there is one."""
        from cryptography import x509  # noqa: PLC0415 - who serves plain HTTP needs none of it

        return x509.load_pem_x509_certificate(self._leaf).not_valid_after_utc if self._leaf else None

    def take_files(self, certificate: Path, key: Path) -> None:
        """Serve with a certificate and its key from files, PEM; with what there was, if they cannot be used.

        Raises:
            ConfigError: They cannot be read, or do not belong together.

        """
        what = f"cannot use the serving certificate {certificate} with the key {key}"
        self._load(str(certificate), str(key), what)
        self._leaf = certificate.read_bytes()

    def _load(self, certificate: str, key: str | None, what: str) -> None:
        context = _context(self._terms)
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            # `from None`: what a parser says about a private key's bytes has no place in a log.
            raise ConfigError(f"{what}: {_reason(error)}", hint=_HINT) from None
        self._current = context

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if self._current is not None:
            connection.context = self._current


def _context(terms: Terms) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = terms.least
    if terms.ciphers:
        try:
            context.set_ciphers(terms.ciphers)
        except ssl.SSLError:
            raise ConfigError(
                f"no cipher of {terms.ciphers!r} is known", hint="OpenSSL's names, with colons between"
            ) from None
    return context


def _no_password() -> str:
    # Without this OpenSSL would ask on the terminal for the password of an encrypted key, and wait.
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").lower().replace("_", " ")
    return (error.strerror or "unknown").lower() if isinstance(error, OSError) else str(error)
