"""Numbers in a template: one text that may serve as an integer, a float or a complex number.

The rules are those of Go's untyped constants as text/template applies them, and of strconv's ParseInt, ParseUint and
ParseFloat with base 0.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from sealer.gotemplate.quoting import quote, unquote_character
from sealer.gotemplate.tokens import Kind

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9_]*\.?[0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?")
_HEXADECIMAL: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?[0-9][0-9_]*")
_PART: Final = re.compile(
    r"[+-]?i?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?)"
)
_PREFIXES: Final = {"b": 2, "o": 8, "x": 16}
_FLOAT_MARKS: Final = frozenset(".eEpP")
_INT: Final = range(-(1 << 63), 1 << 63)
_UINT: Final = range(1 << 64)


@dataclass(frozen=True, slots=True)
class Number:
    """A number and what it can be used as.

    Attributes:
        text: As it was written.
        int_value: As a signed integer; None where it is none.
        uint_value: As an unsigned integer; None where it is none.
        float_value: As a floating-point number; None where it is none.
        complex_value: Set where it was written as a complex number.

    """

    text: str
    int_value: int | None = None
    uint_value: int | None = None
    float_value: float | None = None
    complex_value: complex | None = None


def read_number(text: str, kind: Kind) -> Number:
    """Read a number token.

    Raises:
        ValueError: It is none. The message is Go's.

    """
    if kind is Kind.CHAR_CONSTANT:
        code = unquote_character(text)
        return Number(text, code, code, float(code))
    if kind is Kind.COMPLEX:
        return _complex(text, _complex_value(text))
    if text.endswith("i"):
        imaginary = parse_float(text[:-1])
        if imaginary is not None:
            return _complex(text, complex(0, imaginary))
    return _real(text)


def _real(text: str) -> Number:
    whole = parse_integer(text)
    if whole is not None and whole in _INT:
        # ParseUint takes no sign, so a signed zero is the one signed text that is unsigned too.
        unsigned = whole if whole == 0 or text[0] not in "+-" else None
        return Number(text, whole, unsigned, float(whole))
    if whole is not None and whole in _UINT and text[0] not in "+-":
        return Number(text, None, whole, float(whole))
    number = parse_float(text)
    if number is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not _FLOAT_MARKS.intersection(text):
        raise ValueError(f"integer overflow: {quote(text)}")
    return Number(text, _as_integer(number, _INT), _as_integer(number, _UINT), number)


def _complex(text: str, value: complex) -> Number:
    if value.imag != 0:
        return Number(text, complex_value=value)
    number = value.real
    return Number(text, _as_integer(number, _INT), _as_integer(number, _UINT), number, value)


def _complex_value(text: str) -> complex:
    # As fmt.Sscan reads it: each part as far as it looks like a number; only then whether it is one is asked.
    real = _end(_PART, text, 0)
    imaginary = _end(_PART, text, real) if text[real : real + 1] in {"+", "-"} else -1
    if imaginary < 0 or text[imaginary : imaginary + 1] != "i" or text[real + 1] == "i":
        raise ValueError("syntax error scanning complex number")
    return complex(_part(text[:real]), _part(text[real:imaginary]))


def _end(pattern: re.Pattern[str], text: str, begin: int) -> int:
    found = pattern.match(text, begin)
    return found.end() if found else begin


def _part(text: str) -> float:
    number = parse_float(text)
    if number is None:
        mantissa = re.split("[eE]", text)[0]
        is_number = _DECIMAL.fullmatch(text) and any(map(str.isdigit, mantissa)) and _underscores_fit(text)
        reason = "value out of range" if is_number else "invalid syntax"
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: {reason}")
    return number


def _as_integer(number: float, among: range) -> int | None:
    whole = int(number)
    return whole if whole == number and whole in among else None


def parse_integer(text: str) -> int | None:
    """Read an integer of any size with an optional sign, prefix and underscores; None where it is none."""
    digits, base = text.lstrip("+-") if text[:1] in {"+", "-"} else text, 10
    if digits[:1] == "0" and len(digits) > 1:
        base = _PREFIXES.get(digits[1].lower(), 8) if len(digits) > 2 else 8  # noqa: PLR2004 - a prefix and a digit
        digits = digits[2:] if digits[1].lower() in _PREFIXES and len(digits) > 2 else digits[1:]  # noqa: PLR2004 - same
    if "_" in digits and not _underscores_fit(text):
        return None
    try:
        value = int(digits.replace("_", ""), base)
    except ValueError:
        return None
    return -value if text[0] == "-" else value


def parse_float(text: str) -> float | None:
    """Read a floating-point number, decimal or hexadecimal; None where it is none or too large."""
    if not any(map(str.isdigit, text)) or ("_" in text and not _underscores_fit(text)):
        return None
    plain = text.replace("_", "")
    try:
        if _HEXADECIMAL.fullmatch(text):
            number = float.fromhex(plain)
        elif _DECIMAL.fullmatch(text):
            number = float(plain)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return None if math.isinf(number) else number


def _underscores_fit(text: str) -> bool:
    """Whether each underscore stands between digits, or between a base prefix and a digit."""
    body = text[1:] if text[:1] in {"+", "-"} else text
    prefixed = re.match(r"0[bBoOxX]", body)
    digits = "0-9a-fA-F" if prefixed and body[1] in "xX" else "0-9"
    body = ("0" + body[2:]) if prefixed else body
    return not re.search(rf"(?<![{digits}])_|_(?![{digits}])", body)
