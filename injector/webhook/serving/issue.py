"""Certificates of our own: a CA and its leaves, ECDSA on P-256 (RFC 5280)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# The API server's clock may be behind ours.
_CLOCK_SKEW: Final = timedelta(minutes=5)
_CA_NAME: Final = "Sealer Injector CA"
_LEAF_NAME: Final = "Sealer Injector"


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def authority(validity: timedelta, now: datetime) -> Issued:
    """Return a new CA.

    Its name has its serial number in it: two CAs of one name make chain building try the wrong one first, which some
    TLS libraries do not get over.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = _name(f"{_CA_NAME} {serial:040x}"[:64])
    made = (
        _builder(name, name, key.public_key(), serial, validity, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Issued(pem(made), _private_pem(key))


def leaf(issuer: Issued, hosts: Sequence[str], validity: timedelta, now: datetime) -> Issued:
    """Return a new serving certificate.

    Args:
        issuer: The CA that signs it.
        hosts: DNS names and IP addresses that it is for; at least one.
        validity: For how long; never beyond the CA's end.
        now: The time, aware.

    """
    ca = x509.load_pem_x509_certificate(issuer.certificate)
    ca_key = serialization.load_pem_private_key(issuer.key, None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the key of the CA is not on an elliptic curve")
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(validity, ca.not_valid_after_utc - now)
    made = (
        _builder(_name(_LEAF_NAME), ca.subject, key.public_key(), x509.random_serial_number(), until, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return Issued(pem(made), _private_pem(key))


def names(certificate: x509.Certificate) -> set[str]:
    """Return the hosts that a leaf of ours is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return set()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return {*found.get_values_for_type(x509.DNSName), *addresses}


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(  # noqa: PLR0913, PLR0917 - the fields of a certificate
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    serial: int,
    validity: timedelta,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        # In proportion for short lives, so that the shares of a life mean what they say.
        .not_valid_before(now - min(_CLOCK_SKEW, validity / 100))
        .not_valid_after(now + validity)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
