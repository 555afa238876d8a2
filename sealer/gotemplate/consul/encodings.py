"""consul-template's base64 and digests (reference, vault-agent-injector 3.5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

FUNCTIONS: Final = Registry()
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_URL: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_TEXT_TO_TEXT: Final = "func(string) (string, error)"


@FUNCTIONS.add("base64Encode", _TEXT_TO_TEXT)
def _encode(value: str) -> str:
    return base64.b64encode(text.encode(value)).decode()


@FUNCTIONS.add("base64URLEncode", _TEXT_TO_TEXT)
def _encode_url(value: str) -> str:
    return base64.urlsafe_b64encode(text.encode(value)).decode()


@FUNCTIONS.add("base64Decode", _TEXT_TO_TEXT)
def _decode(value: str) -> str:
    return _decoded(value, _BASE64, "base64Decode", None)


@FUNCTIONS.add("base64URLDecode", _TEXT_TO_TEXT)
def _decode_url(value: str) -> str:
    return _decoded(value, _URL, "base64URLDecode", b"-_")


def _decoded(value: str, alphabet: re.Pattern[str], name: str, alternatives: bytes | None) -> str:
    """Decode padded base64 as Go does: line breaks anywhere are skipped, bits that are left over are ignored."""
    bare = value.replace("\r", "").replace("\n", "")
    if len(bare) % 4 or not alphabet.fullmatch(bare):
        raise FunctionError(f"{name}: illegal base64 data")
    return text.decode(base64.b64decode(bare, altchars=alternatives))


@FUNCTIONS.add("sha256Hex", _TEXT_TO_TEXT)
def _sha256(value: str) -> str:
    return hashlib.sha256(text.encode(value)).hexdigest()


@FUNCTIONS.add("md5sum", _TEXT_TO_TEXT)
def _md5(value: str) -> str:
    # A checksum by which templates name things, not a protection of anything.
    return hashlib.md5(text.encode(value), usedforsecurity=False).hexdigest()


@FUNCTIONS.add("hmacSHA256Hex", "func(string, string) (string, error)")
def _hmac(message: str, key: str) -> str:
    return hmac.digest(text.encode(key), text.encode(message), "sha256").hex()
