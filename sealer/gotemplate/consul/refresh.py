"""When to fetch again what templates depend on (pure; reference, vault-agent-injector 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import InputError

if TYPE_CHECKING:
    from sealer.gotemplate.consul.responses import SecretResponse

_SPREAD: Final = 0.1


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often to fetch.

    Attributes:
        static_interval: Seconds between two looks at what has no lease.
        threshold: Which part of a lease may pass.

    """

    static_interval: float = 300.0
    threshold: float = 0.90


DEFAULT_SCHEDULE: Final = Schedule()


def refresh_after(
    response: SecretResponse, now: float, random: float, schedule: Schedule = DEFAULT_SCHEDULE
) -> float | None:
    """Say how long to wait before a secret is fetched again.

    Args:
        response: The answer.
        now: The time in seconds since 1970.
        random: At least 0 and less than 1; spreads many agents over time.
        schedule: How often to fetch.

    Returns:
        Seconds, or None for a secret whose lease is renewed instead.

    Raises:
        InputError: The secret is just being rotated: its time to live is 0, so fetch it again soon.

    """
    if response.renewable if response.auth is None else response.auth.renewable:
        return None
    rotation = _rotation(response)
    if rotation is not None:
        return float(rotation)
    seconds = _lifetime(response, now)
    fraction = schedule.threshold + (random - 0.5) * _SPREAD
    seconds = seconds if seconds > 0 else schedule.static_interval
    return seconds * (fraction if 0 < fraction < 1 else schedule.threshold)


def _lifetime(response: SecretResponse, now: float) -> float:
    seconds: float = response.lease_duration
    if response.auth is not None and response.auth.lease_duration > 0:
        seconds = response.auth.lease_duration
    if response.lease_id:
        return seconds
    expiration = _whole(response, "expiration") if "certificate" in (response.data or {}) else None
    if expiration is not None:
        seconds = expiration - int(now)
    secret_id = _whole(response, "secret_id_ttl") if "secret_id" in (response.data or {}) else None
    return secret_id + 1 if secret_id else seconds


def _rotation(response: SecretResponse) -> int | None:
    """Seconds until a static role or another secret with a rotation period is new, one more to be sure."""
    if response.lease_id or "rotation_period" not in (response.data or {}):
        return None
    ttl = _whole(response, "ttl")
    if ttl == 0:
        raise InputError("the secret is being rotated just now")
    return None if ttl is None or ttl < 0 else ttl + 1


def _whole(response: SecretResponse, name: str) -> int | None:
    found: Any = (response.data or {}).get(name)
    written = str(found)
    numeric = not isinstance(found, (bool, dict, list)) and found is not None
    return int(written) if numeric and written.lstrip("-").isdecimal() else None
