"""From an answer of Vault that is no success to the error that a person needs (pure).

https://developer.hashicorp.com/vault/api-docs#http-status-codes; reference, vault-agent-injector 5.3 and 5.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from injector.vault.errors import (
    InvalidTokenError,
    LoginError,
    PermissionDeniedError,
    SecretNotFoundError,
    VaultError,
    VaultRequestError,
    VaultUnavailableError,
)
from injector.vault.places import spellings

Action = Literal["read", "write to", "list", "renew", "revoke", "look up", "unwrap"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from injector.vault.auth import Auth
    from injector.vault.kv import Mount
    from injector.vault.verbatim import Json

_UNAVAILABLE: Final[Mapping[int, str]] = {
    412: "has not caught up yet",
    429: "asks for fewer requests, or is a standby",
    472: "is a disaster-recovery secondary",
    473: "is a performance standby",
    474: "is a standby without contact to the active node",
    501: "is not initialised",
    502: "got no answer from a service it depends on",
    503: "is sealed or under maintenance",
    530: "was removed from its cluster",
}
_LONGEST: Final = 300
_CAPABILITIES: Final[Mapping[Action, str]] = {"read": "read", "list": "list", "look up": "read"}
_CHANGE: Final = "update"


class Replied(Protocol):
    """An HTTP answer."""

    @property
    def status_code(self) -> int:
        """HTTP status."""


@dataclass(frozen=True)
class Refusal:
    """An answer that is no success.

    Attributes:
        address: Where it came from.
        status: HTTP status.
        words: Vault's own explanation, on one line, free of credentials.

    """

    address: str
    status: int
    words: str = ""


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        action: What to do there.
        place: The secret, as a person wrote it.
        path: The API path.
        mount: Its mount; None where Vault would not say.

    """

    action: Action
    place: str
    path: str
    mount: Mount | None = None


def refusal_of(reply: Replied, body: Json, secrets: Iterable[str], address: str) -> Refusal:
    """Return what a refusal says.

    Args:
        reply: The HTTP answer.
        body: Its body, decoded.
        secrets: What was sent and may not be shown.
        address: Whom it came from.

    """
    return Refusal(address, reply.status_code, words_of(body, spellings(secrets)))


def words_of(body: Json, secrets: Iterable[str]) -> str:
    """Return the ``errors`` of an answer on one line, with every credential that was sent taken out."""
    errors = body.get("errors") if isinstance(body, dict) else None
    text = "; ".join(error for error in errors if isinstance(error, str)) if isinstance(errors, list) else ""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def unavailable(refusal: Refusal) -> VaultError | None:
    """Return the error of an answer that a later one may better, whatever was asked; None for any other."""
    if refusal.status not in _UNAVAILABLE and refusal.status < 500:  # noqa: PLR2004  # HTTP: the server's fault
        return None
    says = _UNAVAILABLE.get(refusal.status, f"answered with status {refusal.status}")
    return VaultUnavailableError(f"vault at {refusal.address} {says}{_quoted(refusal)}")


def login_refused(refusal: Refusal, auth: Auth) -> VaultError:
    """Return the error of a login that did not succeed."""
    if refusal.status == 404:  # noqa: PLR2004  # HTTP
        return LoginError(
            f"vault at {refusal.address} refused {auth}: there is no auth method{_quoted(refusal)}",
            hint="enable it, or correct the mount",
        )
    return unavailable(refusal) or LoginError(
        f"vault at {refusal.address} refused {auth}{_quoted(refusal)}",
        hint="check that the role exists at that mount, and whom it is bound to",
    )


def refused(refusal: Refusal, asked: Asked, auth: str) -> VaultError:
    """Return the error of a read, write or list that did not succeed.

    Args:
        refusal: What came back.
        asked: What was asked for.
        auth: The login, in words.

    """
    if refusal.status == 404:  # noqa: PLR2004  # HTTP
        error = _unwritable(refusal, asked) if asked.action == "write to" else missing(asked.place, refusal.address)
        if "no handler for route" in refusal.words:
            error.hint = "no secrets engine is mounted there"
        return error
    if refusal.status == 403 and "invalid token" in refusal.words:  # noqa: PLR2004  # HTTP
        return InvalidTokenError(
            f"vault at {refusal.address} does not accept the token ({auth})",
            hint="it is wrong, expired or revoked, or belongs to another namespace of Vault",
        )
    if refusal.status == 403:  # noqa: PLR2004  # HTTP
        return PermissionDeniedError(
            f"permission denied: {auth} may not {asked.action} {asked.place} of vault at {refusal.address}",
            hint=_policy_hint(asked),
        )
    return unavailable(refusal) or VaultRequestError(
        f"vault at {refusal.address} cannot {asked.action} {asked.place}: status {refusal.status}{_quoted(refusal)}"
    )


def missing(place: str, address: str) -> VaultError:
    """Return the error for a path at which there is nothing, or nothing any more."""
    return SecretNotFoundError(
        f"no secret exists at {place} in vault at {address}",
        hint="check mount, path and version; a version that was deleted or destroyed counts as none",
    )


def _unwritable(refusal: Refusal, asked: Asked) -> VaultError:
    versioned = asked.mount is not None and asked.mount.versioned
    return SecretNotFoundError(
        f"vault at {refusal.address} has nothing at {asked.place} to write to{_quoted(refusal)}",
        hint="KV version 2 is written to below data/ of its mount" if versioned else "check mount and path",
    )


def _policy_hint(asked: Asked) -> str:
    grant = f'a policy has to give it "{_CAPABILITIES.get(asked.action, _CHANGE)}" on {asked.path}'
    if asked.action not in {"read", "list"} or asked.mount is not None or "/" not in asked.path:
        return grant
    at, _, rest = asked.path.partition("/")
    below = "data" if asked.action == "read" else "metadata"
    other = f"{at}/{below}/{rest} if {at}/ is KV version 2"
    return f"{grant}, or on {other}; vault would not tell, so nothing at all is granted"


def _quoted(refusal: Refusal) -> str:
    return f": {refusal.words}" if refusal.words else ""
