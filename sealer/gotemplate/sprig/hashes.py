"""Sprig's checksums and hashes."""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

from sealer.gotemplate import text
from sealer.gotemplate.functions import Registry

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("sha1sum", "func(string) string")
def _sha1sum(value: str) -> str:
    return hashlib.sha1(text.encode(value), usedforsecurity=False).hexdigest()


@FUNCTIONS.add("sha256sum", "func(string) string")
def _sha256sum(value: str) -> str:
    return hashlib.sha256(text.encode(value)).hexdigest()


@FUNCTIONS.add("sha512sum", "func(string) string")
def _sha512sum(value: str) -> str:
    return hashlib.sha512(text.encode(value)).hexdigest()


@FUNCTIONS.add("adler32sum", "func(string) string")
def _adler32sum(value: str) -> str:
    return str(zlib.adler32(text.encode(value)))
