"""Sealed values as text: standard base64 with padding, as Go reads it."""

from __future__ import annotations

import base64
import binascii

from sealer.wire.errors import MalformedValueError

_LINE_ENDS = str.maketrans("", "", "\r\n")


def encode(sealed: bytes) -> str:
    """Return the text form of a sealed value."""
    return base64.b64encode(sealed).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes behind the text form of a sealed value.

    Line ends anywhere are skipped, so that folded YAML scalars work; anything else outside the alphabet, and missing
    padding, is refused (reference, sealed-secrets 1.1: what Go's decoder does).

    Raises:
        MalformedValueError: The text is not standard base64.

    """
    try:
        return base64.b64decode(text.translate(_LINE_ENDS), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedValueError("not standard base64", hint="was the value cut off or edited?") from error
