"""Floating-point numbers as text (package strconv, FormatFloat).

Python's own formatting rounds correctly and finds the shortest text that reads back as the same number, as Go's does;
only the layouts differ.
"""

from __future__ import annotations

import math
import struct
from typing import Final

MANTISSA_BITS: Final = {64: 52, 32: 23}
_SHORTEST_EXPONENT: Final = 6
_LEAST_EXPONENT: Final = -4
_HEX_DIGITS: Final = 15
_ONE: Final = 1 << 60


def format_float(value: float, layout: str, precision: int, bits: int = 64) -> str:
    """Write a number as `strconv.FormatFloat` does.

    Args:
        value: The number; for 32 bits, already rounded to them.
        layout: One of `b e E f g G x X`.
        precision: Digits after the point, or significant digits for `g`; -1 for as many as needed.
        bits: 64 or 32.

    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    value = abs(value)
    if layout in "xX":
        return sign + _hexadecimal(value, layout, precision)
    if layout == "b":
        return sign + _binary(value, bits)
    return sign + (_shortest(value, layout, bits) if precision < 0 else _fixed(value, layout, precision))


def _fixed(value: float, layout: str, precision: int) -> str:
    if layout in "gG":
        precision = precision or 1
        digits, point = _digits(f"{value:.{precision - 1}e}")
        limit = len(digits) if precision > len(digits) >= point else precision
        return _general(digits, point, precision, limit, layout)
    return f"{value:.{precision}{layout}}"


def _shortest(value: float, layout: str, bits: int) -> str:
    digits, point = _digits(repr(value) if bits == 64 else _shortest_single(value))  # noqa: PLR2004 - the two sizes
    if layout in "eE":
        return _scientific(digits, point, max(len(digits) - 1, 0), layout)
    if layout == "f":
        return _plain(digits, point, max(len(digits) - point, 0))
    return _general(digits, point, len(digits), _SHORTEST_EXPONENT, layout)


def _general(digits: str, point: int, precision: int, limit: int, layout: str) -> str:
    exponent = point - 1
    if exponent < _LEAST_EXPONENT or exponent >= limit:
        return _scientific(digits, point, min(precision, len(digits)) - 1, "e" if layout == "g" else "E")
    return _plain(digits, point, max((len(digits) if precision > point else precision) - point, 0))


def _digits(written: str) -> tuple[str, int]:
    """Significant digits of a written number, and the place of the decimal point among them; zero has no digits."""
    mantissa, _, exponent = written.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return digits, point if digits else 0


def _shortest_single(value: float) -> str:
    for precision in range(9):
        written = f"{value:.{precision}e}"
        try:
            if struct.pack("f", float(written)) == struct.pack("f", value):
                return written
        except OverflowError:  # rounding up went beyond the largest float32, so more digits are needed
            continue
    return f"{value:.9e}"


def _scientific(digits: str, point: int, precision: int, letter: str) -> str:
    digits = digits or "0"
    exponent = point - 1 if digits != "0" else 0
    fraction = "." + digits[1 : precision + 1].ljust(precision, "0") if precision > 0 else ""
    return f"{digits[0]}{fraction}{letter}{exponent:+03d}"


def _plain(digits: str, point: int, precision: int) -> str:
    whole = digits[:point].ljust(point, "0") if point > 0 else "0"
    if precision <= 0:
        return whole
    fraction = "0" * -point + digits if point < 0 else digits[max(point, 0) :]
    return f"{whole}.{fraction[:precision].ljust(precision, '0')}"


def _binary(value: float, bits: int) -> str:
    size = MANTISSA_BITS[bits]
    fraction, exponent = math.frexp(value)
    least = -1074 if bits == 64 else -149  # noqa: PLR2004 - the two sizes
    if value == 0:
        return f"0p{least:+d}"
    power = max(exponent - size - 1, least)  # smaller numbers are denormal
    return f"{int(math.ldexp(fraction, exponent - power))}p{power:+d}"


def _hexadecimal(value: float, layout: str, precision: int) -> str:
    fraction, exponent = math.frexp(value)
    mantissa = int(math.ldexp(fraction, 61))  # the leading one is at bit 60
    exponent = exponent - 1 if mantissa else 0
    if 0 <= precision < _HEX_DIGITS:
        mantissa, exponent = _round(mantissa, exponent, precision)
    tail = f"{mantissa & (_ONE - 1):015x}"
    tail = tail.rstrip("0") if precision < 0 else tail.ljust(precision, "0")[:precision]
    written = f"0x{mantissa >> 60}{'.' if tail else ''}{tail}p{exponent:+03d}"
    return written.upper() if layout == "X" else written


def _round(mantissa: int, exponent: int, precision: int) -> tuple[int, int]:
    drop = 60 - 4 * precision
    extra = (mantissa & ((1 << drop) - 1)) << (60 - drop)
    mantissa >>= drop
    if extra | (mantissa & 1) > _ONE >> 1:
        mantissa += 1
    mantissa <<= drop
    return (mantissa >> 1, exponent + 1) if mantissa & (_ONE << 1) else (mantissa, exponent)
