"""Go's time.Time, time.Month and time.Weekday as values of a template, with the methods that a template can call.

Methods with more than one result (`Date`, `Zone`, …) cannot be called from a template in Go either.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gojson
from sealer.gotemplate.sprig.gotime import civil
from sealer.gotemplate.sprig.gotime.durations import SECOND, Duration, rounded
from sealer.gotemplate.sprig.gotime.layouts import MONTHS, RFC3339_NANO, STRING, WEEKDAYS
from sealer.gotemplate.sprig.gotime.locations import UTC_LOCATION, Location
from sealer.gotemplate.sprig.gotime.reading import seconds_in
from sealer.gotemplate.sprig.gotime.writing import Clock, clock_at, format_time
from sealer.gotemplate.sprig.strconv import MAX_INT64, MIN_INT64

_LAST_JSON_YEAR: Final = 9999


class Month(values.GoValue, int):
    """Go's time.Month, 1 to 12."""

    go_type: ClassVar[types.GoType] = types.named("time.Month", "int")


class Weekday(values.GoValue, int):
    """Go's time.Weekday; 0 is Sunday."""

    go_type: ClassVar[types.GoType] = types.named("time.Weekday", "int")


class Time(values.Struct):
    """A moment with the zone in which it is shown; without Go's monotonic reading.

    Args:
        seconds: Since 1970 UTC.
        nanosecond: Within the second.
        location: The zone.

    """

    __slots__ = ("ext", "loc", "location", "seconds", "wall")
    go_type = types.named("time.Time", "struct")
    # As Go keeps a time; the names are not exported, so a template cannot read them, but `eq` and `deepEqual` do.
    fields = (
        ("wall", types.BASIC_TYPES["uint64"]),
        ("ext", types.INT64),
        ("loc", types.pointer_to(Location.go_type)),
    )

    def __init__(self, seconds: int, nanosecond: int, location: Location) -> None:
        self.seconds = civil.wrap_seconds(seconds)
        self.location = location
        self.wall = values.Uint64(nanosecond)
        self.ext = values.Int64(self.seconds + civil.SECONDS_1_TO_1970)
        self.loc = location.pointer

    @classmethod
    def of_nanoseconds(cls, nanoseconds: int, location: Location) -> Time:
        """The moment so many nanoseconds after 1970-01-01 UTC."""
        seconds, nanosecond = divmod(nanoseconds, SECOND)
        return cls(seconds, nanosecond, location)

    @property
    def nanoseconds(self) -> int:
        """Since 1970 UTC."""
        return self.seconds * SECOND + int(self.wall)

    def clock(self) -> Clock:
        """What a clock in the moment's zone shows."""
        return clock_at(self.seconds, int(self.wall), self.location)

    def format(self, layout: str) -> str:
        """Write the moment by a layout."""
        return format_time(self.clock(), layout)

    def moved(self, nanoseconds: int) -> Time:
        """The moment so much later."""
        return Time.of_nanoseconds(self.nanoseconds + nanoseconds, self.location)

    def since(self, other: Time) -> int:
        """Nanoseconds from the other moment to this one, the most or least int64 where they do not fit."""
        return max(MIN_INT64, min(MAX_INT64, self.nanoseconds - other.nanoseconds))


ZERO: Final = Time(-civil.SECONDS_1_TO_1970, 0, UTC_LOCATION)
METHODS: Final = Registry()


@METHODS.add("String", "func() string")
def _string(time: Time) -> str:
    return time.format(STRING)


@METHODS.add("Format", "func(string) string")
def _format(time: Time, layout: str) -> str:
    return time.format(layout)


@METHODS.add("Unix", "func() int64")
def _unix(time: Time) -> int:
    return time.seconds


@METHODS.add("UnixMilli", "func() int64")
def _unix_milli(time: Time) -> int:
    return time.nanoseconds // 1_000_000


@METHODS.add("UnixMicro", "func() int64")
def _unix_micro(time: Time) -> int:
    return time.nanoseconds // 1_000


@METHODS.add("UnixNano", "func() int64")
def _unix_nano(time: Time) -> int:
    return time.nanoseconds


@METHODS.add("Year", "func() int")
def _year(time: Time) -> int:
    return time.clock().year


@METHODS.add("Month", "func() time.Month")
def _month(time: Time) -> Month:
    return Month(time.clock().month)


@METHODS.add("Day", "func() int")
def _day(time: Time) -> int:
    return time.clock().day


@METHODS.add("YearDay", "func() int")
def _year_day(time: Time) -> int:
    return time.clock().year_day


@METHODS.add("Weekday", "func() time.Weekday")
def _weekday(time: Time) -> Weekday:
    return Weekday(time.clock().weekday)


@METHODS.add("Hour", "func() int")
def _hour(time: Time) -> int:
    return time.clock().hour


@METHODS.add("Minute", "func() int")
def _minute(time: Time) -> int:
    return time.clock().minute


@METHODS.add("Second", "func() int")
def _second(time: Time) -> int:
    return time.clock().second


@METHODS.add("Nanosecond", "func() int")
def _nanosecond(time: Time) -> int:
    return int(time.wall)


@METHODS.add("IsZero", "func() bool")
def _is_zero(time: Time) -> bool:
    return time.nanoseconds == ZERO.nanoseconds


@METHODS.add("UTC", "func() time.Time")
def _utc(time: Time) -> Time:
    return Time(time.seconds, int(time.wall), UTC_LOCATION)


@METHODS.add("Add", "func(time.Duration) time.Time")
def _add(time: Time, duration: int) -> Time:
    return time.moved(int(duration))


@METHODS.add("AddDate", "func(int, int, int) time.Time")
def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    clock = time.clock()
    year, month = civil.normal_month(clock.year + years, clock.month + months)
    shown = civil.days_of(year, month, clock.day + days) * civil.DAY
    shown += clock.hour * 3600 + clock.minute * 60 + clock.second
    return Time(seconds_in(shown, time.location), int(time.wall), time.location)


@METHODS.add("Sub", "func(time.Time) time.Duration")
def _sub(time: Time, other: Time) -> Duration:
    return Duration(time.since(other))


@METHODS.add("After", "func(time.Time) bool")
def _after(time: Time, other: Time) -> bool:
    return time.nanoseconds > other.nanoseconds


@METHODS.add("Before", "func(time.Time) bool")
def _before(time: Time, other: Time) -> bool:
    return time.nanoseconds < other.nanoseconds


@METHODS.add("Equal", "func(time.Time) bool")
def _equal(time: Time, other: Time) -> bool:
    return time.nanoseconds == other.nanoseconds


@METHODS.add("Compare", "func(time.Time) int")
def _compare(time: Time, other: Time) -> int:
    return (time.nanoseconds > other.nanoseconds) - (time.nanoseconds < other.nanoseconds)


@METHODS.add("Truncate", "func(time.Duration) time.Time")
def _truncate(time: Time, duration: int) -> Time:
    return time if duration <= 0 else time.moved(-((time.nanoseconds - ZERO.nanoseconds) % duration))


@METHODS.add("Round", "func(time.Duration) time.Time")
def _round(time: Time, duration: int) -> Time:
    if duration <= 0:
        return time
    rest = (time.nanoseconds - ZERO.nanoseconds) % duration
    return time.moved(rounded(rest, int(duration)) - rest)


def _json(time: Any) -> str:
    if not 0 <= time.clock().year <= _LAST_JSON_YEAR:
        raise FunctionError("Time.MarshalJSON: year outside of range [0,9999]")
    return str(time.format(RFC3339_NANO))


Time.go_type.define(methods=METHODS, text=_string)
Month.go_type.define(text=lambda month: MONTHS[int(month) - 1])
Weekday.go_type.define(text=lambda weekday: WEEKDAYS[int(weekday)])
Location.go_type.define(text=lambda location: str(location.name))
gojson.MARSHALERS[Time.go_type] = _json
