"""How the values of annotations are read: the parse rules of the existing injector, as functions.

Each reader takes the whole annotation key (for the error) and its text. The rules accept and refuse exactly what the
existing injector does (reference, vault-agent-injector 1.0), as a manifest that works there must work here.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, Literal, cast

from injector.errors import AnnotationError, JsonPatchError
from injector.webhook import json_patch as patches

if TYPE_CHECKING:
    from collections.abc import Callable

DefaultTemplate = Literal["map", "json"]

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_UNSIGNED: Final = re.compile(r"[0-9]+")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DURATION: Final = re.compile(r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
_QUANTITY: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?")
_OCTAL: Final = re.compile(r"0?[0-7]{3,4}")
_UNSIGNED_DURATION: Final = re.compile(rf"[0-9]+|{_DURATION.pattern.removeprefix('[+-]?')}")
_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64
_PORTS: Final = 1 << 16


def boolean(key: str, text: str) -> bool:
    """Read a boolean: Go's spellings, and the empty text as false.

    Raises:
        AnnotationError: Any other text, such as ``yes`` or one with a space around it.

    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise AnnotationError(
        key, text, "true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False; empty means false)"
    )


def lenient_boolean(_key: str, text: str) -> bool:
    """Read a boolean of which the existing injector takes every misspelling as false (reference 1.0)."""
    return text in _TRUE


def identity(key: str, text: str) -> int:
    """Read a user or group id: a base 10 integer of 64 bits, and the empty text as 0.

    Raises:
        AnnotationError: Not such an integer.

    """
    return integer(key, text) if text else 0


def integer(key: str, text: str) -> int:
    """Read a base 10 integer of 64 bits with an optional sign.

    Raises:
        AnnotationError: Not such an integer.

    """
    # The pattern is not left to int(), which also takes spaces, underscores and other scripts' digits.
    if _INTEGER.fullmatch(text) and _is_short(text) and -_INT64 <= int(text) < _INT64:
        return int(text)
    raise AnnotationError(key, text, "a whole number")


def unsigned(key: str, text: str) -> int:
    """Read a base 10 integer of 64 bits without a sign; the empty text is refused.

    Raises:
        AnnotationError: Not such an integer.

    """
    if _UNSIGNED.fullmatch(text) and _is_short(text) and int(text) < _UINT64:
        return int(text)
    raise AnnotationError(key, text, "a whole number that is not negative")


def floating(key: str, text: str) -> float:
    """Read a decimal fraction; the empty text is refused.

    Raises:
        AnnotationError: Not a number.

    """
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    raise AnnotationError(key, text, "a number such as 0.9")


def duration(key: str, text: str) -> str:
    """Check a Go duration, which needs a unit; the empty text stands for none.

    Raises:
        AnnotationError: Not a duration.

    """
    if not text or _DURATION.fullmatch(text):
        return text
    raise AnnotationError(key, text, "a duration with its unit, such as 500ms, 5s or 1m30s")


def quantity(key: str, text: str) -> str | None:
    """Check a Kubernetes quantity (``resource.Quantity``); the empty text removes the limit or request: None.

    Raises:
        AnnotationError: Not a quantity.

    """
    if not text:
        return None
    if _QUANTITY.fullmatch(text):
        return text
    raise AnnotationError(key, text, "a quantity such as 250m, 64Mi or 1Gi (empty removes it)")


def permissions(key: str, text: str) -> str | None:
    """Check a file's permissions, octal; the empty text stands for the agent's default.

    The existing injector passes any text on and its agent then fails in the pod; here the pod is refused.

    Raises:
        AnnotationError: Not three or four octal digits.

    """
    if not text:
        return None
    if _OCTAL.fullmatch(text):
        return text
    raise AnnotationError(key, text, "permissions in octal such as 0644")


def default_template(key: str, text: str) -> DefaultTemplate:
    """Read the name of a default template, in any case.

    Raises:
        AnnotationError: Neither ``map`` nor ``json``.

    """
    name = text.lower()
    if name in {"map", "json"}:
        return cast("DefaultTemplate", name)
    raise AnnotationError(key, text, "map or json")


def seconds_or_duration(key: str, text: str) -> str:
    """Check a duration without a sign, of which plain digits are seconds; the empty text stands for none.

    Raises:
        AnnotationError: Not a duration.

    """
    if not text or _UNSIGNED_DURATION.fullmatch(text):
        return text
    raise AnnotationError(key, text, "seconds, or a duration with its unit, such as 500ms, 5s or 1m30s")


def port(key: str, text: str) -> int:
    """Read a TCP port.

    Raises:
        AnnotationError: Not a number from 1 to 65535.

    """
    if _UNSIGNED.fullmatch(text) and _is_short(text) and 0 < int(text) < _PORTS:
        return int(text)
    raise AnnotationError(key, text, "a port from 1 to 65535")


def one_of(*words: str) -> Callable[[str, str], str]:
    """Make the reader of a key that allows some words, in lower case."""
    allowed = " or ".join((", ".join(words[:-1]), words[-1]))

    def read(key: str, text: str) -> str:
        if text in words:
            return text
        raise AnnotationError(key, text, allowed)

    return read


log_level: Final = one_of("trace", "debug", "info", "notice", "warn", "err", "error")
log_format: Final = one_of("standard", "json")
use_auto_auth_token: Final = one_of("true", "false", "force")


def json_patch(key: str, text: str) -> tuple[patches.Change, ...]:
    """Read a JSON Patch (RFC 6902); the empty text is one without operations.

    Raises:
        AnnotationError: Not a JSON Patch.

    """
    try:
        return patches.parse(text) if text else ()
    except JsonPatchError as error:
        raise AnnotationError(key, text, f"a JSON Patch, a list of operations: {error.message}") from error


def usable(read: Callable[[str, str], object], text: str) -> bool:
    """Tell whether a reader takes a text."""
    try:
        read("", text)
    except AnnotationError:
        return False
    return True


def anything(_key: str, text: str) -> str:
    """Take any text as it stands."""
    return text


def _is_short(text: str) -> bool:
    # int() refuses texts of thousands of digits with an error of its own; 64 bits never need more than 20 digits.
    return len(text.lstrip("+-0")) <= len(str(_UINT64))
