from __future__ import annotations

from datetime import timedelta

import pytest

from controller.durations import parse_duration
from sealer.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("720h", timedelta(hours=720)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        (".5s", timedelta(milliseconds=500)),
        ("2m0.5s", timedelta(seconds=120.5)),
        ("10us", timedelta(microseconds=10)),
        ("0", timedelta()),
        ("0h", timedelta()),
    ],
)
def test_durations_are_read_as_go_writes_them(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "30d", "12", "h", "1 h", "-1h", "1h,", "1hh", "\u0661h", "9" * 400 + "h", "1e3s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_duration(text)
