"""Sprig's password functions: bcrypt, htpasswd lines, and the passwords of the Master Password algorithm."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_BCRYPT_COST: Final = 10
_BCRYPT_STEPS: Final = 80_000  # about what cost 10 takes, in microseconds
_BCRYPT_MOST_BYTES: Final = 72
_BCRYPT_ALPHABET: Final = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SCRYPT_STEPS: Final = 250_000
_SEED: Final = b"com.lyndir.masterpassword"
_VOWELS: Final = "AEIOU"
_CONSONANTS: Final = "BCDFGHJKLMNPQRSTVWXYZ"
_LETTERS: Final = _VOWELS + _VOWELS.lower() + _CONSONANTS + _CONSONANTS.lower()
_CHARACTERS: Final = {
    "V": _VOWELS,
    "C": _CONSONANTS,
    "v": _VOWELS.lower(),
    "c": _CONSONANTS.lower(),
    "a": _LETTERS,
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": _LETTERS + "0123456789!@#$%^&*()",
}
_TEMPLATES: Final = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": (
        "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
        "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
        "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
    ),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}  # fmt: skip


@FUNCTIONS.add("bcrypt", "func(string) string", context=True)
def _bcrypt(context: Context, password: str) -> str:
    import bcrypt  # noqa: PLC0415 - only templates that hash a password need it

    data = text.encode(password)
    if len(data) > _BCRYPT_MOST_BYTES:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    context.spend(_BCRYPT_STEPS)
    salt = b"$2a$%d$%b" % (_BCRYPT_COST, _bcrypt_base64(context.random(16)))
    return bcrypt.hashpw(data, salt).decode()


def _bcrypt_base64(salt: bytes) -> bytes:
    """The base64 of bcrypt for 16 bytes: another alphabet, no padding; the last character holds two bits."""
    number = int.from_bytes(salt, "big") << 4
    return bytes(_BCRYPT_ALPHABET[number >> shift & 63] for shift in range(126, -1, -6))


@FUNCTIONS.add("htpasswd", "func(string, string) string", context=True)
def _htpasswd(context: Context, username: str, password: str) -> str:
    if ":" in username:
        return f"invalid username: {username}"
    return f"{username}:{_bcrypt(context, password)}"


@FUNCTIONS.add("derivePassword", "func(uint32, string, string, string, string) string", context=True)
def _derive_password(  # noqa: PLR0913, PLR0917 - the parameters are Sprig's
    context: Context, counter: int, kind: str, password: str, user: str, site: str
) -> str:
    """Derive a site's password from a master password (Master Password, version 1)."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - slow to import, seldom used

    templates = _TEMPLATES.get(kind)
    if templates is None:
        return f"cannot find password template {kind}"
    context.spend(_SCRYPT_STEPS)
    key = Scrypt(salt=_SEED + _sized(user), length=64, n=32768, r=8, p=2).derive(text.encode(password))
    seed = hmac.digest(key, _SEED + _sized(site) + int(counter).to_bytes(4, "big"), "sha256")
    template = templates[seed[0] % len(templates)]
    chosen = zip(template, seed[1:], strict=False)
    return "".join(_CHARACTERS[element][byte % len(_CHARACTERS[element])] for element, byte in chosen)


def _sized(value: str) -> bytes:
    data = text.encode(value)
    return len(data).to_bytes(4, "big") + data
