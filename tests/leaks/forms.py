"""The forms in which a known value could show up somewhere."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def forms(value: bytes) -> dict[str, str]:
    """Return what gives a value away: itself, its hexadecimal digits, and its base64, whatever comes before it."""
    found = {"plain": value.decode(), "hex": value.hex(), "upper-case hex": value.hex().upper()}
    for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for before in range(3):
            # Of the first characters and the last, some bits are those of the neighbours.
            text = encode(bytes(before) + value).decode().rstrip("=")
            first = (before * 8 + 5) // 6
            found[f"{name} after {before} bytes"] = text[first : len(text) - 1]
    return found


def leaks(value: bytes, text: str) -> Iterator[str]:
    """Yield the forms in which `value` is in `text`."""
    for name, form in forms(value).items():
        if form in text:
            yield name
