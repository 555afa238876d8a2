"""Sprig's AES: CBC without authentication, the password cut or filled with zeros to 32 bytes as the key.

This is how Sprig does it and what its users' ciphertexts are; it is no example to follow, since a password is no key.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.encodings import decode_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_KEY_SIZE: Final = 32
_BLOCK: Final = 16


def _cipher(password: str, iv: bytes) -> Cipher[CBC]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - seldom used

    return Cipher(algorithms.AES(text.encode(password)[:_KEY_SIZE].ljust(_KEY_SIZE, b"\0")), modes.CBC(iv))


@FUNCTIONS.add("encryptAES", "func(string, string) (string, error)", context=True)
def _encrypt(context: Context, password: str, plaintext: str) -> str:
    if not plaintext:
        return ""
    data = text.encode(plaintext)
    context.reserve(2 * len(data))
    padding = _BLOCK - len(data) % _BLOCK
    iv = context.random(_BLOCK)
    encryptor = _cipher(password, iv).encryptor()
    sealed = encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(iv + sealed).decode()


@FUNCTIONS.add("decryptAES", "func(string, string) (string, error)")
def _decrypt(password: str, ciphertext: str) -> str:
    if not ciphertext:
        return ""
    data = decode_base64(text.encode(ciphertext))
    if len(data) < _BLOCK:
        raise FunctionError("runtime error: slice bounds out of range")
    if len(data) % _BLOCK:
        raise FunctionError("crypto/cipher: input not full blocks")
    if len(data) == _BLOCK:
        raise FunctionError("runtime error: index out of range")
    decryptor = _cipher(password, data[:_BLOCK]).decryptor()
    opened = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    if opened[-1] > len(opened):
        raise FunctionError("runtime error: slice bounds out of range")
    return text.decode(opened[: len(opened) - opened[-1]])
