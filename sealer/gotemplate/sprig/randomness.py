"""Sprig's random texts, numbers and UUIDs, from the rendering's source of randomness, a cryptographic one."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))
_CHUNK: Final = 4096


def _numbers(context: Context, below: int) -> Iterator[int]:
    """Random numbers from 0 on, each equally likely: those beyond a whole multiple are thrown away."""
    size = max(1, (below.bit_length() + 7) // 8)
    bound = (1 << 8 * size) // below * below
    count = 16
    while True:
        data = context.random(size * count)
        count = min(2 * count, _CHUNK)
        for at in range(0, len(data), size):
            number = int.from_bytes(data[at : at + size], "big")
            if number < bound:
                yield number % below


def _text(context: Context, count: int, characters: str) -> str:
    if count <= 0:
        return ""
    context.reserve(count)
    context.spend(1 + count // 4)
    return "".join(
        characters[number] for _, number in zip(range(count), _numbers(context, len(characters)), strict=False)
    )


@FUNCTIONS.add("randAlphaNum", "func(int) string", context=True)
def _alpha_num(context: Context, count: int) -> str:
    return _text(context, count, _LETTERS + _DIGITS)


@FUNCTIONS.add("randAlpha", "func(int) string", context=True)
def _alpha(context: Context, count: int) -> str:
    return _text(context, count, _LETTERS)


@FUNCTIONS.add("randNumeric", "func(int) string", context=True)
def _numeric(context: Context, count: int) -> str:
    return _text(context, count, _DIGITS)


@FUNCTIONS.add("randAscii", "func(int) string", context=True)
def _ascii(context: Context, count: int) -> str:
    return _text(context, count, _PRINTABLE)


@FUNCTIONS.add("randBytes", "func(int) (string, error)", context=True)
def _bytes(context: Context, count: int) -> str:
    """Random bytes in base64."""
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    context.reserve(2 * count)
    return base64.b64encode(context.random(count)).decode()


@FUNCTIONS.add("randInt", "func(int, int) int", context=True)
def _int(context: Context, first: int, end: int) -> int:
    """A number from the first to before the end."""
    if end <= first:
        raise FunctionError("invalid argument to Intn")
    return first + next(_numbers(context, end - first))


@FUNCTIONS.add("shuffle", "func(string) string", context=True)
def _shuffle(context: Context, value: str) -> str:
    characters = list(text.valid(value))
    context.spend(len(characters))
    for last in range(len(characters) - 1, 0, -1):
        other = next(_numbers(context, last + 1))
        characters[last], characters[other] = characters[other], characters[last]
    return "".join(characters)


@FUNCTIONS.add("uuidv4", "func() string", context=True)
def _uuidv4(context: Context) -> str:
    return str(uuid.UUID(bytes=context.random(16), version=4))
