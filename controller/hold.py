"""Holding an object, or a namespace, until a given time: nothing is written meanwhile.

Pure: annotations and the time in, a `Hold` out. It is for emergencies, so doubt holds: a time that cannot be read holds
until somebody corrects or removes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from controller.verdict import Reason, Verdict

HOLD_ANNOTATION: Final = "sealer.dev/hold-until"
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6; `datetime` alone would take dates without a time, or a zone.
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LONGEST_QUOTE: Final = 60
# A wall clock may be stepped while we wait for a time on it.
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class Hold:
    """A hold in force.

    Attributes:
        by: What carries the annotation.
        text: The annotation as it was written.
        until: When it ends, aware; None when that cannot be read.

    """

    by: Literal["SealedSecret", "Namespace"]
    text: str
    until: datetime | None

    @property
    def verdict(self) -> Verdict:
        """What to tell."""
        where = f"{HOLD_ANNOTATION} on the {self.by}"
        if self.until is None:
            quoted = self.text if len(self.text) <= _LONGEST_QUOTE else f"{self.text[:_LONGEST_QUOTE]}…"
            return Verdict(
                Reason.HELD,
                f"nothing is written until {where} is corrected or removed: {quoted!r} is not a time such as "
                "2026-01-31T18:00:00Z",
            )
        return Verdict(Reason.HELD, f"nothing is written until {self.until.isoformat()}, as asked for by {where}")

    def look_again_in(self, now: datetime) -> float:
        """Return the seconds after which to look again: when it ends, or in a minute."""
        if self.until is None:
            return _LONGEST_WAIT
        return min(_LONGEST_WAIT, max(0.0, (self.until - now).total_seconds()))


def in_force(own: str | None, namespaces: str | None, now: datetime) -> Hold | None:
    """Return the hold on an object, or None; of two the one that ends later.

    Args:
        own: The object's annotation, if it has one.
        namespaces: Its namespace's, if that has one.
        now: The time, aware.

    """
    holds = (_hold("SealedSecret", own, now), _hold("Namespace", namespaces, now))
    return max((hold for hold in holds if hold is not None), key=_end, default=None)


def _hold(by: Literal["SealedSecret", "Namespace"], text: str | None, now: datetime) -> Hold | None:
    if text is None:
        return None
    until = _time(text)
    return None if until is not None and until <= now else Hold(by, text, until)


def _end(hold: Hold) -> tuple[bool, float]:
    return hold.until is None, hold.until.timestamp() if hold.until else 0.0


def _time(text: str) -> datetime | None:
    text = text.strip()
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None
