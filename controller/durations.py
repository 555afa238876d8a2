"""Durations as Go writes them: ``720h``, ``1h30m``, ``1.5h``, ``500ms``; no days (Go, time.ParseDuration)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from sealer.errors import ConfigError

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` says; ``0`` needs no unit.

    Raises:
        ConfigError: It is not in Go's syntax, is negative, or is longer than Python can hold.

    """
    if text == "0":
        return timedelta()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ConfigError(
            f"{text!r} is not a duration", hint="a number and a unit (h, m, s, ms), such as 720h or 1h30m"
        )
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError as error:
        raise ConfigError(f"the duration {text!r} is too long") from error
