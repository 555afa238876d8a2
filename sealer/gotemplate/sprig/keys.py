"""Private keys for Sprig's `genPrivateKey` and certificates: make them, read them, write them as Go does."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sealer.gotemplate.errors import FunctionError

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
SigningKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_BLOCK: Final = re.compile(
    rb"-----BEGIN (?P<label>[^\r\n]*?)-----[ \t]*\r?\n(?P<body>[A-Za-z0-9+/=\s]*?)-----END (?P=label)-----"
)
_LABELS: Final = frozenset({"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"})
_RSA_STEPS: Final = 100_000  # for 2048 bits, on average
_RSA_4096_STEPS: Final = 400_000
_DSA_STEPS: Final = 400_000
_CERTIFICATE_BITS: Final = 2048


def generate(context: Context, kind: str) -> PrivateKey | None:
    """Make a key.

    Args:
        context: The rendering, which is charged. The randomness is OpenSSL's, which makes the key.
        kind: `rsa` (4096 bits; also an empty text), `dsa`, `ecdsa` (P-256) or `ed25519`.

    Returns:
        The key, or None for another kind.

    """
    if kind in {"", "rsa"}:
        context.spend(_RSA_4096_STEPS)
        return rsa.generate_private_key(65537, 4096)
    if kind == "dsa":
        context.spend(_DSA_STEPS)
        return dsa.generate_private_key(2048)
    if kind == "ecdsa":
        context.spend(100)
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else None


def generate_for_certificate(context: Context) -> rsa.RSAPrivateKey:
    """Make the key of a certificate: RSA with 2048 bits."""
    context.spend(_RSA_STEPS)
    return rsa.generate_private_key(65537, _CERTIFICATE_BITS)


def write(key: PrivateKey) -> str:
    """A key as PEM: the traditional form of its kind, for Ed25519 PKCS #8."""
    is_edwards = isinstance(key, ed25519.Ed25519PrivateKey)
    form = PrivateFormat.PKCS8 if is_edwards else PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def first_block(data: bytes) -> tuple[str, bytes] | None:
    """Label and content of the first PEM block; None without one (`pem.Decode`)."""
    for found in _BLOCK.finditer(data):
        try:
            content = base64.b64decode(re.sub(rb"\s", b"", found["body"]), validate=True)
        except binascii.Error:
            continue
        return found["label"].decode("utf-8", "replace"), content
    return None


def read(data: bytes) -> PrivateKey:
    """Read a private key from the first PEM block.

    Raises:
        FunctionError: There is none, or it is no private key that Go knows.

    """
    block = first_block(data)
    if block is None:
        raise FunctionError("no PEM data in input")
    label, content = block
    if label not in _LABELS:
        known = label.endswith(" PRIVATE KEY")
        raise FunctionError("invalid private key type" if known else "no private key data in PEM block")
    pem = b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(content), label.encode())
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # `from None`: the library may quote from what it read.
        raise FunctionError(_refusal(label)) from None
    if not isinstance(key, PrivateKey):
        raise FunctionError(_refusal(label))
    return key


def _refusal(label: str) -> str:
    kind = label.removesuffix("PRIVATE KEY").strip()
    return f"parsing {kind} private key from PEM" if kind else "decoding PEM as PKCS#8"


def public_bits(key: SigningKey) -> bytes:
    """The public key as it stands in a certificate's bit string (RFC 5280, subjectPublicKey)."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
