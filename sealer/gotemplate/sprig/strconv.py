"""Go's package strconv: numbers from text."""

from __future__ import annotations

import math
import re
from typing import Final

MAX_INT64: Final = (1 << 63) - 1
MIN_INT64: Final = -(1 << 63)
_MAX_UINT64: Final = (1 << 64) - 1

_ATOI: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_PREFIXED: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>(?:_?[0-9a-fA-F])+)|0[bB](?P<binary>(?:_?[01])+)|0[oO](?P<octal>(?:_?[0-7])+)"
    r"|0(?P<old>(?:_?[0-7])+)|(?P<decimal>0|[1-9](?:_?[0-9])*))"
)
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "old": 8, "decimal": 10}
_DIGITS: Final = r"[0-9](?:_?[0-9])*"
_DECIMAL: Final = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEX: Final = re.compile(
    r"(?P<sign>[+-]?)0[xX](?P<whole>_?[0-9a-fA-F](?:_?[0-9a-fA-F])*)?"
    r"(?:\.(?P<part>[0-9a-fA-F](?:_?[0-9a-fA-F])*)?)?[pP](?P<exponent>[+-]?[0-9]+(?:_?[0-9])*)"
)
_SPECIAL: Final = re.compile(r"(?P<sign>[+-]?)(?P<name>inf|infinity|nan)", re.IGNORECASE | re.ASCII)
_HUGE_EXPONENT: Final = 10_000  # beyond float64 either way


def parse_int(written: str, base: int) -> int | None:
    """`strconv.ParseInt` to 64 bits.

    Args:
        written: The text.
        base: 0 for Go's prefixes and underscores, else 2 to 36.

    Returns:
        The integer, or None where the text is none or it does not fit into 64 bits.

    """
    value = _prefixed(written) if base == 0 else _in_base(written, base)
    return value if value is not None and MIN_INT64 <= value <= MAX_INT64 else None


def _prefixed(written: str) -> int | None:
    found = _PREFIXED.fullmatch(written)
    if found is None:
        return None
    for name, base in _BASES.items():
        if found[name] is not None:
            digits = found[name].replace("_", "")
            # Longer than any 64-bit number: no need to convert it, and Python refuses thousands of digits.
            value = int(digits, base) if len(digits.lstrip("0")) <= 64 else MAX_INT64 + 2  # noqa: PLR2004 - 64 binary digits
            return -value if found["sign"] == "-" else value
    return None


def _in_base(written: str, base: int) -> int | None:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
    bare = written[1:] if written[:1] in {"+", "-"} else written
    if not bare or not written.isascii() or bare.lower().strip(digits) or "_" in bare:
        return None
    if any(digit not in digits for digit in bare.lower()):
        return None
    significant = bare.lstrip("0") or "0"
    value = int(significant, base) if len(significant) <= 64 else MAX_INT64 + 2  # noqa: PLR2004 - 64 binary digits
    return -value if written[0] == "-" else value


def atoi(written: str) -> int:
    """`strconv.Atoi` without its error: 0 for what is no number, the nearest int64 for what does not fit.

    Go stops at the digit that is too much, so what stands behind that does not make it any other mistake.
    """
    found = _ATOI.match(written)
    if found is None:
        return 0
    negative = written[0] == "-"
    digits = found[0].lstrip("+-").lstrip("0") or "0"
    # Beyond 20 digits nothing fits; and Python refuses to convert thousands of them.
    value = int(digits) if len(digits) <= len(str(_MAX_UINT64)) else _MAX_UINT64 + 1
    if found.end() < len(written) and value <= _MAX_UINT64:
        return 0
    return max(MIN_INT64, -value) if negative else min(MAX_INT64, value)


def parse_float(written: str) -> float | None:
    """`strconv.ParseFloat` to 64 bits.

    Returns:
        The number, or None where the text is none or it does not fit.

    """
    if _DECIMAL.fullmatch(written):
        value = float(written.replace("_", ""))
        return None if math.isinf(value) else value
    special = _SPECIAL.fullmatch(written)
    if special is not None:
        # Go takes no sign with NaN.
        if special["name"].lower() == "nan":
            return None if special["sign"] else math.nan
        return -math.inf if special["sign"] == "-" else math.inf
    return _hexadecimal(written)


def _hexadecimal(written: str) -> float | None:
    found = _HEX.fullmatch(written)
    if found is None or not (found["whole"] or found["part"]):
        return None
    exponent = found["exponent"].replace("_", "")
    if len(exponent.lstrip("+-").lstrip("0")) > len(str(_HUGE_EXPONENT)):
        exponent = exponent[:1].strip("+0123456789") + str(_HUGE_EXPONENT)
    mantissa = f"{found['whole'] or ''}.{found['part'] or ''}".replace("_", "")
    try:
        return float.fromhex(f"{found['sign']}0x{mantissa}p{exponent}")
    except OverflowError:
        return None
