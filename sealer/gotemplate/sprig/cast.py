"""How Sprig turns any value into a number: package github.com/spf13/cast, which gives 0 for what it cannot turn."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.sprig import strconv

_ZERO_DECIMAL: Final = re.compile(r"\.0+\Z")
_NAMED_INTEGERS: Final = frozenset({"time.Month", "time.Weekday"})


def to_int64(value: Any) -> int:
    """`cast.ToInt64`, also `cast.ToInt`: a plain int within 64 bits."""
    value = values.indirect(value)
    if isinstance(value, values.JSONNumber):
        return _from_text(str.__str__(value))
    found = values.type_of(value)
    if found is None or not _is_known(found):
        return 0
    if found.kind in types.FLOATS:
        return truncate(float(value))
    if found.kind == "string":
        return _from_text(value)
    return values.integer(int(value), types.INT) if found.kind in types.INTEGERS or found.kind == "bool" else 0


def _is_known(found: types.GoType) -> bool:
    # A type switch of Go sees the basic types only, not what is declared from them; uintptr is not in cast's list.
    return found.name == found.kind != "uintptr" or found.name in _NAMED_INTEGERS


def _from_text(written: str) -> int:
    return strconv.parse_int(_ZERO_DECIMAL.sub("", written), 0) or 0


def truncate(value: float) -> int:
    """Go's conversion of a float64 to int64 as amd64 does it: what does not fit becomes the least int64."""
    if not math.isfinite(value):
        return strconv.MIN_INT64
    whole = int(value)
    return whole if strconv.MIN_INT64 <= whole <= strconv.MAX_INT64 else strconv.MIN_INT64


def to_float64(value: Any) -> float:
    """`cast.ToFloat64`."""
    value = values.indirect(value)
    if isinstance(value, values.JSONNumber):
        return strconv.parse_float(str.__str__(value)) or 0.0
    found = values.type_of(value)
    if found is None or not _is_known(found):
        return 0.0
    if found.kind == "string":
        parsed = strconv.parse_float(value)
        return 0.0 if parsed is None else parsed
    if found.kind in types.FLOATS or found.kind in types.INTEGERS or found.kind == "bool":
        return float(value)
    return 0.0
