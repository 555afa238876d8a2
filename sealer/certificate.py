"""Sealing certificates: reading anyone's, issuing our own.

The certificate is a container for the public key and its dates; nothing verifies a chain (reference, sealed-secrets
1.9).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sealer.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

# NIST SP 800-131A: RSA below 2048 bits is disallowed. A key that small opens old values; nothing new is sealed to it.
_SMALLEST_KEY: Final = 2048
_FETCH: Final = "fetch it again"


@dataclass(frozen=True)
class Recipient:
    """A certificate that was checked and is ready to seal to.

    Attributes:
        public_key: The RSA key of the certificate.
        fingerprint: `fingerprint` of that key.
        not_before: When the certificate begins, aware.
        not_after: When it ends, aware.

    """

    public_key: RSAPublicKey
    fingerprint: str
    not_before: datetime
    not_after: datetime

    @classmethod
    def from_pem(cls, pem: bytes, *, now: datetime) -> Self:
        """Read the first certificate of a PEM text and check that it may be sealed to at `now` (aware).

        Raises:
            CertificateError: No certificate, a damaged one, no RSA key, too small a key, or expired.

        """
        certificate = read_certificate(pem)
        key = public_key_of(certificate)
        _refuse_damaged(certificate)
        if key.key_size < _SMALLEST_KEY:
            raise CertificateError(
                f"the certificate's RSA key has {key.key_size} bits, fewer than {_SMALLEST_KEY}",
                hint="renew the controller's sealing key with a larger --key-size",
            )
        if now > certificate.not_valid_after_utc:
            raise CertificateError(
                f"the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}",
                hint="fetch the controller's current certificate, or let it renew its sealing key",
            )
        return cls(key, fingerprint(key), certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def fingerprint(key: RSAPublicKey) -> str:
    """Return ``SHA256:`` and the unpadded base64 of the SHA-256 of the key's SSH wire encoding (RFC 4253, 6.6).

    The same text as the existing controller computes for its key map (reference, sealed-secrets 1.3).
    """
    wire = base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    digest = Hash(SHA256())
    digest.update(wire)
    return "SHA256:" + base64.b64encode(digest.finalize()).decode("ascii").rstrip("=")


def read_certificate(pem: bytes) -> x509.Certificate:
    """Return the first certificate of a PEM text, which is the one that counts in a bundle.

    Its extensions must stay untouched: the existing system sets EncipherOnly alone, and `cryptography` raises
    ValueError for that as soon as `.extensions` is read (reference, sealed-secrets 10.1). Key and dates parse without.

    Raises:
        CertificateError: There is no certificate in it.

    """
    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(
            "this is not a PEM certificate",
            hint="expected a text that begins with -----BEGIN CERTIFICATE-----",
        ) from error


def public_key_of(certificate: x509.Certificate) -> RSAPublicKey:
    """Return the certificate's RSA key.

    Raises:
        CertificateError: The key is of another kind, or damaged.

    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            "the certificate's public key cannot be read", hint="is this the certificate of the sealing controller?"
        ) from error
    if not isinstance(key, RSAPublicKey):
        raise CertificateError(
            "the certificate's public key is not an RSA key",
            hint="is this the certificate of the sealing controller?",
        )
    return key


def _refuse_damaged(certificate: x509.Certificate) -> None:
    """Refuse a self-signed certificate whose own signature does not fit.

    Not for trust, which a self-signature cannot give, but against a bit that flipped in a copied file: what is sealed
    to another modulus opens for nobody, ever. Of a certificate that somebody else signed, nothing can be said here.
    """
    try:
        if certificate.issuer == certificate.subject:
            certificate.verify_directly_issued_by(certificate)
    except InvalidSignature as error:
        raise CertificateError("the certificate is damaged: its own signature does not fit", hint=_FETCH) from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # A name or a signature algorithm that `cryptography` does not read: nothing can be said either.
        return


def issue(
    private_key: RSAPrivateKey,
    *,
    common_name: str,
    validity: timedelta,
    now: datetime,
    serial: Callable[[], int] = x509.random_serial_number,
) -> x509.Certificate:
    """Issue a self-signed sealing certificate.

    KeyUsage is keyEncipherment, which is what the key is for (RFC 5280, 4.2.1.3), instead of the existing system's
    EncipherOnly alone, which that section leaves undefined; no client checks it.

    Args:
        private_key: The key to issue for, and to sign with.
        common_name: Subject and issuer; empty gives the empty name that the existing system has by default.
        validity: Time from `now` to the end.
        now: The beginning, aware.
        serial: Where the serial number comes from.

    """
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)] if common_name else []
    name = x509.Name(attributes)
    public_key = private_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(serial())
        .not_valid_before(now)
        .not_valid_after(now + validity)
        .add_extension(_KEY_ENCIPHERMENT, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(private_key, SHA256())
    )


_KEY_ENCIPHERMENT: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
