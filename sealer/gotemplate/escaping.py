"""`html`, `js` and `urlquery` (text/template, HTMLEscaper, JSEscaper, URLQueryEscaper)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from sealer.gotemplate import fmt, text, values
from sealer.gotemplate.characters import is_print
from sealer.gotemplate.quoting import ESCAPED_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NO_VALUE: Final = "<no value>"
_HTML: Final = str.maketrans({"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JS_SPECIAL: Final = re.compile(r"[\\'\"<>&=\x00-\x1f]|[^\x00-\x7f]")
_JS_SHORT: Final = {"\\": r"\\", "'": r"\'", '"': r"\""}


def shown(operands: Sequence[Any], check: Callable[[int], None] | None = None) -> str:
    """Operands as an action would print them, together.

    Args:
        operands: Plain values.
        check: As of `fmt.sprint`.

    """
    if len(operands) == 1 and type(operands[0]) is str:
        return operands[0]
    # A value that is not there becomes text before printing, which takes the space before it away.
    direct = [NO_VALUE if operand is None else values.indirect(operand) for operand in operands]
    return fmt.sprint(direct, check)


def html(value: str) -> str:
    """Escape for HTML."""
    return value.translate(_HTML)


def js(value: str) -> str:
    """Escape for a JavaScript string."""
    return _JS_SPECIAL.sub(_js_character, value)


def _js_character(found: re.Match[str]) -> str:
    character = found[0]
    if character in _JS_SHORT:
        return _JS_SHORT[character]
    if not character.isascii() and (is_print(character) or ord(character) in ESCAPED_BYTES):
        return character
    return f"\\u{ord(character):04X}"


def urlquery(value: str) -> str:
    """Escape for a query of a URL."""
    return quote_plus(text.encode(value), safe="")
