"""Text, style and tag of what YAML writes on one place: words, numbers, times, bytes (gopkg.in/yaml.v2)."""

from __future__ import annotations

import base64
import math
import re
from typing import Any, Final

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.fmt.floats import format_float

_BASE64_LINE: Final = 70
_BINARY: Final = "!!binary"
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_INT64: Final = range(-(1 << 63), 1 << 63)


def scalar(value: Any, kind: str) -> tuple[str, str, str]:
    """Turn a value into a scalar.

    Args:
        value: The value, not a pointer.
        kind: Its kind.

    Returns:
        Text, style (`plain` for what is plain whatever it says, `text` for a string) and tag, or nothing for it.

    Raises:
        FunctionError: YAML has no form for it.

    """
    if kind == "string":
        return _number(value) if isinstance(value, values.JSONNumber) else _text(str.__str__(value))
    if kind == "invalid":
        return "null", "plain", ""
    if kind == "bool":
        return ("true" if value else "false"), "plain", ""
    if kind in types.INTEGERS:
        return _duration(value) or (str(int(value)), "plain", "")
    if kind in types.FLOATS:
        return _real(float(value), 32 if kind == "float32" else 64), "plain", ""
    found = values.type_of(value)
    raise FunctionError(f"cannot marshal type: {'nil' if found is None else found.name}")


def _duration(value: Any) -> tuple[str, str, str] | None:
    found = values.type_of(value)
    if found is None or found.name != "time.Duration" or found.text is None:
        return None
    return _text(found.text(value))


def _text(value: str) -> tuple[str, str, str]:
    if value.isascii() or not _NOT_UTF8.search(value):
        return value, "text", ""
    encoded = base64.b64encode(text.encode(value)).decode()
    if len(encoded) < _BASE64_LINE:
        return encoded, "plain", _BINARY
    lines = [encoded[at : at + _BASE64_LINE] + "\n" for at in range(0, len(encoded), _BASE64_LINE)]
    return "".join(lines), "plain", _BINARY


def _number(value: str) -> tuple[str, str, str]:
    written = str.__str__(value)
    try:
        whole = int(written) if written.lstrip("+-").isdecimal() and written.isascii() else None
        real = float(written) if written.isascii() and "_" not in written else math.inf
    except ValueError:
        return _text(written)
    if whole is not None and whole in _INT64:
        return str(whole), "plain", ""
    return _text(written) if math.isinf(real) else (_real(real, 64), "plain", "")


def _real(value: float, bits: int) -> str:
    written = format_float(value, "g", -1, bits)
    return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(written, written)
