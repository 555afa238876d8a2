"""A wall clock that can be set, for one process: Python imports this at its start when its folder is on PYTHONPATH.

The file named by WALL_CLOCK_OFFSET holds seconds, which are added to whatever asks for the time of day. Monotonic
clocks go on as they are, as they do when somebody sets a machine's clock.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import Self

FILE: Final = Path(os.environ["WALL_CLOCK_OFFSET"])
real_time: Final = time.time


def set_time() -> float:
    return real_time() + float(FILE.read_text())


class SetDatetime(dt.datetime):
    """A datetime whose now is that of the clock that was set."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(set_time(), tz)


time.time = set_time
dt.datetime = SetDatetime  # type: ignore[misc]  # that is the point
