"""Sealing keys, and the keyring that opens values with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sealer import wire
from sealer.certificate import fingerprint, issue, public_key_of, read_certificate
from sealer.errors import CertificateError, UnsealError
from sealer.wire.rsa import hybrid_decrypt, hybrid_encrypt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from cryptography import x509


@dataclass(frozen=True)
class SealingKey:
    """A private key with its certificate.

    Attributes:
        private_key: The RSA key; never shown.
        certificate: Its certificate, or None when only the key is known (a bare PEM given for recovery).
        fingerprint: `sealer.certificate.fingerprint` of the public half.

    """

    private_key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate | None = field(repr=False)
    fingerprint: str

    @property
    def not_before(self) -> datetime | None:
        """When the certificate begins (aware), which orders the keyring; None without a certificate."""
        return self.certificate.not_valid_before_utc if self.certificate else None

    @classmethod
    def from_pem(cls, private_pem: bytes, certificate_pem: bytes | None = None) -> Self:
        """Read a key, PKCS#1 or PKCS#8, and its certificate.

        OpenSSL's check of an RSA-4096 key takes 0.18 s, nearly all of it primality, against an attacker who could plant
        a bad key; one who writes here already owns the keyring. So the check is skipped, and the key is proved instead:
        it must open what is sealed to its certificate (1.3 ms), which also proves that the two belong together.

        Raises:
            CertificateError: Either is unreadable or not RSA, or they do not belong together.

        """
        key = _read_private_key(private_pem)
        certificate = None if certificate_pem is None else read_certificate(certificate_pem)
        public_key = key.public_key() if certificate is None else public_key_of(certificate)
        try:
            proved = hybrid_decrypt(key, hybrid_encrypt(public_key, b"proof", b""), b"") == b"proof"
        except (wire.NotThisKeyError, wire.MalformedValueError, ValueError):
            proved = False
        if not proved:
            raise CertificateError("the private key does not belong to its certificate, or is damaged")
        return cls(key, certificate, fingerprint(public_key))

    @classmethod
    def generate(cls, *, bits: int, common_name: str, validity: timedelta, now: datetime) -> Self:
        """Make a key of `bits` bits and its certificate, valid from `now` (aware) for `validity`."""
        key = generate_private_key(public_exponent=65537, key_size=bits)
        certificate = issue(key, common_name=common_name, validity=validity, now=now)
        return cls(key, certificate, fingerprint(key.public_key()))

    def private_pem(self) -> bytes:
        """Return the key as PEM PKCS#1, unencrypted: the form of ``tls.key`` in a key Secret."""
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    def certificate_pem(self) -> bytes:
        """Return the certificate as PEM: the form of ``tls.crt`` in a key Secret.

        Raises:
            CertificateError: There is none.

        """
        if self.certificate is None:
            raise CertificateError(f"the sealing key {self.fingerprint} has no certificate")
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Opened:
    """A value and the fingerprint of the key that opened it."""

    plaintext: bytes = field(repr=False)
    fingerprint: str


@dataclass(frozen=True)
class Keyring:
    """Sealing keys, newest first, each once.

    Attributes:
        keys: They.
        on_try: Called with the fingerprint of a key before it is tried on a value, in whatever thread.

    """

    keys: tuple[SealingKey, ...]
    on_try: Callable[[str], object] = field(default=lambda _fingerprint: None, repr=False, compare=False)

    @classmethod
    def of(cls, keys: Iterable[SealingKey]) -> Self:
        """Order keys by the beginning of their certificates, newest first; keys without one go last, in their order.

        Of one key given twice, with two certificates or with and without one, the newest certificate counts.
        """
        unique: dict[str, SealingKey] = {}
        for key in sorted(keys, key=_age_order):
            unique.setdefault(key.fingerprint, key)
        return cls(tuple(unique.values()))

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def newest(self) -> SealingKey:
        """The key to seal to.

        Raises:
            CertificateError: The keyring is empty.

        """
        if not self.keys:
            raise CertificateError("there is no sealing key")
        return self.keys[0]

    def open(self, text: str, label: bytes, *, prefer: str | None = None) -> Opened:
        """Open one value with the first key that can.

        Args:
            text: The sealed value as text.
            label: The label of its scope.
            prefer: Fingerprint of the key to try first, or several with commas between them: the hint of the object,
                or the key that opened its sibling.
                Each try costs a private-key operation; a good guess makes that independent of the keyring's size.

        Raises:
            MalformedValueError: It is not a sealed value at all.
            UnsealError: No key opened it; the same error whatever was wrong.

        """
        sealed = wire.decode(text)
        for key in self._in_order(prefer):
            self.on_try(key.fingerprint)
            try:
                return Opened(hybrid_decrypt(key.private_key, sealed, label), key.fingerprint)
            except wire.NotThisKeyError:
                continue
        raise UnsealError("no key could decrypt secret")

    def _in_order(self, prefer: str | None) -> Iterator[SealingKey]:
        preferred = (prefer or "").split(",")
        yield from (key for key in self.keys if key.fingerprint in preferred)
        yield from (key for key in self.keys if key.fingerprint not in preferred)


def _age_order(key: SealingKey) -> float:
    return -key.not_before.timestamp() if key.not_before else float("inf")


def _read_private_key(pem: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # `from None`: what a parser says about a private key's bytes has no place in a log.
        raise CertificateError(
            "this is not an unencrypted PEM private key",
            hint="expected -----BEGIN RSA PRIVATE KEY----- or PKCS#8",
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise CertificateError("the private key is not an RSA key")
    return key
