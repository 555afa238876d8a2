"""Read a moment by a layout (package time: time.ParseInLocation).

Errors say what is wrong and which element of the layout met it, never the text that was read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.sprig.gotime import civil
from sealer.gotemplate.sprig.gotime.layouts import MONTHS, WEEKDAYS, Element, elements
from sealer.gotemplate.sprig.gotime.locations import UTC_LOCATION, fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sealer.gotemplate.sprig.gotime.locations import Location

_FRACTION: Final = re.compile(r"[.,]([0-9]+)", re.ASCII)
_GMT: Final = re.compile(r"GMT(?P<offset>[+-][0-9]+)?", re.ASCII)
_ZONE_OFFSET: Final = re.compile(r"[+-]([0-9]+)", re.ASCII)
_ZONE_NAME: Final = re.compile(r"[A-Z]{1,6}")
_LAST_OFFSET_HOUR: Final = 23
_OFFSETS: Final = {
    "07:00": re.compile(r"(.)(\d\d):(\d\d)", re.ASCII | re.DOTALL),
    "07": re.compile(r"(.)(\d\d)", re.ASCII | re.DOTALL),
    "07:00:00": re.compile(r"(.)(\d\d):(\d\d):(\d\d)", re.ASCII | re.DOTALL),
    "070000": re.compile(r"(.)(\d\d)(\d\d)(\d\d)", re.ASCII | re.DOTALL),
    "0700": re.compile(r"(.)(\d\d)(\d\d)", re.ASCII | re.DOTALL),
}
_PIVOT: Final = 69  # two digits of a year from here on are of the 20th century
_LEAP_DAY: Final = 60  # the 29th of February


def parse(layout: str, value: str, location: Location) -> tuple[int, int, Location]:
    """Read a moment.

    Args:
        layout: How it is written.
        value: The moment in writing.
        location: The zone where the text names none, and whose offsets and names are known.

    Returns:
        Seconds since 1970 UTC, nanoseconds within the second, and the zone.

    Raises:
        FunctionError: The text is not written so, or there is no such moment.

    """
    return _Reader(layout, value).read().moment(location)


def _refuse(element: Element | None, problem: str = "") -> FunctionError:
    if problem or element is None:
        return FunctionError(f"parsing time: {problem}")
    return FunctionError(f'parsing time: cannot parse as "{element.code or element.prefix}"')


class _Reader:
    def __init__(self, layout: str, value: str) -> None:
        self.elements = elements(layout)
        self.left = value
        self.year = self.hour = self.minute = self.second = self.nanosecond = 0
        self.month = self.day = self.year_day = -1
        self.half = ""
        self.zone: Location | None = None
        self.offset: int | None = None
        self.zone_name = ""

    def read(self) -> _Reader:
        for at, element in enumerate(self.elements):
            self.skip(element)
            if not element.code:
                if self.left:
                    raise _refuse(None, "extra text")
                break
            read = _READERS.get(element.code)
            if read is not None:
                read(self, element)
            elif element.is_fraction:
                self.fraction(element)
            else:
                self.read_offset(element)
            if element.code in {"5", "05"} and not self.elements[at + 1].is_fraction:
                self.unasked_fraction()
        return self

    def skip(self, element: Element) -> None:
        """Skip literal text; any number of spaces stands for any number of spaces."""
        prefix = element.prefix
        while prefix:
            if prefix[0] == " ":
                if self.left and self.left[0] != " ":
                    raise _refuse(Element(element.prefix, ""))
                prefix, self.left = prefix.lstrip(" "), self.left.lstrip(" ")
                continue
            if self.left[:1] != prefix[0]:
                raise _refuse(Element(element.prefix, ""))
            prefix, self.left = prefix[1:], self.left[1:]

    def take(self, count: int, element: Element) -> str:
        if len(self.left) < count:
            raise _refuse(element)
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self, element: Element, most: int = 2) -> int:
        """Digits, as many as the element has where it has zeros."""
        found = re.match(rf"[0-9]{{1,{most}}}", self.left)
        if found is None or (element.code[0] == "0" and found.end() < most):
            raise _refuse(element)
        self.left = self.left[found.end() :]
        return int(found[0])

    def within(self, value: int, first: int, last: int, element: Element, name: str) -> int:
        if not first <= value <= last:
            raise _refuse(element, f"{name} out of range")
        return value

    def name(self, names: Sequence[str], element: Element) -> int:
        for at, name in enumerate(names):
            if self.left[: len(name)].lower() == name.lower() and self.left[: len(name)].isascii():
                self.left = self.left[len(name) :]
                return at
        raise _refuse(element)

    def read_year(self, element: Element) -> None:
        if not self.left[:1].isdigit():
            raise _refuse(element)
        self.year = self.plain(self.take(4, element), element)

    def read_short_year(self, element: Element) -> None:
        year = self.plain(self.take(2, element), element)
        self.year = year + (1900 if year >= _PIVOT else 2000)

    def plain(self, digits: str, element: Element) -> int:
        if not re.fullmatch(r"[+-]?[0-9]+", digits):
            raise _refuse(element)
        return int(digits)

    def read_day(self, element: Element) -> None:
        if element.code == "_2" and self.left[:1] == " ":
            self.left = self.left[1:]
        self.day = self.number(element)

    def read_year_day(self, element: Element) -> None:
        if element.code == "__2":
            self.left = self.left[len(self.left[:2]) - len(self.left[:2].lstrip(" ")) :]
        self.year_day = self.number(element, 3)

    def read_half(self, element: Element) -> None:
        taken = self.take(2, element)
        if taken not in ({"AM", "PM"} if element.code == "PM" else {"am", "pm"}):
            raise _refuse(element)
        self.half = taken.upper()

    def fraction(self, element: Element) -> None:
        found = _FRACTION.match(self.left)
        if element.code[1] == "9":
            if found is not None:
                self.nanosecond = _nanoseconds(found[1])
                self.left = self.left[found.end() :]
            return
        digits = self.take(len(element.code), element)
        if not _FRACTION.fullmatch(digits):
            raise _refuse(element)
        self.nanosecond = _nanoseconds(digits[1:])

    def unasked_fraction(self) -> None:
        found = _FRACTION.match(self.left)
        if found is not None:
            self.nanosecond = _nanoseconds(found[1])
            self.left = self.left[found.end() :]

    def read_offset(self, element: Element) -> None:
        if element.code[0] == "Z" and self.left[:1] == "Z":
            self.left = self.left[1:]
            self.zone = UTC_LOCATION
            return
        found = _OFFSETS[element.code[1:]].match(self.left)
        if found is None or found[1] not in {"+", "-"}:
            raise _refuse(element)
        hours, minutes, seconds = (int(part) for part in (*found.groups()[1:], "0", "0")[:3])
        self.within(hours, 0, 24, element, "time zone offset hour")
        self.within(minutes, 0, 60, element, "time zone offset minute")
        self.within(seconds, 0, 60, element, "time zone offset second")
        offset = (hours * 60 + minutes) * 60 + seconds
        self.offset = -offset if found[1] == "-" else offset
        self.left = self.left[found.end() :]

    def read_zone(self, element: Element) -> None:
        if self.left.startswith("UTC"):
            self.left = self.left[3:]
            self.zone = UTC_LOCATION
            return
        size = _zone_size(self.left)
        if not size:
            raise _refuse(element)
        self.zone_name, self.left = self.left[:size], self.left[size:]

    def moment(self, location: Location) -> tuple[int, int, Location]:
        if self.half == "PM" and self.hour < 12:  # noqa: PLR2004 - noon
            self.hour += 12
        elif self.half == "AM" and self.hour == 12:  # noqa: PLR2004 - midnight
            self.hour = 0
        self.settle_date()
        shown = civil.days_of(self.year, self.month, self.day) * civil.DAY
        shown += self.hour * 3600 + self.minute * 60 + self.second
        seconds, zone = self.in_zone(shown, location)
        return seconds, self.nanosecond, zone

    def settle_date(self) -> None:
        if self.year_day >= 0:
            self.settle_year_day()
        self.month = 1 if self.month < 0 else self.month
        self.day = 1 if self.day < 0 else self.day
        if not 1 <= self.day <= civil.days_in(self.month, self.year):
            raise _refuse(None, "day out of range")

    def settle_year_day(self) -> None:
        if not 1 <= self.year_day <= 365 + civil.is_leap(self.year):
            raise _refuse(None, "day-of-year out of range")
        _, month, day = civil.date_of(civil.days_of(self.year, 1, self.year_day))
        if self.month not in {-1, month}:
            raise _refuse(None, "day-of-year does not match month")
        if self.day not in {-1, day}:
            raise _refuse(None, "day-of-year does not match day")
        self.month, self.day = month, day

    def in_zone(self, shown: int, location: Location) -> tuple[int, Location]:
        if self.zone is not None:
            return seconds_in(shown, self.zone), self.zone
        if self.offset is not None and self.offset != -1:
            seconds = shown - self.offset
            name, offset = location.at(seconds)
            known = offset == self.offset and self.zone_name in {"", name}
            return seconds, location if known else fixed(self.zone_name, self.offset)
        if not self.zone_name:
            return seconds_in(shown, location), location
        known_offset = location.offset_of(self.zone_name, shown)
        if known_offset is not None:
            return shown - known_offset, location
        gmt = _GMT.fullmatch(self.zone_name)
        hours = int(gmt["offset"]) if gmt is not None and gmt["offset"] else 0
        # The clock's time is taken as UTC although the zone is known to be elsewhere: Go fabricates it so.
        return shown, fixed(self.zone_name, hours * 3600)


def seconds_in(shown: int, location: Location) -> int:
    """Seconds since 1970 UTC at which a zone's clock shows a time (time.Date).

    Args:
        shown: The time as seconds since 1970, read as if in UTC.
        location: The zone.

    """
    _, offset = location.at(shown)
    if not offset:
        return shown
    # Two guesses, as Go makes them: near a change of the offset the first may be on its wrong side.
    _, second = location.at(shown - offset)
    if second == offset:
        return shown - offset
    _, third = location.at(shown - second)
    return shown - second if third == second else shown - offset


def _nanoseconds(digits: str) -> int:
    return int(digits[:9].ljust(9, "0"))


def _zone_size(value: str) -> int:
    """Length of the abbreviation of a zone that a text begins with; 0 where it begins with none."""
    if value[:4] in {"ChST", "MeST"}:
        return 4
    if value[:3] == "GMT":
        offset = _offset_size(value[3:])
        return 3 + offset
    if value[:1] in {"+", "-"}:
        return _offset_size(value) if len(value) >= 3 else 0  # noqa: PLR2004 - no shorter zone
    found = _ZONE_NAME.match(value)
    size = found.end() if found else 0
    if size == 3 or (size == 5 and value[4] == "T"):  # noqa: PLR2004 - lengths of abbreviations
        return size
    return 4 if size == 4 and (value[3] == "T" or value[:4] == "WITA") else 0  # noqa: PLR2004 - as above


def _offset_size(value: str) -> int:
    found = _ZONE_OFFSET.match(value)
    return found.end() if found is not None and int(found[1][:20]) <= _LAST_OFFSET_HOUR else 0


def _store(attribute: str, least: int, most: int, name: str) -> Callable[[_Reader, Element], None]:
    def read(reader: _Reader, element: Element) -> None:
        setattr(reader, attribute, reader.within(reader.number(element), least, most, element, name))

    return read


def _month_name(size: int | None) -> Callable[[_Reader, Element], None]:
    names = [month[:size] for month in MONTHS]

    def read(reader: _Reader, element: Element) -> None:
        reader.month = reader.name(names, element) + 1

    return read


def _weekday_name(size: int | None) -> Callable[[_Reader, Element], None]:
    names = [weekday[:size] for weekday in WEEKDAYS]

    def read(reader: _Reader, element: Element) -> None:
        reader.name(names, element)  # only checked

    return read


def _hour(reader: _Reader, element: Element) -> None:
    # One digit will do for 15, unlike for the other two-digit elements.
    found = re.match(r"[0-9]{1,2}", reader.left)
    if found is None:
        raise _refuse(element)
    reader.left = reader.left[found.end() :]
    reader.hour = reader.within(int(found[0]), 0, 23, element, "hour")


_READERS: Final[dict[str, Callable[[_Reader, Element], None]]] = {
    "2006": _Reader.read_year,
    "06": _Reader.read_short_year,
    "January": _month_name(None),
    "Jan": _month_name(3),
    "1": _store("month", 1, 12, "month"),
    "01": _store("month", 1, 12, "month"),
    "Monday": _weekday_name(None),
    "Mon": _weekday_name(3),
    "2": _Reader.read_day,
    "_2": _Reader.read_day,
    "02": _Reader.read_day,
    "__2": _Reader.read_year_day,
    "002": _Reader.read_year_day,
    "15": _hour,
    "3": _store("hour", 0, 12, "hour"),
    "03": _store("hour", 0, 12, "hour"),
    "4": _store("minute", 0, 59, "minute"),
    "04": _store("minute", 0, 59, "minute"),
    "5": _store("second", 0, 59, "second"),
    "05": _store("second", 0, 59, "second"),
    "PM": _Reader.read_half,
    "pm": _Reader.read_half,
    "MST": _Reader.read_zone,
}
