"""The proleptic Gregorian calendar over all years that Go's time can hold, not only those of Python's datetime.

Days count from 1970-01-01. Go keeps seconds in 64 bits that wrap around, and so do `wrap_seconds` and `local_seconds`.
"""

from __future__ import annotations

from typing import Final

DAY: Final = 86_400
SECONDS_1_TO_1970: Final = 62_135_596_800
_YEARS_TO_ABSOLUTE_ZERO: Final = 292_277_022_400
_SECONDS_ABSOLUTE_TO_1970: Final = (
    _YEARS_TO_ABSOLUTE_ZERO * 3_652_425 // 10_000 + 306
) * DAY + SECONDS_1_TO_1970  # absolute zero is the 1st of March of the year -292277022400
_WORD: Final = 1 << 64


def wrap_seconds(seconds: int) -> int:
    """Seconds since 1970 of which Go keeps the seconds since year 1 in 64 bits."""
    internal = (seconds + SECONDS_1_TO_1970 + (_WORD >> 1)) % _WORD - (_WORD >> 1)
    return internal - SECONDS_1_TO_1970


def local_seconds(seconds: int, offset: int) -> int:
    """Seconds since 1970 as a clock shows them that is `offset` seconds ahead of UTC."""
    return (seconds + offset + _SECONDS_ABSOLUTE_TO_1970) % _WORD - _SECONDS_ABSOLUTE_TO_1970


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date; days outside of the month count on."""
    year -= month <= 2  # noqa: PLR2004 - years that begin in March end with the leap day
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1  # noqa: PLR2004 - as above
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of so many days since 1970-01-01."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9  # noqa: PLR2004 - March is the first
    return era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1  # noqa: PLR2004 - as above


def is_leap(year: int) -> bool:
    """Whether a year has a leap day."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month: int, year: int) -> int:
    """Number of days of a month."""
    if month == 2:  # noqa: PLR2004 - February
        return 28 + is_leap(year)
    return 30 + (month + month // 8) % 2


def normal_month(year: int, month: int) -> tuple[int, int]:
    """Year and month where the month may lie outside of 1 to 12."""
    years, month_of_year = divmod(month - 1, 12)
    return year + years, month_of_year + 1
