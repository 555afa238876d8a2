"""Carrying a decision out: the Secret, then the status, then the event.

No decision is made here, but whether to look again.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from controller.manifests import (
    Key,
    Status,
    controlling_owner,
    events_path,
    key_of,
    sealed_secrets_path,
    secrets_path,
    status_of,
)
from controller.reconcile import Action, Outcome, decide
from controller.verdict import event_manifest, next_status
from sealer.apiserver.errors import ApiError, ConflictError, NotFoundError, withhold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from controller.reconcile import Wanted
    from controller.verdict import Event, Verdict
    from sealer.apiserver.client import Objects

# Somebody else who writes the same Secret all the time must not keep us here: the queue's backoff is for that.
_LOOKS: Final = 4


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def random_suffix() -> str:
    """Return what makes the name of an event unique."""
    return secrets.token_hex(8)


class Objection(Protocol):
    """Who may object to a write that is decided."""

    def __call__(self, outcome: Outcome, existing: Mapping[str, Any] | None, /) -> Verdict | None:
        """Return what to tell instead of writing; None to have it written."""


@dataclass(frozen=True)
class Applied:
    """What was done.

    Attributes:
        outcome: The decision that was carried out in the end.
        secret: The Secret as the API server has it now, or its metadata; None when there is none, or it was not looked
            at. Never shown.

    """

    outcome: Outcome
    secret: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Applier:
    """Writes Secrets, statuses and events.

    Attributes:
        objects: The API server.
        now: The time, aware.
        suffix: Makes the name of an event unique.

    """

    objects: Objects
    now: Callable[[], datetime] = utc_now
    suffix: Callable[[], str] = random_suffix

    async def write(
        self,
        sealed: Mapping[str, Any],
        wanted: Wanted | Verdict,
        existing: Mapping[str, Any] | None,
        objection: Objection,
    ) -> Applied:
        """Bring the Secret about, and decide again with fresh eyes when it is not as it was thought to be.

        Args:
            sealed: The SealedSecret.
            wanted: What `wanted_secret` returned for it.
            existing: The Secret as it was read; None when there is none as far as we know. That saves reading for a new
                object: creating it tells whether there is one.
            objection: Asked before a write.

        Raises:
            ApiError: It could not be done; the message quotes no value.

        """
        for _ in range(_LOOKS):
            outcome = decide(sealed, wanted, existing)
            if outcome.action is Action.NONE:
                return Applied(outcome, existing)
            objected = objection(outcome, existing)
            if objected is not None:
                return Applied(Outcome(Action.NONE, objected), existing)
            try:
                stored = await self._store(outcome)
            except ConflictError:
                existing = await self.read(key_of(sealed))
            except NotFoundError:
                if outcome.action is Action.CREATE:
                    raise  # What is not there is the namespace.
                existing = None
            else:
                return Applied(outcome, stored)
        raise ConflictError("the Secret keeps changing; somebody else writes it all the time")

    async def read(self, key: Key) -> dict[str, Any] | None:
        """Return the Secret of that name, or None.

        Raises:
            ApiError: It could not be read.

        """
        try:
            return await self.objects.get(secrets_path(key.namespace, key.name))
        except NotFoundError:
            return None

    async def write_status(self, sealed: Mapping[str, Any], verdict: Verdict) -> Status | None:
        """Write the status if it differs, and return it; None when there was nothing to write.

        Raises:
            ApiError: It could not be written. An object that was deleted or re-created is no error: it has no status to
                tell any more, or none yet.

        """
        key, uid = key_of(sealed), sealed["metadata"]["uid"]
        generation = sealed["metadata"].get("generation", 0)
        path = sealed_secrets_path(key.namespace, key.name)
        try:
            for _ in range(_LOOKS):
                if sealed["metadata"]["uid"] != uid:
                    return None
                status = next_status(status_of(sealed), generation, verdict, self.now())
                if status is None:
                    return None
                # The version, so that what is patched is what was read: a status patch does not look at the uid.
                patch = {"metadata": {"resourceVersion": sealed["metadata"]["resourceVersion"]}, "status": status}
                try:
                    await self.objects.merge(f"{path}/status", patch)
                except ConflictError:
                    sealed = await self.objects.get(path)
                else:
                    return status
        except NotFoundError:
            return None
        raise ConflictError("the SealedSecret keeps changing; somebody else writes it all the time")

    async def write_event(self, about: Mapping[str, Any], event: Event) -> None:
        """Write an event about an object.

        Raises:
            ApiError: It could not be written.

        """
        key = key_of(about)
        manifest = event_manifest(event, about, key, suffix=self.suffix(), now=self.now())
        await self.objects.create(events_path(key.namespace), manifest)

    async def delete_secret(self, key: Key, owner_uid: str) -> None:
        """Delete the Secret of a SealedSecret that is gone, if it was that one's; it may be gone already.

        Raises:
            ApiError: It could not be deleted.

        """
        secret = await self.read(key)
        owner = controlling_owner(secret["metadata"]) if secret else None
        if secret is None or owner is None or owner.get("uid") != owner_uid:
            return
        # As it was read: one of the same name that was made in between is another's.
        preconditions = {name: secret["metadata"][name] for name in ("uid", "resourceVersion")}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        with contextlib.suppress(NotFoundError):
            await self.objects.delete(secrets_path(key.namespace, key.name), options)

    async def _store(self, outcome: Outcome) -> dict[str, Any]:
        key = key_of(outcome.secret)
        try:
            if outcome.action is Action.CREATE:
                return await self.objects.create(secrets_path(key.namespace), outcome.secret)
            return await self.objects.replace(secrets_path(key.namespace, key.name), outcome.secret)
        except ApiError as error:
            message = withhold(error.message, _forms(outcome.secret))
            # `from None`: the cause has the message that is withheld.
            raise type(error)(message, retry_after=error.retry_after) from None


def _forms(secret: Mapping[str, Any]) -> Iterator[str]:
    """Yield every value of a Secret, as it is sent and as it is meant."""
    for encoded in secret["data"].values():
        yield encoded
        yield base64.b64decode(encoded).decode("utf-8", "replace")
