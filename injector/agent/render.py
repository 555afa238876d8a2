"""The default templates, byte for byte as the existing agent prints them (pure).

Reference, vault-agent-injector 3.3 and 3.4.

``map`` is Go's text/template over ``.Data``: one ``key: value`` line for each key, values as Go's fmt prints them with
``%v``. ``json`` is Go's encoding/json: keys sorted, ``<``, ``>``, ``&`` and the JavaScript line ends escaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.providers import Json, Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.agent.settings import DefaultTemplate

_ESCAPED: Final = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def render(document: Mapping[str, Json], template: DefaultTemplate) -> bytes:
    """Return a file's content for a secret.

    Args:
        document: What a template sees as ``.Data``.
        template: Which default template.

    """
    text = to_json(dict(document)) + "\n" if template == "json" else _lines(document)
    return text.encode()


def to_json(value: Json) -> str:
    """Encode as Go's ``json.Marshal`` does: no space, keys in byte order, numbers as they came."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Number():
            return value.text
        case str():
            return f'"{_ESCAPED.sub(_escape, value)}"'
        case list():
            return f"[{','.join(to_json(item) for item in value)}]"
        case _:
            # Python compares strings by code point, Go by byte: the same order, as UTF-8 keeps it.
            return "{" + ",".join(f"{to_json(key)}:{to_json(value[key])}" for key in sorted(value)) + "}"


def format_go(value: Json) -> str:
    """Format as Go's ``%v``: ``map[a:1 b:[x y]]``, keys sorted, ``<nil>`` for null."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case Number() | str():
            return str(value)
        case list():
            return f"[{' '.join(format_go(item) for item in value)}]"
        case _:
            return f"map[{' '.join(f'{key}:{format_go(value[key])}' for key in sorted(value))}]"


def _lines(document: Mapping[str, Json]) -> str:
    return "".join(f"{key}: {_printed(document[key])}\n" for key in sorted(document))


def _printed(value: Json) -> str:
    """Print as an action of a template does, where a null is ``<no value>``; inside of a map it stays ``<nil>``."""
    return "<no value>" if value is None else format_go(value)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"
