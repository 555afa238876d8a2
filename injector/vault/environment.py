"""The variables of Vault's and OpenBao's own clients, read in one place, or refused rather than ignored (pure).

https://developer.hashicorp.com/vault/docs/commands#environment-variables; reference, vault-agent-injector 5.6. hvac
reads part of them by itself, partly at import time, and ignores the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES: Final = ("BAO_", "VAULT_")
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"", "0", "f", "F", "FALSE", "false", "False"})
_DURATION: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|h|m|s))+")
_PART: Final = re.compile(r"([0-9.]+)(ms|h|m|s)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_RATE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(?::([0-9]{1,9}))?")
# Ignored, each of these would change what a user of Vault's own client gets, without a word.
_UNSUPPORTED: Final = (
    ("WRAP_TTL", "every answer would be wrapped, and none could be read"),
    ("MFA", "logins with a second factor are for people"),
    ("SRV_LOOKUP", "give the address with its port"),
)


@dataclass(frozen=True)
class Variable:
    """A variable that is set.

    Attributes:
        name: With its prefix, for messages.
        text: Its value.

    """

    name: str
    text: str


@dataclass(frozen=True)
class RateLimit:
    """How often requests may be sent: `per_second` on average, `burst` at once."""

    per_second: float
    burst: int


def variable(environ: Mapping[str, str], name: str) -> Variable | None:
    """Return the variable ``BAO_name`` or, below it, ``VAULT_name``; None where neither has a value."""
    for prefix in _PREFIXES:
        if text := environ.get(prefix + name):
            return Variable(prefix + name, text)
    return None


def text_of(environ: Mapping[str, str], name: str) -> str | None:
    """Return the value of a variable; None where it has none."""
    found = variable(environ, name)
    return found.text if found else None


def refuse_unsupported(environ: Mapping[str, str]) -> None:
    """Refuse the variables that we do not heed.

    Raises:
        VaultSettingsError: One of them is set.

    """
    for name, why in _UNSUPPORTED:
        found = variable(environ, name)
        if found and not (name == "SRV_LOOKUP" and found.text in _FALSE):
            raise VaultSettingsError(f"{found.name} is set, and not supported: {why}", hint="unset it")


def boolean(environ: Mapping[str, str], name: str) -> bool:
    """Read a switch as Go does; False where it is not set.

    Raises:
        VaultSettingsError: The value is no boolean.

    """
    found = variable(environ, name)
    if found is None or found.text in _FALSE:
        return False
    if found.text in _TRUE:
        return True
    raise VaultSettingsError(f'{found.name} is "{found.text}": must be true or false')


def seconds(text: str, name: str) -> float:
    """Read whole seconds or a Go duration (https://pkg.go.dev/time#ParseDuration), as Vault's own client does.

    Args:
        text: Such as ``30`` or ``1m30s``.
        name: Of the setting, for the message.

    Raises:
        VaultSettingsError: It is none, or not above zero.

    """
    if text.isascii() and text.isdigit():
        found = float(text)
    elif _DURATION.fullmatch(text):
        found = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    else:
        found = 0.0
    if found <= 0:
        raise VaultSettingsError(f'{name} is "{text}": must be a time above zero', hint="such as 30s or 30")
    return found


def retries(environ: Mapping[str, str]) -> int:
    """Read how often a request is repeated at once; 0 where nothing is said.

    Raises:
        VaultSettingsError: It is no whole number.

    """
    found = variable(environ, "MAX_RETRIES")
    if found is None:
        return 0
    if not re.fullmatch(r"-?[0-9]{1,6}", found.text):
        raise VaultSettingsError(f'{found.name} is "{found.text}": must be a whole number')
    return max(int(found.text), 0)


def rate_limit(environ: Mapping[str, str]) -> RateLimit | None:
    """Read ``rate[:burst]``; the burst is the rate where it is not given.

    Raises:
        VaultSettingsError: It is none.

    """
    found = variable(environ, "RATE_LIMIT")
    if found is None:
        return None
    match = _RATE.fullmatch(found.text)
    if match is None or float(match[1]) <= 0:
        raise VaultSettingsError(f'{found.name} is "{found.text}": must be a rate, or rate:burst', hint="such as 10:20")
    rate = float(match[1])
    return RateLimit(rate, max(int(match[2]) if match[2] else int(rate), 1))
