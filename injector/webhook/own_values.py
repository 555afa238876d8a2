"""How the values of our own annotations, ``sealer.dev/…``, are read; strictly, as no manifest depends on slips."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from injector.errors import AnnotationError
from injector.webhook import values

FlavourName = Literal["sealer", "vault"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PREFIX: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)?")
_REFERENCE: Final = "vault:"
# No "$": such a field would be a template of its own there, and a missing field here.
_FIELD_OF: Final = re.compile(r"(?P<path>[^#\s]*[^#\s/])#(?P<key>[^#$]+)(#(?P<version>[0-9]+))?")
_SIGNAL: Final = re.compile(r"(?:SIG)?(HUP|INT|QUIT|USR1|USR2|TERM|WINCH) ([^\s/]{1,64})")
# The API server's own bounds (TokenRequest, spec.expirationSeconds).
_SHORTEST: Final = 600
_LONGEST: Final = 1 << 32


@dataclass(frozen=True)
class SecretField:
    """A field of a secret: the secret's path in Vault, and the field's name."""

    path: str
    key: str


@dataclass(frozen=True)
class Signal:
    """A signal, without ``SIG``, and the name of the processes that it is for."""

    name: str
    process: str


def flavour(key: str, text: str) -> FlavourName:
    """Read the name of an agent flavour.

    Raises:
        AnnotationError: Neither ``sealer`` nor ``vault``.

    """
    if text in {"sealer", "vault"}:
        return cast("FlavourName", text)
    raise AnnotationError(key, text, "sealer or vault")


def token_expiration(key: str, text: str) -> int:
    """Read the seconds that a service account token is asked for.

    Raises:
        AnnotationError: Not a number that the API server takes.

    """
    if values.usable(values.unsigned, text) and _SHORTEST <= int(text) <= _LONGEST:
        return int(text)
    raise AnnotationError(key, text, f"a whole number of seconds from {_SHORTEST} to {_LONGEST}")


def signal(key: str, text: str) -> Signal:
    """Read a signal and the processes that it is for: ``HUP nginx``.

    Raises:
        AnnotationError: Not a signal's name, a space and a process's name.

    """
    match = _SIGNAL.fullmatch(text)
    if match:
        return Signal(match[1], match[2])
    raise AnnotationError(key, text, 'a signal (HUP, INT, QUIT, USR1, USR2, TERM or WINCH) and a process: "HUP nginx"')


def secret_field(key: str, text: str) -> SecretField:
    """Read a field of a secret: ``secret/app#password``.

    The path may have a query, ``secret/app?version=2#password``. There is one ``#``: where others put a version behind
    a second one, to take it for a part of the field's name would fail in the pod only.

    Raises:
        AnnotationError: Not a path, a ``#`` and a field.

    """
    path, _, name = text.partition("#")
    if path.strip("/") and name and "#" not in name and path == path.strip():
        return SecretField(path, name)
    raise AnnotationError(
        key, text, "PATH#FIELD such as secret/app#password (a version: secret/app?version=2#password)"
    )


def reference(text: str) -> SecretField | None:
    """Read a reference in the value of a container's variable, as other injectors know them.

    ``vault:secret/data/app#password``; a version stands behind a second ``#``.

    Returns:
        The field; None for a text that does not begin as a reference does.

    Raises:
        AnnotationError: It begins so, and is none.

    """
    if not text.startswith(_REFERENCE):
        return None
    match = _FIELD_OF.fullmatch(text.removeprefix(_REFERENCE))
    if match is None:
        raise AnnotationError("", text, "vault:PATH#FIELD or vault:PATH#FIELD#VERSION")
    version = f"?version={match['version']}" if match["version"] else ""
    return SecretField(match["path"] + version, match["key"])


def variable(key: str, name: str) -> str:
    """Check the name of an environment variable.

    Raises:
        AnnotationError: Not a name that a shell would take too.

    """
    if _VARIABLE.fullmatch(name):
        return name
    raise AnnotationError(key, name, "the name of an environment variable behind the dash: letters, digits and _")


def variable_prefix(key: str, text: str) -> str:
    """Read what is put before the names of environment variables.

    Raises:
        AnnotationError: Not the beginning of such a name, or empty.

    """
    if _PREFIX.fullmatch(text):
        return text
    raise AnnotationError(key, text, "the beginning of an environment variable's name: letters, digits and _")
