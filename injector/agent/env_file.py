"""Environment variables from secrets, in the launcher's format (pure; docs/reference/agent-configuration.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.agent.errors import TemplateError
from injector.agent.render import to_json
from injector.providers import Number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from injector.providers import Json

_ODD: Final = re.compile(r"[^A-Z0-9_]")
_DIGIT_FIRST: Final = re.compile(r"[0-9]")


def variables_of(fields: Mapping[str, Json], prefix: str, path: str) -> list[tuple[str, bytes]]:
    """Return all fields of a secret as variables: the prefix and the key, in capitals, with _ for what is odd.

    Raises:
        TemplateError: A field has no such name, or cannot be a variable's value.

    """
    found = []
    for key in sorted(fields):
        name = _ODD.sub("_", f"{prefix}{key}".upper())
        if not name or _DIGIT_FIRST.match(name):
            raise TemplateError(f'the field "{key}" of {path} gives no name of a variable', hint="give a prefix")
        found.append((name, value_of(fields, key, path)))
    return found


def value_of(fields: Mapping[str, Json], key: str, path: str) -> bytes:
    """Return a field as the value of a variable: text as it is, anything else as JSON.

    Raises:
        TemplateError: There is no such field, or it is null.

    """
    value = fields.get(key)
    if value is None:
        raise TemplateError(f'{path} has no field "{key}"', hint="check the name of the field")
    text = value if isinstance(value, str) else value.text if isinstance(value, Number) else to_json(value)
    return text.encode()


def encode(variables: Iterable[tuple[str, bytes]], file: str) -> bytes:
    """Return the content of a file: records ``NAME=value``, each ended by a NUL byte, in the order of the names.

    Raises:
        TemplateError: A name is there twice, or a value holds NUL, which no environment can.

    """
    found: dict[str, bytes] = {}
    for name, value in variables:
        if name in found:
            raise TemplateError(f"{file}: two secrets give the variable {name}", hint="give one a name or a prefix")
        if b"\0" in value:
            raise TemplateError(f"{file}: the value of {name} holds a NUL byte, which no variable can")
        found[name] = value
    return b"".join(name.encode() + b"=" + found[name] + b"\0" for name in sorted(found))
