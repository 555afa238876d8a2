"""When to renew, when to look again, when to ask anew (pure; reference, vault-agent-injector 5.4).

Two rules differ from the existing agent's, and on purpose: KV version 1 is looked at on the static interval, though its
answers name a lease of 32 days (their #107); and the chance by which agents spread over time is a real one for
certificates, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from injector.agent.settings import Refresh
    from injector.providers import Json
    from injector.vault.answers import Answer, TokenLease, VaultLease

# fetch: ask for it anew. look: see whether there is something new. renew: prolong the vault lease.
Action: TypeAlias = Literal["fetch", "look", "renew"]

_SPREAD: Final = 0.1
_LEAST: Final = 1.0  # seconds; a lease of next to nothing must not become a loop without a pause
FILE_INTERVAL: Final = 5.0
CERTIFICATE_LIFE: Final = 0.90


@dataclass(frozen=True, slots=True)
class Next:
    """What to do next.

    Attributes:
        action: What.
        after: In how many seconds.
        grace: Of a lease that is renewed: how long before its end it counts as over.

    """

    action: Action
    after: float
    grace: float = 0.0


def after_answer(answer: Answer, refresh: Refresh, now: datetime, chance: float) -> Next:
    """Decide what comes after an answer to a read or a write.

    Args:
        answer: What came.
        refresh: The configured times.
        now: The wall clock, aware: certificates end by it.
        chance: From 0 to 1.

    """
    lease = answer.lease
    if lease is not None and lease.duration > 0:
        if lease.renewable:
            return first_renewal(lease, refresh, chance)
        return Next("fetch", _spread(lease.duration, refresh, chance))
    if answer.kind == "kv2":
        return Next("look", static(refresh, chance))
    if answer.kind == "kv1":
        # Its lease is a wish of whoever wrote the secret (the field `ttl`), or 32 days where there is none.
        wished = min(answer.duration or refresh.static_interval, refresh.static_interval)
        return Next("fetch", _spread(wished, refresh, chance))
    return Next("fetch", _without_lease(answer, refresh, now, chance))


def _without_lease(answer: Answer, refresh: Refresh, now: datetime, chance: float) -> float:
    document, auth = answer.document, answer.body.get("auth")
    life = _whole(auth, "lease_duration") if isinstance(auth, dict) else None
    if life:
        return _spread(life, refresh, chance)  # a token that was made: replaced, as one that is not renewed ends
    ttl = _whole(document, "ttl")
    if "rotation_period" in document and ttl is not None:
        return ttl + _LEAST  # just after the rotation; one that is under way is over in a moment
    secret_id = _whole(document, "secret_id_ttl") if "secret_id" in document else None
    if secret_id:
        return secret_id + _LEAST
    expiration = _whole(document, "expiration") if "certificate" in document else None
    if expiration is not None:
        return _spread(expiration - now.timestamp(), refresh, chance)
    return _spread(answer.duration or refresh.static_interval, refresh, chance)


def first_renewal(lease: VaultLease, refresh: Refresh, chance: float) -> Next:
    """Decide when to renew a lease that has just begun.

    The existing agent renews at once, which tells it nothing that the answer did not say.
    """
    grace = _grace(lease.duration, chance)
    return _between(lease.duration, grace) or Next("fetch", _spread(lease.duration, refresh, chance))


def after_renewal(lease: VaultLease, before: Next) -> Next:
    """Decide what comes after a lease was renewed; `before` is what led to it.

    A lease that has come to its greatest age is prolonged by less and less: it is replaced while it still holds, so
    that what it belongs to never stops working.
    """
    if not lease.renewable:
        return Next("fetch", max(lease.duration - before.grace, _LEAST))
    return _between(lease.duration, before.grace) or Next("fetch", 0.0)


def token_next(token: TokenLease, chance: float, grace: float | None = None) -> Next | None:
    """Decide what comes after a login or the renewal of a token: ``renew``, or ``fetch`` for a new login.

    Args:
        token: What the login or the renewal said of it.
        chance: From 0 to 1.
        grace: That of the login, after a renewal.

    Returns:
        None for a token without an end.

    """
    if token.duration <= 0:
        return None
    margin = _grace(token.duration, chance) if grace is None else grace
    if not token.renewable:
        return Next("fetch", max(token.duration - margin, _LEAST))
    return _between(token.duration, margin) or Next("fetch", 0.0)


def static(refresh: Refresh, chance: float) -> float:
    """Return the seconds until the next look at what has no lease."""
    return _spread(refresh.static_interval, refresh, chance)


def until(moment: datetime, now: datetime) -> float:
    """Return the seconds until a certificate is due."""
    return max((moment - now).total_seconds(), _LEAST)


def certificate_life(chance: float) -> float:
    """Return after which part of its life a certificate is replaced: 85 to 90 %, so that replicas do not meet."""
    return CERTIFICATE_LIFE - _SPREAD / 2 * chance


def ends_with_token(answer: Answer) -> bool:
    """Say whether what was answered ends with the token that asked: a lease, or a token made by it.

    https://developer.hashicorp.com/vault/docs/concepts/lease; KV has no leases.
    """
    return answer.lease is not None or answer.body.get("auth") is not None


def is_news(answer: Answer, metadata: Mapping[str, Json]) -> bool:
    """Say whether a secret's metadata tells of something that the answer does not hold.

    Args:
        answer: What was read from KV version 2, without a version.
        metadata: The ``data`` of its metadata
            (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-metadata).

    """
    held = answer.document.get("metadata")
    if not isinstance(held, dict):
        return True
    current = metadata.get("current_version")
    if str(current) != str(held.get("version")) or metadata.get("custom_metadata") != held.get("custom_metadata"):
        return True
    versions = metadata.get("versions")
    version = versions.get(str(current)) if isinstance(versions, dict) else None
    if not isinstance(version, dict):
        return True
    return any(version.get(name) != held.get(name) for name in ("destroyed", "deletion_time"))


def _grace(duration: float, chance: float) -> float:
    return duration * (_SPREAD + _SPREAD * chance)


def _between(duration: float, grace: float) -> Next | None:
    """Return the renewal within a time that is left; None where it is too short for one more."""
    wait = duration * 2 / 3 + grace / 3
    if duration <= grace or duration - wait <= grace:
        return None
    return Next("renew", max(wait, _LEAST / 2), grace)


def _spread(seconds: float, refresh: Refresh, chance: float) -> float:
    fraction = refresh.threshold + (chance - 0.5) * _SPREAD
    return max(seconds * (fraction if 0 < fraction < 1 else refresh.threshold), _LEAST)


def _whole(document: Mapping[str, Json], name: str) -> float | None:
    found = document.get(name)
    written = "" if found is None or isinstance(found, bool | dict | list) else str(found)
    return float(written) if written.isdecimal() else None
