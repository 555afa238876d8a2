"""Sprig's date functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gotime, strconv
from sealer.gotemplate.sprig.gotime import Time, durations
from sealer.gotemplate.sprig.gotime.moments import ZERO

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_HTML_DATE: Final = "2006-01-02"
_DAY: Final = 24 * durations.HOUR
_UNITS: Final = (
    (365 * _DAY, "y"),
    (30 * _DAY, "mo"),
    (_DAY, "d"),
    (durations.HOUR, "h"),
    (durations.MINUTE, "m"),
    (durations.SECOND, "s"),
)


def _now(context: Context) -> Time:
    return Time.of_nanoseconds(context.clock(), gotime.local(context))


FUNCTIONS.add("now", "func() time.Time", context=True)(_now)


def _moment(context: Context, date: Any) -> Time:
    """A moment as it is, or seconds since 1970; now for anything else."""
    if isinstance(date, Time):
        return date
    if isinstance(date, values.Pointer) and isinstance(date.target, Time):
        return date.target
    if type(date) in {int, values.Int64, values.Int32}:
        return Time(int(date), 0, gotime.local(context))
    return _now(context)


def _format(context: Context, layout: str, date: Any, zone: str) -> str:
    location = gotime.load_location(context, zone) or gotime.UTC_LOCATION
    moment = _moment(context, date)
    return Time(moment.seconds, int(moment.wall), location).format(layout)


@FUNCTIONS.add("date", "func(string, any) string", context=True)
def _date(context: Context, layout: str, date: Any) -> str:
    return _format(context, layout, date, "Local")


@FUNCTIONS.add("dateInZone", "date_in_zone", "func(string, any, string) string", context=True)
def _date_in_zone(context: Context, layout: str, date: Any, zone: str) -> str:
    return _format(context, layout, date, zone)


@FUNCTIONS.add("htmlDate", "func(any) string", context=True)
def _html_date(context: Context, date: Any) -> str:
    return _format(context, _HTML_DATE, date, "Local")


@FUNCTIONS.add("htmlDateInZone", "func(any, string) string", context=True)
def _html_date_in_zone(context: Context, date: Any, zone: str) -> str:
    return _format(context, _HTML_DATE, date, zone)


@FUNCTIONS.add("mustDateModify", "must_date_modify", "func(string, time.Time) (time.Time, error)")
def _must_date_modify(change: str, date: Time) -> Time:
    return date.moved(int(gotime.parse_duration(change)))


@FUNCTIONS.add("dateModify", "date_modify", "func(string, time.Time) time.Time")
def _date_modify(change: str, date: Time) -> Time:
    try:
        return _must_date_modify(change, date)
    except FunctionError:
        return date  # Sprig swallows the error


@FUNCTIONS.add("mustToDate", "func(string, string) (time.Time, error)", context=True)
def _must_to_date(context: Context, layout: str, written: str) -> Time:
    return Time(*gotime.parse(layout, written, gotime.local(context)))


@FUNCTIONS.add("toDate", "func(string, string) time.Time", context=True)
def _to_date(context: Context, layout: str, written: str) -> Time:
    try:
        return _must_to_date(context, layout, written)
    except FunctionError:
        return ZERO  # Sprig swallows the error


@FUNCTIONS.add("unixEpoch", "func(time.Time) string")
def _unix_epoch(date: Time) -> str:
    return str(date.seconds)


@FUNCTIONS.add("ago", "func(any) string", context=True)
def _ago(context: Context, date: Any) -> str:
    known = isinstance(date, Time) or type(date) in {int, values.Int64}
    now = _now(context)
    return durations.written(durations.rounded(now.since(_moment(context, date) if known else now), durations.SECOND))


@FUNCTIONS.add("duration", "func(any) string")
def _duration(seconds: Any) -> str:
    """A text or an int64 of seconds; anything else, an int too, is no time at all."""
    count = 0
    if type(seconds) is str:
        count = _clamped(seconds)
    elif type(seconds) is values.Int64:
        count = int(seconds)
    return durations.written(int(durations.duration(count * durations.SECOND)))


def _clamped(written: str) -> int:
    return strconv.atoi(written)  # as ParseInt, it gives the nearest int64 next to the error that Sprig drops


@FUNCTIONS.add("durationRound", "func(any) string", context=True)
def _duration_round(context: Context, duration: Any) -> str:
    """The largest unit of which there is more than one."""
    nanoseconds = abs(_nanoseconds(context, duration))
    for size, unit in _UNITS:
        if nanoseconds > size:
            return f"{nanoseconds // size}{unit}"
    return "0s"


def _nanoseconds(context: Context, duration: Any) -> int:
    if type(duration) is values.Int64:
        return int(duration)
    if isinstance(duration, Time):
        return _now(context).since(duration)
    if type(duration) is not str:
        return 0
    try:
        return int(gotime.parse_duration(duration))
    except FunctionError:
        return 0  # Sprig swallows the error
