"""Time zones: UTC, the local one of the rendering, fixed offsets, and those of the IANA database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.sprig.gotime.civil import DAY, date_of, days_of, local_seconds

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 2, 9998  # what datetime holds in every zone
_CYCLE: Final = 400  # years after which the calendar repeats, days of the week included
_LAST_RULE_YEAR: Final = 2400


class Location(values.Struct):
    """A time zone.

    Args:
        name: As it was asked for, such as `Europe/Berlin`.
        zone: Offsets and abbreviations.
        abbreviation: Of a fixed zone, whose abbreviation Go keeps as it was written; else None.

    """

    __slots__ = ("abbreviation", "name", "pointer", "zone")
    go_type = types.named("time.Location", "struct")
    fields = (("name", types.STRING),)

    def __init__(self, name: str, zone: tzinfo, abbreviation: str | None = None) -> None:
        self.name = name
        self.zone = zone
        self.abbreviation = abbreviation
        self.pointer: Any = values.Pointer(self)

    def at(self, seconds: int) -> tuple[str, int]:
        """Abbreviation and offset to UTC in seconds at a moment.

        Args:
            seconds: Since 1970 UTC.

        """
        moment = _EPOCH + timedelta(seconds=_within_datetime(seconds))
        shown = moment.astimezone(self.zone)
        offset = shown.utcoffset() or timedelta()
        name = self.abbreviation if self.abbreviation is not None else shown.tzname() or ""
        return name, round(offset.total_seconds())

    def offset_of(self, abbreviation: str, seconds: int) -> int | None:
        """Offset that goes with an abbreviation around a moment; None where the zone does not know it."""
        for days in (0, 91, 182, 273):
            name, offset = self.at(seconds + days * DAY)
            if name == abbreviation:
                return offset
        return None


def _within_datetime(seconds: int) -> int:
    """The same moment, or one of the same day and time in a year that datetime holds."""
    days, rest = divmod(local_seconds(seconds, 0), DAY)
    year, month, day = date_of(days)
    if _FIRST_YEAR <= year <= _LAST_YEAR:
        return seconds
    stand_in = _FIRST_YEAR + (year - _FIRST_YEAR) % _CYCLE + (0 if year < _FIRST_YEAR else _LAST_RULE_YEAR)
    return days_of(stand_in, month, day) * DAY + rest


UTC_LOCATION: Final = Location("UTC", UTC)
UTC_LOCATION.pointer = values.nil_of(types.pointer_to(Location.go_type))  # Go keeps UTC as a nil pointer


def fixed(name: str, offset: int) -> Location:
    """A zone that is always so many seconds ahead of UTC, as `time.FixedZone` makes it."""
    return Location(name, timezone(timedelta(seconds=offset)), name)


def local(context: Context) -> Location:
    """Go's `time.Local`: the zone of the rendering."""
    return context.store("time.Local", lambda: Location("Local", context.timezone))


def load_location(context: Context, name: str) -> Location | None:
    """`time.LoadLocation`.

    Args:
        context: The rendering, which knows the local zone.
        name: `UTC`, `Local`, or a name of the IANA database; empty for UTC.

    Returns:
        The zone, or None where there is none of this name.

    """
    if name in {"", "UTC"}:
        return UTC_LOCATION
    if name == "Local":
        return local(context)
    if ".." in name or name[0] in "/\\":
        return None
    return context.store(f"time.Location {name}", lambda: _load(name))


def _load(name: str) -> Location | None:
    import zoneinfo  # noqa: PLC0415 - only templates that name a zone need it

    try:
        return Location(name, zoneinfo.ZoneInfo(name))
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return None  # no such file, a folder, or not a name for a file
