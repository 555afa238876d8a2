"""JSON whose numbers keep the text they were sent with.

Python's floats and Go's ``json.Number`` part ways at ``12345678901234567890`` and ``1.50``: the existing agent prints
numbers as Vault sent them (reference, vault-agent-injector 3.4 and 5.2), so they are never turned into numbers here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written. Not shown by ``repr``: a PIN is a secret too."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text


Json: TypeAlias = "bool | str | Number | list[Json] | dict[str, Json] | None"


def decode(text: str) -> Json:
    """Decode one JSON document.

    Unpaired surrogates become U+FFFD, as Go has it: UTF-8 has no form for them.

    Raises:
        ValueError: It is not JSON. The error says nothing of the content.

    """
    try:
        value: Json = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # `from None`: the decoder's error carries the whole document, secrets included.
        raise ValueError("not JSON") from None
    return _without_surrogates(value)


def without_surrogates(text: str) -> str:
    """Return `text` with U+FFFD for each unpaired surrogate, as Go has it."""
    return _SURROGATES.sub("\ufffd", text)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _without_surrogates(value: Json) -> Json:
    match value:
        case str():
            return without_surrogates(value)
        case list():
            return [_without_surrogates(item) for item in value]
        case dict():
            return {without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case _:
            return value
