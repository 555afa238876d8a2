"""Sealed values as bytes and as text: which format they are in, and format 1.

This package knows keys, labels and bytes; it knows nothing of Secrets, manifests or clusters.
"""

from __future__ import annotations

from sealer.wire.errors import MalformedValueError, NotThisKeyError
from sealer.wire.text import decode, encode

__all__ = ["MalformedValueError", "NotThisKeyError", "decode", "encode"]
