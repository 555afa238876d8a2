"""Vectors of sealing certificates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from tests.support.vectors import certificate_pem, key_pem
from tests.support.vectors.format1 import private_key

FAR: Final = datetime(2126, 1, 1, tzinfo=UTC)
Header = dict[str, str]
Vector = tuple[Header, bytes]


def certificate(  # noqa: PLR0913  # one for each thing that a vector changes
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    *,
    name: str = "test only",
    issuer: str | None = None,
    begin: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    end: datetime = FAR,
    usage: bytes | None = None,
) -> bytes:
    """Return a certificate as PEM."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    by = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer or name)])
    builder = x509.CertificateBuilder(by, subject, key.public_key(), 7, begin, end)
    if usage:
        extension = x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, usage)
        builder = builder.add_extension(extension, critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)


def certificates() -> dict[str, Vector]:
    """Return sealing certificates."""
    key = private_key()
    controller, other = certificate_pem("rsa-2048"), certificate_pem("rsa-4096")
    good = {
        "controller": ("of the existing controller: EncipherOnly alone, no name", controller),
        "encipher-only": ("EncipherOnly alone, put in by hand", certificate(key, usage=b"\x03\x02\x00\x01")),
        "bundle": ("only the first certificate of a bundle counts", controller + other),
        "text-around": ("text before and after", b"subject=\n" + controller + b"# end\n"),
        "crlf": ("line ends of Windows", controller.replace(b"\n", b"\r\n")),
        "issued": ("issued by somebody else, whose signature cannot be checked", certificate(key, issuer="authority")),
        "not-yet": ("not valid yet, which nobody checks", certificate(key, begin=FAR - timedelta(days=1))),
    }
    return {
        f"accepted-{name}": ({"expect": "success", "comment": comment, "made-by": maker(name)}, pem)
        for name, (comment, pem) in good.items()
    } | certificates_refused(key, controller)


def maker(name: str) -> str:
    """Say who made an accepted certificate."""
    return "sealed-secrets controller v0.40.0" if name in {"controller", "bundle", "text-around", "crlf"} else "hand"


def certificates_refused(key: rsa.RSAPrivateKey, controller: bytes) -> dict[str, Vector]:
    """Return certificates that nothing may be sealed to."""
    der = base64.b64decode(b"".join(controller.splitlines()[1:-1]))
    modulus = key.public_key().public_numbers().n.to_bytes(256, "big")
    at = der.index(modulus)
    flipped = der[: at + 99] + bytes([der[at + 99] ^ 4]) + der[at + 100 :]
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505  # too small is the point
    rsa_oid = bytes.fromhex("2a864886f70d010101")
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, SHA256())
    none = "this is not a PEM certificate"
    cases = {
        "expired": ("expired on 2026-06-01", certificate(key, end=datetime(2026, 6, 1, tzinfo=UTC))),
        "elliptic-curve": ("not an RSA key", certificate(ec.generate_private_key(ec.SECP256R1()))),
        "ed25519": ("not an RSA key", certificate(ed25519.Ed25519PrivateKey.generate())),
        "rsa-1024": ("1024 bits", certificate(small)),
        "modulus-flipped": ("is damaged", pem_of(flipped)),
        "signature-flipped": ("is damaged", pem_of(der[:-1] + bytes([der[-1] ^ 1]))),
        "unknown-key": ("cannot be read", pem_of(der.replace(rsa_oid, rsa_oid[:-1] + b"\x63"))),
        "version-9": (none, pem_of(der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020108"), 1))),
        "cut-off": (none, pem_of(der[:-40])),
        "der": (none, der),
        "private-key": (none, key_pem("rsa-2048")),
        "request": (none, request.public_bytes(Encoding.PEM)),
        "html": (none, b"<html><body>404 page not found</body></html>\n"),
        "empty": (none, b""),
        "label-only": (none, b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        "no-end": (none, controller.replace(b"-----END CERTIFICATE-----\n", b"")),
        "not-base64": (none, controller.replace(b"MII", b"M!!", 1)),
        "public-key": (none, controller.replace(b"CERTIFICATE", b"PUBLIC KEY")),
        "json": (none, b'{"kind": "Status", "status": "Failure", "code": 503}\n'),
        "binary": (none, bytes(range(256))),
        "two-in-one": (none, pem_of(der + der)),
    }
    return {
        f"refused-{name}": ({"expect": "CertificateError", "comment": name, "made-by": "hand", "message": message}, pem)
        for name, (message, pem) in cases.items()
    }


def pem_of(der: bytes) -> bytes:
    """Return bytes as a PEM certificate."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
