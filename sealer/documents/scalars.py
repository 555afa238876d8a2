"""Texts as YAML and JSON scalars, in the style that stands beside them."""

from __future__ import annotations

import json
import re
from typing import Final

from sealer.documents.emit import is_ambiguous
from sealer.documents.tree import LINE_END

# Plain in any context and for any reader: nothing here begins or ends anything in YAML.
_PLAIN: Final = re.compile(r"[A-Za-z/_][-A-Za-z0-9+/=_.]*")
# The same, and a colon within, which older readers refuse inside of braces.
_PLAIN_IN_BLOCK: Final = re.compile(r"[A-Za-z/_][-A-Za-z0-9+/=_.:,]*[-A-Za-z0-9+/=_.]")


def text_as(style: str, value: str, *, flow: bool) -> str:
    """Return a text as a scalar.

    Args:
        style: Empty for plain, where that can be; ``'`` or ``"``.
        value: The text.
        flow: Whether it stands inside of braces.

    """
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not style and could_be_plain(value, flow=flow):
        return value
    return json.dumps(value, ensure_ascii=False)


def could_be_plain(value: str, *, flow: bool = False) -> bool:
    """Say whether a text needs no quotes."""
    plain = _PLAIN.fullmatch(value) or (not flow and _PLAIN_IN_BLOCK.fullmatch(value))
    return bool(plain) and not is_ambiguous(value)


def key_as(style: str, key: str) -> str:
    """Return a text as a key, in the style of the keys beside it."""
    return text_as(style, key, flow=True)


def within(block: str, value: str, *, literal: bool) -> str:
    """Return a block scalar that holds another text: its header, indentation and, in literal style, width stay.

    Args:
        block: The old one, from its ``|`` or ``>``, without the line ends behind it.
        value: The text, one line of base64.
        literal: Whether line ends within count as such, and so may stand in base64 where the old text had some.

    """
    lines = LINE_END.split(block)
    ends = LINE_END.findall(block)
    content = [line for line in lines[1:] if line.strip()]
    if not content:
        return text_as("", value, flow=False)
    indent = content[0][: len(content[0]) - len(content[0].lstrip(" "))]
    width = len(content[0].strip()) if literal and len(content) > 1 else len(value)
    chunks = [value[start : start + max(width, 1)] for start in range(0, len(value), max(width, 1))]
    return lines[0] + "".join(ends[0] + indent + chunk for chunk in chunks)
