"""Fields of a JSON object by their kind, with errors that name them (pure)."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from injector.agent.errors import ConfigurationError
from injector.vault.verbatim import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_TYPE_NAMES: Final[Mapping[type, str]] = {
    str: "a string", bool: "true or false", int: "a number", dict: "a mapping", list: "a list",
}  # fmt: skip
_PERMS: Final = re.compile(r"0?[0-7]{1,4}")
_DURATION: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+")
_DURATION_PART: Final = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def known_object(value: object, at: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    """Return an object all of whose fields are known.

    Raises:
        ConfigurationError: It is no object, or has another field.

    """
    if not isinstance(value, dict):
        raise ConfigurationError(f"{at or 'the configuration'}: must be a mapping")
    unknown = next((key for key in value if key not in known), None)
    if unknown is not None:
        where = f"{at}.{unknown}" if at else unknown
        raise ConfigurationError(f"{where}: this agent does not know it", hint=f"known: {', '.join(known)}")
    return value


def optional(part: Mapping[str, Any], at: str, wanted: type[_T]) -> _T | None:
    """Return the field that the last part of `at` names; None where it is not there.

    Raises:
        ConfigurationError: It is of another kind.

    """
    value = part.get(at.rpartition(".")[2])
    # A bool is an int to Python, but not to JSON.
    if value is None or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))):
        return value
    raise ConfigurationError(f"{at}: must be {_TYPE_NAMES[wanted]}")


def required(part: Mapping[str, Any], at: str, wanted: type[_T]) -> _T:
    """Return the field that the last part of `at` names.

    Raises:
        ConfigurationError: It is not there, empty, or of another kind.

    """
    value = optional(part, at, wanted)
    if value is None or value == "":
        raise ConfigurationError(f"{at}: missing")
    return value


def optional_text(part: Mapping[str, Any], at: str) -> str | None:
    """Return the field that the last part of `at` names as text that has a form in UTF-8; None where it is not there.

    Raises:
        ConfigurationError: It is no string.

    """
    text = optional(part, at, str)
    return None if text is None else without_surrogates(text)


def chosen(part: Mapping[str, Any], at: str, among: tuple[str, ...]) -> str:
    """Return the field that the last part of `at` names, one of a few words.

    Raises:
        ConfigurationError: It is another word, or not there.

    """
    word = required(part, at, str)
    if word not in among:
        raise ConfigurationError(f'{at}: "{word}" is not one of: {", ".join(among)}')
    return word


def items(part: Mapping[str, Any], at: str) -> list[Any]:
    """Return the list that the last part of `at` names; an empty one where it is not there.

    Raises:
        ConfigurationError: It is no list.

    """
    found: list[Any] | None = optional(part, at, list)
    return found or []


def seconds(part: Mapping[str, Any], at: str) -> float | None:
    """Return the time that the last part of `at` names: a Go duration, or digits for seconds; None for none or "".

    Raises:
        ConfigurationError: It is no time.

    """
    value = part.get(at.rpartition(".")[2])
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    text = value if isinstance(value, str) else ""
    if text.isascii() and text.isdecimal():
        return float(text)
    if not _DURATION.fullmatch(text):
        raise ConfigurationError(f'{at}: "{value}" is not a time', hint="such as 30s or 5m")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def number(part: Mapping[str, Any], at: str, low: float, high: float) -> float | None:
    """Return the number that the last part of `at` names, from `low` to `high`; None where it is not there.

    Raises:
        ConfigurationError: It is none, or outside.

    """
    value = part.get(at.rpartition(".")[2])
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigurationError(f"{at}: must be a number from {low:g} to {high:g}")
    return value


def mode(part: Mapping[str, Any], at: str) -> int | None:
    """Return the mode of files that the last part of `at` names; None for none or "".

    Raises:
        ConfigurationError: It is no octal mode.

    """
    text = optional(part, at, str)
    if not text:
        return None
    if not _PERMS.fullmatch(text):
        raise ConfigurationError(f'{at}: "{text}" is not an octal mode', hint="such as 0640")
    return int(text, 8)


def file_path(text: str) -> str | None:
    """Return an absolute path of a file, cleaned; None where it is none or climbs."""
    if not text.startswith("/") or text.endswith(("/", "/.")) or ".." in text.split("/") or "\0" in text:
        return None
    return "/" + posixpath.normpath(text).lstrip("/")


def path(part: Mapping[str, Any], at: str) -> str:
    """Return the file that the last part of `at` names.

    Raises:
        ConfigurationError: It is not the absolute path of a file.

    """
    text = required(part, at, str)
    found = file_path(text)
    if found is None:
        raise ConfigurationError(f'{at}: "{text}" is not the absolute path of a file, without ".."')
    return found


def optional_path(part: Mapping[str, Any], at: str) -> str | None:
    """Return the file that the last part of `at` names; None where it is not there.

    Raises:
        ConfigurationError: It is not the absolute path of a file.

    """
    return path(part, at) if optional(part, at, str) is not None else None
