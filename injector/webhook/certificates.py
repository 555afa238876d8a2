"""The serving certificate of automatic mode, and how certificates get into TLS.

The CA lives for one process: its private key signs one leaf and is dropped, so that nothing else can ever be signed in
its name. The leaf's key stays in this process' memory. Both certificates are valid for a year; a process that runs for
so long must be restarted before (renewal while running, and one CA for all replicas, are still to come).
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from injector.errors import ServingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VALIDITY: Final = timedelta(days=365)
# The API server's clock may be behind ours.
_CLOCK_SKEW: Final = timedelta(minutes=5)
_CA_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sealer Injector CA")])
_LEAF_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sealer Injector")])


@dataclass(frozen=True)
class ServingCertificate:
    """A leaf certificate with its key and the CA that the API server is to trust; all PEM."""

    ca: bytes
    certificate: bytes
    key: bytes = field(repr=False)


def generate(hosts: Sequence[str], now: datetime) -> ServingCertificate:
    """Make a CA and a leaf, ECDSA on P-256.

    Args:
        hosts: DNS names and IP addresses that the API server calls the webhook by; at least one.
        now: The time from which the certificates are valid.

    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = (
        _builder(_CA_NAME, ca_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        _builder(_LEAF_NAME, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return ServingCertificate(_pem(ca), _pem(leaf), _private_pem(key))


def bundle(ca: bytes, current: bytes, now: datetime) -> bytes:
    """Join the CA of this process and the newest other one that is registered.

    The CA registered before is kept for the time in which the process that it belongs to still serves: during a rolling
    update the API server may call either. Only one is kept, so that the bundle does not grow. To trust it is safe: its
    private key ended with the signing of its leaf.

    Args:
        ca: PEM of this process' CA.
        current: PEM bundle that is registered; empty or unreadable for none.
        now: CAs that have expired by then are left out.

    Returns:
        PEM of one or two certificates, this process' first.

    """
    own = x509.load_pem_x509_certificate(ca)
    others = [one for one in _certificates(current) if one != own and one.not_valid_after_utc > now]
    return ca + b"".join(_pem(one) for one in others[:1])


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make the TLS context of a certificate and a key in files, PEM.

    Raises:
        ServingError: A file cannot be read, or the two do not belong together.

    """
    made = _context()
    try:
        made.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ServingError(
            f"cannot use the certificate {certificate} with the key {key}: {_reason(error)}",
            hint="both must be PEM files that this process can read, and belong together; the key without a password",
        ) from error
    return made


def context_in_memory(serving: ServingCertificate) -> ssl.SSLContext:
    """Make the TLS context of a certificate that is in no file.

    Python's ssl loads keys from paths only. The path given to it here is that of an anonymous memory file, which has no
    name in any file system and ends with its descriptor, so that the key never gets to a disk.

    Raises:
        ServingError: The system has no anonymous memory files (it is not Linux).

    """
    if not hasattr(os, "memfd_create"):
        raise ServingError("automatic TLS needs Linux", hint="give --tls-cert-file and --tls-key-file")
    descriptor = os.memfd_create("serving-certificate", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as memory:
        memory.write(serving.certificate + serving.key)
        memory.flush()
        made = _context()
        made.load_cert_chain(f"/proc/self/fd/{descriptor}")
        return made


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _no_password() -> str:
    # Without this OpenSSL would ask on the terminal for the password of an encrypted key, and wait.
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_CA_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
    )


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


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def utc_now() -> datetime:
    """Tell the time: the one place where the webhook reads the clock for its certificates."""
    return datetime.now(UTC)
