"""Go's layouts: the reference time `Mon Jan 2 15:04:05 MST 2006`, taken apart (package time, "Layout")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"
STRING: Final = "2006-01-02 15:04:05.999999999 -0700 MST"  # of Time.String

_ELEMENT: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|_(?=2006)|_2|__2|2|3|4|5|PM|pm"
    r"|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Element:
    """One piece of a layout.

    Attributes:
        prefix: Literal text before it.
        code: What it stands for, as the layout writes it; empty at the end of the layout.

    """

    prefix: str
    code: str

    @property
    def is_fraction(self) -> bool:
        """Whether it is a fraction of a second."""
        return self.code[:1] in {".", ","}


@lru_cache(maxsize=64)
def elements(layout: str) -> tuple[Element, ...]:
    """Take a layout apart; the last element has no code and holds the text behind all others."""
    found: list[Element] = []
    prefix_from = 0
    for match in _ELEMENT.finditer(layout):
        if match[0] == "_":
            continue  # before 2006 it is literal text
        found.append(Element(layout[prefix_from : match.start()], match[0]))
        prefix_from = match.end()
    return (*found, Element(layout[prefix_from:], ""))
