"""Streams of JSON objects, one after another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sealer.documents.model import Document, Origin
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def begins_with_object(text: str) -> bool:
    """Say whether the first thing in `text` is a whole JSON object."""
    try:
        json.JSONDecoder().raw_decode(text, _skip_space(text, 0))
    except json.JSONDecodeError:
        return False
    return True


def parse(text: str, source: str) -> Iterator[Document]:
    """Yield the documents of a stream of JSON objects.

    Raises:
        InputError: It does not parse, or repeats a key.

    """
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    position, number = _skip_space(text, 0), 0
    while position < len(text):
        number += 1
        origin = Origin(source, number, text.count("\n", 0, position) + 1)
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            # `from None`: the error carries the whole document.
            raise InputError(f"{source}, document {number}, line {error.lineno}: not valid JSON: {error.msg}") from None
        except _DuplicateKeyError as error:
            raise InputError(f"{origin}: the key {error} appears twice") from None
        yield Document(origin, value)
        position = _skip_space(text, end)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


class _DuplicateKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result
