"""Streams of JSON objects, one after another."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sealer.documents.model import DEEPEST, Document, Origin
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE: Final = re.compile(r"[ \t\r\n]*")


class NotJsonError(InputError):
    """The text breaks the grammar of JSON; it may still be YAML."""


def parse(text: str, source: str) -> Iterator[Document]:
    """Yield the documents of a stream of JSON objects.

    Raises:
        NotJsonError: It does not parse.
        InputError: It repeats a key, or holds what no manifest can.

    """
    position, number, line = _skip_space(text, 0), 0, 1
    line += text.count("\n", 0, position)
    while position < len(text):
        number += 1
        origin = Origin(source, number, line)
        value, end = _decode(text, position, origin)
        yield Document(origin, value)
        end = _skip_space(text, end)
        line += text.count("\n", position, end)
        position = end


def decode_string(literal: str) -> str:
    """Return the text of a JSON string literal of a stream that `parse` reads."""
    text: str = json.loads(literal)
    return text


def _decode(text: str, position: int, origin: Origin) -> tuple[Any, int]:
    # `from None` throughout: the errors carry the whole document.
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        where = f"{origin.source}, document {origin.document}, line {error.lineno}"
        raise NotJsonError(f"{where}: not valid JSON: {_lower(error.msg)}") from None
    except _DuplicateKeyError as error:
        raise InputError(f"{origin}: the key {error} appears twice") from None
    except ValueError:
        raise InputError(f"{origin}: it holds a number that is too long, or none at all") from None
    except RecursionError:
        raise InputError(f"{origin}: it is nested too deeply") from None
    if _depth_exceeds(value, DEEPEST):
        raise InputError(f"{origin}: it is nested too deeply")
    if _SURROGATE.search(text, position, end):
        _refuse_half_pairs(value, origin)
    return value, end


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_half_pairs(value: Any, origin: Origin) -> None:
    """Refuse half of a surrogate pair (RFC 8259, 8.2): no UTF-8 can hold it, so it could not be written again."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError(f"{origin}: it holds half of a \\u surrogate pair, which is no character") from None


class _DuplicateKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity, which Python reads and JSON does not have


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
