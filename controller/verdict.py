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
    CONTESTED = "Contested"
    HELD = "Held"


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

    @property
    def status(self) -> str:
        """The condition's ``status``: of what is held nobody looks whether it is synced."""
        if self.reason is Reason.HELD:
            return "Unknown"
        return "True" if self.synced else "False"


UNSEALED: Final = Verdict(Reason.UNSEALED)
# The one message of a success: the next version of the CRD may not have that field any more.
UNSEALED_DEPRECATED: Final = Verdict(
    Reason.UNSEALED, "the field spec.data is deprecated; seal the Secret anew to have its items in spec.encryptedData"
)


def is_deprecated(sealed: Mapping[str, Any]) -> bool:
    """Return whether a SealedSecret is of the deprecated form, with ``spec.data`` (reference, sealed-secrets 1.5)."""
    return bool((sealed.get("spec") or {}).get("data"))


def unsealed(sealed: Mapping[str, Any]) -> Verdict:
    """Return the verdict on a SealedSecret whose Secret is as it should be."""
    return UNSEALED_DEPRECATED if is_deprecated(sealed) else UNSEALED


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
    if verdict.reason is Reason.HELD:
        return Event("Normal", "Held", _short(verdict.message))
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
    if tells(status, generation, verdict):
        return None
    before, wanted, at = synced_condition(status), _condition(verdict), timestamp(now)
    flipped = before is None or before["status"] != wanted["status"]
    wanted["lastUpdateTime"] = at
    wanted["lastTransitionTime"] = at if before is None or flipped else before.get("lastTransitionTime", at)
    # First, since the printer columns show the first condition.
    others = [condition for condition in status.get("conditions") or [] if condition.get("type") != SYNCED]
    return {"observedGeneration": generation, "conditions": [wanted, *others]}


def tells(status: Status, generation: int, verdict: Verdict) -> bool:
    """Return whether a status says what `verdict` does, of this generation."""
    before = synced_condition(status)
    same = before is not None and all(before.get(name, "") == value for name, value in _condition(verdict).items())
    return same and status.get("observedGeneration") == generation


def is_news(status: Status, generation: int, verdict: Verdict) -> bool:
    """Return whether `verdict` differs from what the object's status tells already, and so is worth an event.

    A status by the existing controller has no reason; that alone is no news.
    """
    before = synced_condition(status)
    if before is None or status.get("observedGeneration") != generation:
        return True
    return (
        before["status"] != verdict.status
        or before.get("reason", verdict.reason.value) != verdict.reason.value
        or before.get("message", "") != _short(verdict.message)
    )


def synced_condition(status: Status) -> Condition | None:
    """Return the condition ``Synced``, if there is one."""
    return next((c for c in status.get("conditions") or [] if c.get("type") == SYNCED), None)


def was_held(status: Status) -> bool:
    """Return whether the object's status tells of a hold."""
    before = synced_condition(status)
    return before is not None and before.get("reason") == Reason.HELD.value


def newest_status_writer(sealed: Mapping[str, Any]) -> str | None:
    """Return who wrote the status last, as the API server keeps it in ``managedFields``; None if nobody, or in doubt.

    Times are in seconds: of two writers in one second nobody can say who was the last.
    """
    entries = [e for e in sealed["metadata"].get("managedFields") or [] if e.get("subresource") == "status"]
    newest = max((entry.get("time", "") for entry in entries), default="")
    writers = {entry.get("manager", "") for entry in entries if entry.get("time", "") == newest}
    return writers.pop() if len(writers) == 1 else None


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


def _condition(verdict: Verdict) -> Condition:
    return {
        "type": SYNCED,
        "status": verdict.status,
        "reason": verdict.reason.value,
        "message": _short(verdict.message),
    }


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}…"
