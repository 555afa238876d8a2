"""Go's time.Duration: nanoseconds in 64 bits, written `1h2m3.5s`."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.strconv import MAX_INT64, MIN_INT64

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
_UNITS: Final = {
    "ns": 1, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND, "ms": MILLISECOND, "s": SECOND, "m": MINUTE,
    "h": HOUR,
}  # fmt: skip
_PART: Final = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?P<unit>[^0-9.]*)", re.ASCII)
_MOST: Final = 1 << 63


class Duration(values.GoValue, int):
    """Go's time.Duration, in nanoseconds."""

    go_type: ClassVar[types.GoType] = types.named("time.Duration", "int64")


def duration(nanoseconds: int) -> Duration:
    """A duration; what does not fit into 64 bits wraps around."""
    return Duration(values.integer(nanoseconds, types.INT))


def written(nanoseconds: int) -> str:
    """`Duration.String`."""
    sign, left = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    if not left:
        return "0s"
    if left < SECOND:
        unit, size = next((unit, size) for unit, size in _SMALL if left >= size)
        return f"{sign}{_decimal(left, size)}{unit}"
    minutes, seconds = divmod(left, MINUTE)
    hours, minutes = divmod(minutes, 60)
    larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{larger}{_decimal(seconds, SECOND)}s"


_SMALL: Final = (("ms", MILLISECOND), ("µs", MICROSECOND), ("ns", 1))


def _decimal(amount: int, size: int) -> str:
    whole, part = divmod(amount, size)
    digits = f"{part:0{len(str(size)) - 1}d}".rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse_duration(text: str) -> Duration:
    """`time.ParseDuration`.

    Raises:
        FunctionError: It is not a duration, or does not fit into 64 bits.

    """
    negative, left = text[:1] == "-", text[text[:1] in {"-", "+"} :]
    if left == "0":
        return Duration(0)
    if not left:
        raise FunctionError("time: invalid duration")
    total = at = 0
    while at < len(left):
        found = _PART.match(left, at)
        assert found is not None  # noqa: S101 - the expression matches the empty text
        total += _amount(found)
        at = found.end()
        if total > _MOST:
            raise FunctionError("time: invalid duration")
    if total == _MOST and not negative:
        raise FunctionError("time: invalid duration")
    return Duration(-total if negative else total)


def _amount(found: re.Match[str]) -> int:
    whole, part = found["whole"].lstrip("0"), found["part"] or ""
    if not found["whole"] and not part:
        raise FunctionError("time: invalid duration")
    if len(whole) > len(str(_MOST)) or int(whole or "0") > _MOST:
        raise FunctionError("time: invalid duration")
    if not found["unit"]:
        raise FunctionError("time: missing unit in duration")
    unit = _UNITS.get(found["unit"])
    if unit is None:
        raise FunctionError("time: unknown unit in duration")
    if int(whole or "0") > _MOST // unit:
        raise FunctionError("time: invalid duration")
    return int(whole or "0") * unit + _fraction(part, unit)


def _fraction(part: str, unit: int) -> int:
    # Go adds digits as long as they fit into 63 bits, and scales in floating point.
    value, scale = 0, 1.0
    for digit in part:
        if value > MAX_INT64 // 10 or value * 10 + int(digit) > _MOST:
            break
        value = value * 10 + int(digit)
        scale *= 10
    return int(float(value) * (float(unit) / scale)) if value else 0


def rounded(nanoseconds: int, multiple: int) -> int:
    """`Duration.Round`: to the nearest multiple, halves away from zero, within 64 bits."""
    if multiple <= 0:
        return nanoseconds
    rest = abs(nanoseconds) % multiple
    down = abs(nanoseconds) - rest
    away = down if rest * 2 < multiple else down + multiple
    return max(MIN_INT64, -away) if nanoseconds < 0 else min(MAX_INT64, away)


def truncated(nanoseconds: int, multiple: int) -> int:
    """`Duration.Truncate`: towards zero to a multiple."""
    if multiple <= 0:
        return nanoseconds
    kept = abs(nanoseconds) // multiple * multiple
    return -kept if nanoseconds < 0 else kept


def _in_unit(nanoseconds: int, unit: int) -> float:
    whole = abs(nanoseconds) // unit
    part = abs(nanoseconds) % unit
    value = float(whole) + float(part) / unit
    return -value if nanoseconds < 0 else value


METHODS: Final = Registry()


@METHODS.add("String", "func() string")
def _string(value: int) -> str:
    return written(int(value))


@METHODS.add("Nanoseconds", "func() int64")
def _nanoseconds(value: int) -> int:
    return int(value)


@METHODS.add("Microseconds", "func() int64")
def _microseconds(value: int) -> int:
    return truncated(int(value), MICROSECOND) // MICROSECOND


@METHODS.add("Milliseconds", "func() int64")
def _milliseconds(value: int) -> int:
    return truncated(int(value), MILLISECOND) // MILLISECOND


@METHODS.add("Seconds", "func() float64")
def _seconds(value: int) -> float:
    return _in_unit(int(value), SECOND)


@METHODS.add("Minutes", "func() float64")
def _minutes(value: int) -> float:
    return _in_unit(int(value), MINUTE)


@METHODS.add("Hours", "func() float64")
def _hours(value: int) -> float:
    return _in_unit(int(value), HOUR)


@METHODS.add("Abs", "func() time.Duration")
def _abs(value: int) -> Duration:
    return Duration(min(MAX_INT64, abs(int(value))))


@METHODS.add("Round", "func(time.Duration) time.Duration")
def _round(value: int, multiple: int) -> Duration:
    return Duration(rounded(int(value), int(multiple)))


@METHODS.add("Truncate", "func(time.Duration) time.Duration")
def _truncate(value: int, multiple: int) -> Duration:
    return Duration(truncated(int(value), int(multiple)))


Duration.go_type.define(methods=METHODS, text=lambda value: written(int(value)))
