"""Go's package time: moments, durations, layouts and locations."""

from __future__ import annotations

from sealer.gotemplate.sprig.gotime.durations import Duration, parse_duration
from sealer.gotemplate.sprig.gotime.locations import UTC_LOCATION, Location, load_location, local
from sealer.gotemplate.sprig.gotime.moments import Month, Time, Weekday
from sealer.gotemplate.sprig.gotime.reading import parse
from sealer.gotemplate.sprig.gotime.writing import format_time

__all__ = [
    "UTC_LOCATION",
    "Duration",
    "Location",
    "Month",
    "Time",
    "Weekday",
    "format_time",
    "load_location",
    "local",
    "parse",
    "parse_duration",
]
