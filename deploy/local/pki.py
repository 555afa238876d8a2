"""Certificates and keys of one control plane, made anew at each start.

EC P-256 for what speaks TLS, since it is quick; RSA for service-account tokens, as most clusters have it.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VALID_DAYS: Final = 365


@dataclass(frozen=True)
class KeyPair:
    """Files of a certificate and of its private key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority that lives as long as the control plane.

    Attributes:
        folder: Where its files go.
        certificate: Its own certificate.
        key: Its private key, never written to disk.

    """

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def path(self) -> Path:
        """File with the authority's certificate."""
        return self.folder / "ca.crt"

    def issue(self, name: str, *, groups: Iterable[str] = (), hosts: Iterable[str] = ()) -> KeyPair:
        """Issue a certificate that is good for servers and clients.

        Args:
            name: Common name, which Kubernetes takes as the user name; also the name of the files.
            groups: Organisations, which Kubernetes takes as the user's groups.
            hosts: Addresses and DNS names that a server answers to.

        Returns:
            The files, the key readable by the owner alone.

        """
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [
            *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(x509.Name(attributes), self.certificate.subject, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if names := [_general_name(host) for host in hosts]:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        stem = name.replace(":", "-")
        pair = KeyPair(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
        pair.certificate.write_bytes(_pem(builder.sign(self.key, hashes.SHA256())))
        write_private(pair.key, _key_pem(key))
        return pair


def make_authority(folder: Path) -> Authority:
    """Make a certificate authority and write its certificate to `folder`/ca.crt."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealer-local-ca")])
    builder = _builder(name, name, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    authority = Authority(folder, builder.sign(key, hashes.SHA256()), key)
    authority.path.write_bytes(_pem(authority.certificate))
    return authority


def make_token_keys(folder: Path) -> KeyPair:
    """Make the key pair of service-account tokens; `certificate` is the plain public key, as Kubernetes reads it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pair = KeyPair(folder / "service-account.pub", folder / "service-account.key")
    pair.certificate.write_bytes(public)
    write_private(pair.key, _key_pem(key))
    return pair


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only the owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # A little in the past: clocks of one machine can step back.
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
