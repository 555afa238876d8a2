"""Values of flags: texts in, values out. Every function raises `ConfigError` for what it cannot read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from sealer.errors import ConfigError

_INTEGER: Final = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)", re.ASCII)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC1123Z: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4})"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) (?P<sign>[+-])(?P<zone_hours>\d\d)(?P<zone_minutes>\d\d)",
    re.ASCII,
)
# slog's levels and ours: four of its steps are ten of ours (https://pkg.go.dev/log/slog#Level).
_LEVELS: Final = {"DEBUG": -4, "INFO": 0, "WARN": 4, "WARNING": 4, "ERROR": 8}
_LEVEL: Final = re.compile(r"(?P<name>DEBUG|INFO|WARN|WARNING|ERROR)(?P<offset>[+-]\d{1,4})?", re.ASCII)
_LARGEST_PORT: Final = 65535
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
_KEY: Final = rf"(?:{_DOMAIN}/)?{_NAME}"
_VALUE: Final = rf"(?:{_NAME})?"
_VALUES: Final = rf"\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*\)"
_REQUIREMENT: Final = (
    rf"\s*(?:!\s*{_KEY}|{_KEY}(?:\s*(?:==?|!=)\s*{_VALUE}|\s+(?:in|notin)\s*{_VALUES}|\s*[<>]\s*-?\d+)?)\s*"
)
_SELECTOR: Final = re.compile(rf"{_REQUIREMENT}(?:,{_REQUIREMENT})*", re.ASCII)


def parse_integer(text: str) -> int:
    """Return a whole number as Go writes them: decimal, ``0x``, ``0o``, ``0b``, or octal after a bare zero."""
    if not _INTEGER.fullmatch(text):
        raise ConfigError(f"{text!r} is not a whole number")
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    octal = len(digits) > 1 and digits.isdecimal() and digits[0] == "0"
    return int(sign + (f"0o{digits}" if octal else digits), 0)


def parse_number(text: str) -> float:
    """Return a number."""
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a number") from None


def parse_level(text: str) -> int:
    """Return the number that `logging` has for a level of slog's: ``INFO``, ``debug``, ``WARN+2``."""
    found = _LEVEL.fullmatch(text.upper())
    if not found:
        raise ConfigError(f"{text!r} is no level", hint="DEBUG, INFO, WARN or ERROR")
    return round(20 + 2.5 * (_LEVELS[found["name"]] + int(found["offset"] or 0)))


def parse_format(text: str) -> str:
    """Return ``text`` or ``json``."""
    if text not in {"text", "json"}:
        raise ConfigError(f"{text!r} is no format", hint="text or json")
    return text


def parse_time(text: str) -> datetime | None:
    """Return a time of RFC 1123 with a numeric zone, aware; None for no text."""
    if not text:
        return None
    wrong = ConfigError(f"{text!r} is not a time", hint="such as 'Mon, 02 Jan 2006 15:04:05 -0700'")
    found = _RFC1123Z.fullmatch(text)
    if not found:
        raise wrong
    try:
        month = _MONTHS.index(found["month"]) + 1
        offset = timedelta(hours=int(found["zone_hours"]), minutes=int(found["zone_minutes"]))
        day, hour, minute, second = (int(found[name]) for name in ("day", "hour", "minute", "second"))
        zone = timezone(-offset if found["sign"] == "-" else offset)
        return datetime(int(found["year"]), month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of an address as Go writes it: ``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > _LARGEST_PORT:
        raise ConfigError(f"{text!r} is not an address to listen on", hint="such as :8080 or 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]"), int(port)


def parse_list(text: str) -> tuple[str, ...]:
    """Return the parts of a comma list, without the spaces around them and without empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_labels(text: str) -> dict[str, str]:
    """Return object labels written ``key=value,key=value``."""
    labels = parse_annotations(text)
    for key, value in labels.items():
        if not re.fullmatch(_VALUE, value):
            raise ConfigError(f"{value!r} cannot be the value of the object label {key}")
    return labels


def parse_annotations(text: str) -> dict[str, str]:
    """Return annotations written ``key=value,key=value``; of a key given twice, the last counts."""
    pairs: dict[str, str] = {}
    for part in parse_list(text):
        key, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(f"{part!r} has no '='", hint="key=value, with commas between several")
        if not re.fullmatch(_KEY, key.strip()):
            raise ConfigError(f"{key.strip()!r} cannot be the key of an object label or annotation")
        pairs[key.strip()] = value.strip()
    return pairs


def parse_selector(text: str) -> str:
    """Return a label selector, checked: a wrong one would match nothing, at every start anew."""
    if text.strip() and not _SELECTOR.fullmatch(text):
        raise ConfigError(f"{text!r} is not a label selector", hint="such as team=shop,tier in (web, db)")
    return text.strip()
