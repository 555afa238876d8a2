"""JSON whose numbers keep their text, as the agent's Vault client hands them over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return self.text


def decode(text: str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number)
