"""Which YAML 1.1 value a plain word is, as gopkg.in/yaml.v2 decides it, for reading and for knowing when to quote."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sealer.gotemplate import values

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_GO_FLOAT: Final = re.compile(r"\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_BASE_60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))"
)
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_TIME: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?P<mark>[Tt ])(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:[.,]\d+)?"
    r"(?P<zone>Z|[-+](?P<zone_hour>\d\d):(?P<zone_minute>\d\d))?)?",
    re.ASCII,
)
_NUMERIC_START: Final = frozenset("+-.0123456789")
_INT64: Final = range(-(1 << 63), 1 << 63)
_UINT64: Final = range(1 << 64)
_HOURS, _SIXTY = 24, 60


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a plain word means.

    Attributes:
        tag: `str`, `bool`, `null`, `int`, `float` or `timestamp`.
        value: The Go value; of a timestamp the text, as yaml.v2 gives it to an `interface{}`.

    """

    tag: str
    value: Any


def resolve(word: str) -> Resolved:
    """Find out what a plain word means.

    Args:
        word: The text of the scalar.

    """
    if word in _WORDS:
        return Resolved(_tag_of(_WORDS[word]), _WORDS[word])
    if not word or word[0] not in _NUMERIC_START:
        return Resolved("str", word)
    if word[0] == ".":
        return _dotted(word)
    if is_timestamp(word):
        return Resolved("timestamp", word)
    return _number(word)


def _tag_of(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _dotted(word: str) -> Resolved:
    if not _GO_FLOAT.fullmatch(word):
        return Resolved("str", word)
    found = float(word)
    return Resolved("str", word) if math.isinf(found) else Resolved("float", found)


def _number(word: str) -> Resolved:
    plain = word.replace("_", "")
    whole = _INTEGER.fullmatch(plain)
    if whole is not None:
        found = _integer(whole)
        if found is not None:
            return Resolved("int", found)
    if _FLOAT.fullmatch(plain):
        real = float(plain)
        if not math.isinf(real):
            return Resolved("float", real)
    return Resolved("str", word)


def _integer(found: re.Match[str]) -> int | None:
    base = next(name for name in _BASES if found[name] is not None)
    value = int(found[base], _BASES[base]) if len(found[base]) <= 80 else 1 << 80  # noqa: PLR2004 - longer than any 64 bits
    value = -value if found["sign"] == "-" else value
    if value in _INT64:
        return value
    return values.Uint64(value) if value in _UINT64 and not found["sign"] else None


def is_timestamp(word: str) -> bool:
    """Whether a word is a point in time in a form that yaml.v2 knows."""
    found = _TIME.fullmatch(word)
    if found is None or not _is_date(found):
        return False
    if found["mark"] is None:
        return True
    if int(found["hour"]) >= _HOURS or int(found["minute"]) >= _SIXTY or int(found["second"]) >= _SIXTY:
        return False
    if found["mark"] == " ":
        return found["zone"] is None
    if found["zone"] is None:
        return False
    # Package time lets an offset be 24 hours and 60 minutes, since people write that.
    return found["zone"] == "Z" or (int(found["zone_hour"]) <= _HOURS and int(found["zone_minute"]) <= _SIXTY)


def _is_date(found: re.Match[str]) -> bool:
    # Go counts years from 0, which is a leap year like 2000; Python from 1.
    try:
        date(int(found["year"]) or 2000, int(found["month"]), int(found["day"]))
    except ValueError:
        return False
    return True


def stays_text(word: str) -> bool:
    """Whether a string written plain is read as the same string."""
    return resolve(word).tag == "str" and not _BASE_60.fullmatch(word)
