"""Format 1: RSA-OAEP and AES-256-GCM, byte for byte that of the existing system.

The bytes of a sealed value (reference, sealed-secrets 1.1):

====== ============== =====================================================
offset length         content
====== ============== =====================================================
0      2              `n`, the length of the next field, big-endian
2      n              RSA-OAEP ciphertext of the 32-byte session key
2+n    len(plaintext) AES-256-GCM ciphertext
end-16 16             GCM tag
====== ============== =====================================================

OAEP (RFC 8017, 7.1) uses SHA-256 for the hash and for MGF1, and the scope's label. GCM uses no associated data.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from sealer.wire.errors import MalformedValueError, NotThisKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_LENGTH: Final = struct.Struct(">H")
_SESSION_KEY_LENGTH: Final = 32
_TAG_LENGTH: Final = 16
# A constant nonce is safe here, and only here, because each session key encrypts exactly one message: it is drawn in
# hybrid_encrypt for that message and never leaves it. Reusing a session key would break both values under it.
_NONCE: Final = bytes(12)
# The length prefix of formats after the first. No RSA key is 65535 bytes long, so a format-1 reader refuses it.
_LATER_FORMAT: Final = b"\xff\xff"


def hybrid_encrypt(public_key: RSAPublicKey, plaintext: bytes, label: bytes) -> bytes:
    """Encrypt under a fresh session key, and the session key under `public_key`.

    Args:
        public_key: The recipient's key, of any size that OAEP with SHA-256 can hold 32 bytes in.
        plaintext: The value; empty is fine.
        label: The label of its scope, `sealer.scope.label_for`.

    """
    session_key = os.urandom(_SESSION_KEY_LENGTH)
    wrapped = public_key.encrypt(session_key, _oaep(label))
    return _LENGTH.pack(len(wrapped)) + wrapped + AESGCM(session_key).encrypt(_NONCE, plaintext, None)


def hybrid_decrypt(private_key: RSAPrivateKey, sealed: bytes, label: bytes) -> bytes:
    """Return the plaintext of a value that `hybrid_encrypt`, or the existing system, made.

    Raises:
        MalformedValueError: The bytes cannot be a value of this format, whatever the key.
        NotThisKeyError: This key and this label do not open it.

    """
    wrapped, ciphertext = split(sealed)
    try:
        session_key = private_key.decrypt(wrapped, _oaep(label))
        return AESGCM(session_key).decrypt(_NONCE, ciphertext, None)
    except (ValueError, InvalidTag):
        # OpenSSL says ValueError for a wrong label, a wrong key and a ciphertext of another modulus's length alike, and
        # AESGCM says it for a session key of no AES length. `from None`: the cause would tell which check failed.
        raise NotThisKeyError from None


def split(sealed: bytes) -> tuple[bytes, bytes]:
    """Return the RSA ciphertext and the GCM ciphertext with its tag.

    Raises:
        MalformedValueError: The lengths do not fit, or the format is a later one.

    """
    if sealed.startswith(_LATER_FORMAT):
        raise MalformedValueError(
            "of a format that this version of sealer does not know", hint="upgrade sealer, or seal it again"
        )
    if len(sealed) < _LENGTH.size:
        raise MalformedValueError("too short for a sealed value", hint="was the value cut off?")
    (length,) = _LENGTH.unpack_from(sealed)
    end = _LENGTH.size + length
    if length == 0 or len(sealed) < end + _TAG_LENGTH:
        raise MalformedValueError("too short for a sealed value", hint="was the value cut off?")
    return sealed[_LENGTH.size : end], sealed[end:]


def _oaep(label: bytes) -> OAEP:
    return OAEP(mgf=MGF1(algorithm=SHA256()), algorithm=SHA256(), label=label)
