"""Fields of a JSON object by their kind, with errors that name them (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from injector.agent.errors import ConfigurationError
from injector.vault.verbatim import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_TYPE_NAMES: Final[Mapping[type, str]] = {str: "a string", bool: "true or false", int: "a number", dict: "a mapping"}


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
