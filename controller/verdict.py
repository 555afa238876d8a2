"""What an attempt came to, and how that is told: as a condition in the status, and as an event.

Pure: the status and the event are values, and whether they need to be written is decided here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

from controller.manifests import Condition, Key, Status, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SYNCED: Final = "Synced"
# Enough for a person; the API server refuses events with more than 1024 bytes of message.
_LONGEST_MESSAGE: Final = 1000


class Reason(StrEnum):
    """Why a SealedSecret is, or is not, synced: the condition's ``reason``."""

    UNSEALED = "Unsealed"
    DECRYPT_FAILED = "DecryptFailed"
    MALFORMED = "Malformed"
    TEMPLATE_ERROR = "TemplateError"
    NOT_OWNED = "NotOwned"
    IMMUTABLE = "Immutable"
    API_ERROR = "ApiError"


_NOT_UNSEALED: Final = frozenset({Reason.DECRYPT_FAILED, Reason.MALFORMED, Reason.TEMPLATE_ERROR})


@dataclass(frozen=True)
class Verdict:
    """What one attempt came to.

    Attributes:
        reason: Why.
        message: For a person, without any value; empty when synced, as in the existing system.

    """

    reason: Reason
    message: str = ""

    @property
    def synced(self) -> bool:
        """Whether the Secret is now as the SealedSecret wants it."""
        return self.reason is Reason.UNSEALED


UNSEALED: Final = Verdict(Reason.UNSEALED)


@dataclass(frozen=True)
class Event:
    """What `kubectl describe` shows: reasons and messages are those of the existing system (reference, 2.3)."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def event_for(verdict: Verdict) -> Event:
    """Return the event that tells `verdict`."""
    if verdict.synced:
        return Event("Normal", "Unsealed", "SealedSecret unsealed successfully")
    if verdict.reason in _NOT_UNSEALED:
        return Event("Warning", "ErrUnsealFailed", _short(f"Failed to unseal: {verdict.message}"))
    return Event("Warning", "ErrUpdateFailed", _short(verdict.message))


def next_status(status: Status, generation: int, verdict: Verdict, now: datetime) -> Status | None:
    """Return the status to write, or None when the one there says the same already.

    ``lastUpdateTime`` moves with every write, ``lastTransitionTime`` only when ``Synced`` flips. Conditions of other
    types stay as they are.

    Args:
        status: What the object has; empty for a new one.
        generation: The object's ``metadata.generation`` that the attempt was for.
        verdict: What the attempt came to.
        now: The time, aware, UTC.

    """
    before = synced_condition(status)
    wanted: Condition = {
        "type": SYNCED,
        "status": "True" if verdict.synced else "False",
        "reason": verdict.reason.value,
        "message": _short(verdict.message),
    }
    same = before is not None and all(before.get(name, "") == value for name, value in wanted.items())
    if same and status.get("observedGeneration") == generation:
        return None
    at = timestamp(now)
    flipped = before is None or before["status"] != wanted["status"]
    wanted["lastUpdateTime"] = at
    wanted["lastTransitionTime"] = at if before is None or flipped else before.get("lastTransitionTime", at)
    # First, since the printer columns show the first condition.
    others = [condition for condition in status.get("conditions") or [] if condition.get("type") != SYNCED]
    return {"observedGeneration": generation, "conditions": [wanted, *others]}


def is_news(status: Status, generation: int, verdict: Verdict) -> bool:
    """Return whether `verdict` differs from what the object's status tells already, and so is worth an event.

    A status by the existing controller has no reason; that alone is no news.
    """
    before = synced_condition(status)
    if before is None or status.get("observedGeneration") != generation:
        return True
    return (
        before["status"] != ("True" if verdict.synced else "False")
        or before.get("reason", verdict.reason.value) != verdict.reason.value
        or before.get("message", "") != _short(verdict.message)
    )


def synced_condition(status: Status) -> Condition | None:
    """Return the condition ``Synced``, if there is one."""
    return next((c for c in status.get("conditions") or [] if c.get("type") == SYNCED), None)


def event_manifest(event: Event, about: Mapping[str, Any], key: Key, *, suffix: str, now: datetime) -> dict[str, Any]:
    """Return the ``v1`` Event about an object.

    Args:
        event: What to tell.
        about: The object's manifest.
        key: Which object it is; the event lives in its namespace.
        suffix: Makes the event's name unique.
        now: The time, aware, UTC.

    """
    at = timestamp(now)
    metadata = about.get("metadata", {})
    # Cut so that the whole is a legal name: at most 253 characters, no part of it ending with a hyphen.
    name = f"{key.name[:230].rstrip('.-')}.{suffix}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": key.namespace},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "namespace": key.namespace,
            "name": key.name,
            "uid": metadata.get("uid", ""),
            "resourceVersion": metadata.get("resourceVersion", ""),
        },
        "type": event.type,
        "reason": event.reason,
        "message": event.message,
        "source": {"component": "sealed-secrets"},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}…"
