"""X.509 certificates with the extensions that Sprig's `genCA` and its kin give them.

Sources: Sprig's crypto functions; crypto/x509 CreateCertificate, for what it adds (key identifiers) and refuses.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.sprig import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.limits import Context
    from sealer.gotemplate.sprig.keys import PrivateKey, SigningKey

_HOURS_24: Final = 24 * 3_600 * 1_000_000_000
_USAGES: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
_P384, _P521 = 384, 521
_KEY_IDENTIFIER_SIZE: Final = 20
_SERIAL_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Request:
    """What a certificate is to say.

    Attributes:
        name: Common name; may be empty.
        days: How long it is valid.
        ips: Addresses it is for.
        dns_names: Names it is for.
        is_ca: Whether it may sign certificates.

    """

    name: str
    days: int
    ips: tuple[x509.IPAddress, ...] = ()
    dns_names: tuple[x509.DNSName, ...] = ()
    is_ca: bool = False

    @property
    def subject(self) -> x509.Name:
        """The subject: the common name alone, or nothing."""
        try:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)] if self.name else [])
        except ValueError:
            raise FunctionError("error creating certificate: the common name is too long") from None


def addresses(ips: Sequence[Any]) -> tuple[x509.IPAddress, ...]:
    """Read IP addresses.

    Raises:
        FunctionError: One is not a text or not an address.

    """
    return tuple(_address(ip) for ip in ips)


def _address(ip: Any) -> x509.IPAddress:
    if type(ip) is not str:
        raise FunctionError("error parsing ip: not a string")
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        raise FunctionError("error parsing ip") from None
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            raise FunctionError("error parsing ip")
        return x509.IPAddress(found.ipv4_mapped or found)
    return x509.IPAddress(found)


def names(dns_names: Sequence[Any]) -> tuple[x509.DNSName, ...]:
    """Read DNS names.

    Raises:
        FunctionError: One is not a text, or not ASCII.

    """
    if any(type(name) is not str for name in dns_names):
        raise FunctionError("error processing alternate dns name: not a string")
    if not all(map(str.isascii, dns_names)):
        raise FunctionError("error creating certificate: x509: a name cannot be encoded as an IA5String")
    return tuple(x509.DNSName(name) for name in dns_names)


def signing_key(key: PrivateKey) -> SigningKey:
    """The key, as one that Go can sign certificates with.

    Raises:
        FunctionError: It is a DSA key.

    """
    if isinstance(key, dsa.DSAPrivateKey):
        refusal = "error creating certificate: x509: certificate private key does not implement crypto.Signer"
        raise FunctionError(refusal)
    return key


def issue(
    context: Context, request: Request, key: SigningKey, issuer: tuple[x509.Certificate, SigningKey] | None
) -> str:
    """Make a certificate.

    Args:
        context: The rendering: its clock and randomness.
        request: What the certificate is to say.
        key: The certificate's own key.
        issuer: Certificate and key of who signs it; None to sign it with its own key.

    Returns:
        The certificate as PEM.

    Raises:
        FunctionError: A name is not fit for a certificate, or the issuer's key is not that of its certificate.

    """
    signer = key if issuer is None else issuer[1]
    if issuer is not None and signer.public_key() != issuer[0].public_key():
        raise FunctionError("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey")
    context.spend(1_000)
    begin, end = _validity(context, request.days)
    try:
        builder = x509.CertificateBuilder(
            issuer_name=request.subject if issuer is None else issuer[0].subject,
            subject_name=request.subject,
            public_key=key.public_key(),
            serial_number=int.from_bytes(context.random(_SERIAL_SIZE), "big") or 1,
            not_valid_before=begin,
            not_valid_after=end,
        )
        for extension, critical in _extensions(request, key, None if issuer is None else issuer[0]):
            builder = builder.add_extension(extension, critical)
        made = builder.sign(signer, _hash(signer))
    except ValueError:
        raise FunctionError("error creating certificate: a value does not fit into a certificate") from None
    return made.public_bytes(Encoding.PEM).decode()


def _validity(context: Context, days: int) -> tuple[datetime, datetime]:
    begin = datetime.fromtimestamp(context.clock() // 1_000_000_000, UTC)
    # Go multiplies within 64 bits, so 300 years are as odd here as there.
    nanoseconds = values.integer(days * _HOURS_24, types.INT)
    return begin, begin + timedelta(microseconds=nanoseconds // 1_000)


def _extensions(
    request: Request, key: SigningKey, issuer: x509.Certificate | None
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = [
        (_key_usage(is_ca=request.is_ca), True),
        (_USAGES, False),
        (x509.BasicConstraints(ca=request.is_ca, path_length=None), True),
    ]
    if request.is_ca:
        digest = sha256(keys.public_bits(key)).digest()[:_KEY_IDENTIFIER_SIZE]  # RFC 7093, method 1
        found.append((x509.SubjectKeyIdentifier(digest), False))
    identifier = None if issuer is None or issuer.subject == request.subject else _identifier(issuer)
    if identifier is not None:
        found.append((x509.AuthorityKeyIdentifier(identifier, None, None), False))
    alternatives = [*request.dns_names, *request.ips]
    if alternatives:
        found.append((x509.SubjectAlternativeName(alternatives), not request.name))
    return found


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier(issuer: x509.Certificate) -> bytes | None:
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _hash(signer: SigningKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return None
    bits = signer.curve.key_size if isinstance(signer, ec.EllipticCurvePrivateKey) else 0
    if bits == _P384:
        return hashes.SHA384()
    return hashes.SHA512() if bits == _P521 else hashes.SHA256()


def read_certificate(data: bytes) -> x509.Certificate:
    """Read a certificate from the first PEM block.

    Raises:
        FunctionError: There is none.

    """
    block = keys.first_block(data)
    if block is None:
        raise FunctionError("unable to decode certificate")
    try:
        return x509.load_der_x509_certificate(block[1])
    except ValueError:
        raise FunctionError("error parsing certificate: decodedCert.Bytes: malformed certificate") from None
