"""Format 1 put together a second time, apart from `sealer.wire`: a parameter for each thing that can be got wrong.

A defect there must not hide in vectors that it made itself.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.vectors import key_pem

PLAIN: Final = b"correct horse battery staple"


def private_key(name: str = "rsa-2048") -> rsa.RSAPrivateKey:
    """Return a test key."""
    key = load_pem_private_key(key_pem(name), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def seal(  # noqa: PLR0913  # one for each thing that can be got wrong
    plaintext: bytes = PLAIN,
    label: bytes = b"shop/db",
    *,
    key: str = "rsa-2048",
    session_key: bytes | None = None,
    oaep_hash: HashAlgorithm | None = None,
    mask_hash: HashAlgorithm | None = None,
    nonce: bytes = bytes(12),
    associated: bytes | None = None,
) -> bytes:
    """Return the bytes of a sealed value."""
    session_key = os.urandom(32) if session_key is None else session_key
    oaep = padding.OAEP(padding.MGF1(mask_hash or SHA256()), oaep_hash or SHA256(), label)
    wrapped = private_key(key).public_key().encrypt(session_key, oaep)
    aes_key = session_key if len(session_key) in {16, 24, 32} else bytes(32)
    return len(wrapped).to_bytes(2, "big") + wrapped + AESGCM(aes_key).encrypt(nonce, plaintext, associated)


def text_of(plaintext: bytes = PLAIN, label: bytes = b"shop/db") -> str:
    """Return the text of a sealed value."""
    return base64.b64encode(seal(plaintext, label)).decode()
