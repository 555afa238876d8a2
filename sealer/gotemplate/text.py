"""Go strings as Python text.

A Go string is bytes, most often UTF-8. Here it is a `str` in which U+DC80…U+DCFF stand for the bytes 0x80…0xFF that
are not part of valid UTF-8 (PEP 383). In this form one character is one rune of Go, also for what is not UTF-8.
"""

from __future__ import annotations

import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
MAX_RUNE: Final = 0x10FFFF
_CODES: Final = range(MAX_RUNE + 1)
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_UNESCAPABLE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def encode(text: str) -> bytes:
    """Bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """Go string of bytes, valid UTF-8 or not."""
    return data.decode("utf-8", "surrogateescape")


def canonical(text: str) -> str:
    """The one form of a string: escaped bytes that form valid UTF-8 together become the character.

    Surrogates that do not stand for a byte become U+FFFD, as Go makes of them.
    """
    if text.isascii():
        return text
    if not _SURROGATES.search(text):
        return text
    return decode(encode(_UNESCAPABLE.sub(REPLACEMENT, text)))


def from_python(text: str) -> str:
    """Go string of text that comes from outside Go's world, where a lone surrogate is a mistake and not a byte."""
    return text if text.isascii() else _SURROGATES.sub(REPLACEMENT, text)


def valid(text: str) -> str:
    """The string with U+FFFD in place of each byte that is not UTF-8."""
    return text if text.isascii() else _ESCAPED.sub(REPLACEMENT, text)


def size(text: str) -> int:
    """Length in bytes, Go's `len`."""
    return len(text) if text.isascii() else len(encode(text))


def less(first: str, second: str) -> bool:
    """Go's `<`, which compares bytes."""
    if first.isascii() and second.isascii():
        return first < second
    return encode(first) < encode(second)


def rune(code: int) -> str:
    """String of a rune; what is not a Unicode scalar value becomes U+FFFD."""
    if code not in _CODES:
        return REPLACEMENT
    found = chr(code)
    return REPLACEMENT if _SURROGATES.match(found) else found
