"""Write a moment by a layout (package time: Time.Format)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.sprig.gotime import civil
from sealer.gotemplate.sprig.gotime.layouts import MONTHS, WEEKDAYS, elements

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.gotemplate.sprig.gotime.locations import Location

_NANOSECOND_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock and a calendar show at a moment.

    Attributes:
        year: Also 0 and negative.
        month: 1 to 12.
        day: Of the month.
        year_day: From 1.
        weekday: 0 is Sunday.
        hour: 0 to 23.
        minute: 0 to 59.
        second: 0 to 59.
        nanosecond: Within the second.
        zone: Abbreviation of the zone.
        offset: Seconds ahead of UTC.

    """

    year: int
    month: int
    day: int
    year_day: int
    weekday: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    zone: str
    offset: int


def clock_at(seconds: int, nanosecond: int, location: Location) -> Clock:
    """What is shown at a moment in a zone.

    Args:
        seconds: Since 1970 UTC.
        nanosecond: Within the second.
        location: The zone.

    """
    zone, offset = location.at(seconds)
    days, rest = divmod(civil.local_seconds(seconds, offset), civil.DAY)
    year, month, day = civil.date_of(days)
    return Clock(
        year=year,
        month=month,
        day=day,
        year_day=days - civil.days_of(year, 1, 1) + 1,
        weekday=(days + 4) % 7,
        hour=rest // 3600,
        minute=rest % 3600 // 60,
        second=rest % 60,
        nanosecond=nanosecond,
        zone=zone,
        offset=offset,
    )


def format_time(clock: Clock, layout: str) -> str:
    """Write what a clock shows."""
    pieces: list[str] = []
    for element in elements(layout):
        pieces.append(element.prefix)
        if element.code:
            pieces.append(_element(clock, element.code))
    return "".join(pieces)


def _element(clock: Clock, code: str) -> str:
    write = _WRITERS.get(code)
    if write is not None:
        return write(clock)
    if code[0] in ".,":
        return _fraction(clock.nanosecond, code)
    return _offset(clock.offset, code)


def _fraction(nanosecond: int, code: str) -> str:
    digits = f"{nanosecond:09d}"[: min(len(code) - 1, _NANOSECOND_DIGITS)]
    if code[1] == "0":
        return code[0] + digits
    digits = digits.rstrip("0")
    return code[0] + digits if digits else ""


def _offset(offset: int, code: str) -> str:
    if code[0] == "Z" and not offset:
        return "Z"
    minutes = abs(offset) // 60
    sign = "-" if offset < 0 and minutes else "+"  # Go looks at the whole minutes
    colon = ":" if ":" in code else ""
    written = f"{sign}{minutes // 60:02d}"
    if code[1:] != "07":
        written += f"{colon}{minutes % 60:02d}"
    if code[1:] in {"070000", "07:00:00"}:
        written += f"{colon}{(offset if sign == '+' else -offset) % 60:02d}"
    return written


def _year(clock: Clock) -> str:
    return f"-{-clock.year:04d}" if clock.year < 0 else f"{clock.year:04d}"


def _zone(clock: Clock) -> str:
    return clock.zone or _offset(clock.offset, "-0700")


_WRITERS: Final[dict[str, Callable[[Clock], str]]] = {
    "2006": _year,
    "06": lambda clock: f"{abs(clock.year) % 100:02d}",
    "January": lambda clock: MONTHS[clock.month - 1],
    "Jan": lambda clock: MONTHS[clock.month - 1][:3],
    "1": lambda clock: str(clock.month),
    "01": lambda clock: f"{clock.month:02d}",
    "Monday": lambda clock: WEEKDAYS[clock.weekday],
    "Mon": lambda clock: WEEKDAYS[clock.weekday][:3],
    "2": lambda clock: str(clock.day),
    "_2": lambda clock: f"{clock.day:2d}",
    "02": lambda clock: f"{clock.day:02d}",
    "__2": lambda clock: f"{clock.year_day:3d}",
    "002": lambda clock: f"{clock.year_day:03d}",
    "15": lambda clock: f"{clock.hour:02d}",
    "3": lambda clock: str(clock.hour % 12 or 12),
    "03": lambda clock: f"{clock.hour % 12 or 12:02d}",
    "4": lambda clock: str(clock.minute),
    "04": lambda clock: f"{clock.minute:02d}",
    "5": lambda clock: str(clock.second),
    "05": lambda clock: f"{clock.second:02d}",
    "PM": lambda clock: "PM" if clock.hour >= 12 else "AM",  # noqa: PLR2004 - noon
    "pm": lambda clock: "pm" if clock.hour >= 12 else "am",  # noqa: PLR2004 - noon
    "MST": _zone,
}
