"""Sprig's base64 and base32. Decoding gives the text of Go's error, with its position, instead of an error."""

from __future__ import annotations

import base64
import re
from typing import Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

FUNCTIONS: Final = Registry()
_BASE64: Final = {
    byte: at for at, byte in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_BASE32: Final = {byte: at for at, byte in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}
_CLEAN: Final = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NEWLINES: Final = b"\r\n"
_PAD: Final = ord("=")
_BLOCK: Final = 8  # characters of base32 for five bytes
_INVALID_LENGTHS: Final = frozenset({1, 3, 6})  # of a last block; they give no whole byte (RFC 4648, 6)


@FUNCTIONS.add("b64enc", "func(string) string")
def _b64enc(value: str) -> str:
    return base64.b64encode(text.encode(value)).decode()


@FUNCTIONS.add("b64dec", "func(string) string")
def _b64dec(value: str) -> str:
    try:
        return text.decode(decode_base64(text.encode(value)))
    except FunctionError as error:
        return str(error)


def decode_base64(data: bytes) -> bytes:
    """Decode padded base64 as encoding/base64 does: newlines do not count, bits left over may be set.

    Raises:
        FunctionError: It is not base64; the message says from which byte on.

    """
    if not _CLEAN.fullmatch(data):
        data = _checked_base64(data)
    return base64.b64decode(data)


def _checked_base64(data: bytes) -> bytes:
    kept = bytearray()
    at = 0
    while at < len(data):
        byte = data[at]
        if byte in _BASE64:
            kept.append(byte)
        elif byte == _PAD:
            return bytes(kept) + _padding(data, at, len(kept) % 4)
        elif byte not in _NEWLINES:
            raise _corrupt("base64", at)
        at += 1
    if len(kept) % 4:
        raise _corrupt("base64", len(data) - len(kept) % 4)
    return bytes(kept)


def _padding(data: bytes, at: int, place: int) -> bytes:
    """What pads the last block; `at` is its first padding character and `place` where that stands in the block."""
    if place < 2:  # noqa: PLR2004 - less than a byte
        raise _corrupt("base64", at)
    behind = _skip_newlines(data, at + 1)
    if place == 2:  # noqa: PLR2004 - two padding characters
        if behind == len(data):
            raise _corrupt("base64", len(data))
        if data[behind] != _PAD:
            raise _corrupt("base64", behind - 1)
        behind = _skip_newlines(data, behind + 1)
    if behind < len(data):
        raise _corrupt("base64", behind)
    return b"=" * (4 - place)


def _skip_newlines(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _NEWLINES:
        at += 1
    return at


def _corrupt(encoding: str, at: int) -> FunctionError:
    return FunctionError(f"illegal {encoding} data at input byte {at}")


@FUNCTIONS.add("b32enc", "func(string) string")
def _b32enc(value: str) -> str:
    return base64.b32encode(text.encode(value)).decode()


@FUNCTIONS.add("b32dec", "func(string) string")
def _b32dec(value: str) -> str:
    data = text.encode(value).translate(None, _NEWLINES)
    try:
        return text.decode(_decode_base32(data))
    except FunctionError as error:
        return str(error)


def _decode_base32(data: bytes) -> bytes:
    decoded = bytearray()
    for begin in range(0, len(data), _BLOCK):
        digits, is_last = _block(data, begin)
        number = 0
        for digit in digits:
            number = number << 5 | digit
        spare = 5 * len(digits) % 8
        decoded += (number >> spare).to_bytes(5 * len(digits) // 8, "big")
        if is_last:
            break
    return bytes(decoded)


def _block(data: bytes, begin: int) -> tuple[list[int], bool]:
    digits: list[int] = []
    for place in range(_BLOCK):
        at = begin + place
        if at >= len(data):
            raise _corrupt("base32", len(data) - place)
        left = len(data) - at - 1
        if data[at] == _PAD and place >= 2 and left < _BLOCK:  # noqa: PLR2004 - there is a byte
            _check_padding(data, at, place, left)
            return digits, True
        if data[at] not in _BASE32:
            raise _corrupt("base32", at)
        digits.append(_BASE32[data[at]])
    return digits, False


def _check_padding(data: bytes, at: int, place: int, left: int) -> None:
    if left + place < _BLOCK - 1:
        raise _corrupt("base32", len(data))
    for offset in range(_BLOCK - 1 - place):
        if left > offset and data[at + 1 + offset] != _PAD:
            raise _corrupt("base32", at + offset)
    if place in _INVALID_LENGTHS:
        raise _corrupt("base32", at)
