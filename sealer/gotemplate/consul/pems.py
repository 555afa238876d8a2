"""Certificates with their keys, as `pkiCert` finds them in a file or in Vault's answer (pure; reference 3.5)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cryptography import x509

ROTATION: Final = 0.90
_BLOCK: Final = re.compile(r"-----BEGIN ([^-\n]*)-----(.*?)-----END [^-\n]*-----", re.DOTALL)
_HEADER: Final = re.compile(r"^[^:\n]+:.*$", re.MULTILINE)
_LINE: Final = 64


@dataclass(frozen=True, slots=True)
class Pems:
    """A certificate with its key and authorities, each as PEM with a newline at its end.

    Attributes:
        certificate: The certificate itself; empty where there is none.
        key: Its private key; empty where there is none.
        ca: The first authority.
        ca_chain: All authorities.
        renew_at: When to have a new one issued, aware; None without a certificate.

    """

    certificate: str = ""
    key: str = field(default="", repr=False)
    ca: str = ""
    ca_chain: tuple[str, ...] = ()
    renew_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it need not be replaced yet."""
        return self.renew_at is not None and now < self.renew_at


def find_pems(written: str, threshold: float = ROTATION) -> Pems:
    """Find a certificate, its key and its authorities among PEM blocks, in whatever text they stand.

    Args:
        written: The text.
        threshold: After which part of its life a certificate is due for renewal.

    Raises:
        InputError: A block is neither a private key nor a certificate.

    """
    key = ca = certificate = ""
    chain: list[str] = []
    renew_at = None
    for kind, der in _blocks(written):
        pem = _pem(kind, der)
        if kind.endswith("PRIVATE KEY"):
            key = pem
            continue
        parsed = _certificate(der)
        if _is_authority(parsed):
            ca = ca or pem
            chain += [pem] if pem not in chain else []
        else:
            certificate, renew_at = pem, _renewal(parsed, threshold)
    return Pems(certificate, key, ca, tuple(chain), renew_at)


def pems_in_answer(data: Mapping[str, Any]) -> str:
    """All the text that may hold PEM blocks in the answer of Vault's PKI engine."""
    pieces = [value for value in data.values() if isinstance(value, str)]
    chain = data.get("ca_chain")
    pieces += [item for item in chain if isinstance(item, str)] if isinstance(chain, list) else []
    return "".join(f"{piece}\n" for piece in pieces)


def _blocks(written: str) -> Iterator[tuple[str, bytes]]:
    for found in _BLOCK.finditer(written):
        try:
            yield found[1], base64.b64decode("".join(_HEADER.sub("", found[2]).split()), validate=True)
        except binascii.Error:
            return  # as encoding/pem: what is no PEM block ends the search


def _pem(kind: str, der: bytes) -> str:
    encoded = base64.b64encode(der).decode()
    lines = "".join(f"{encoded[at : at + _LINE]}\n" for at in range(0, len(encoded), _LINE))
    return f"-----BEGIN {kind}-----\n{lines}-----END {kind}-----\n"


def _certificate(der: bytes) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415 - only templates with pkiCert need it

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise InputError("a PEM block is neither a private key nor a certificate") from error


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509  # noqa: PLC0415 - see above

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _renewal(certificate: x509.Certificate, threshold: float) -> datetime:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begin + timedelta(seconds=(end - begin).total_seconds() * threshold)
