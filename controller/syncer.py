"""From what was seen to what is written: the queue's workers, each taking one object through one attempt.

gather (read what is missing) → `wanted_secret` in a thread → `decide` and apply → tell. Nothing ends a worker but the
queue's being closed, and no object is ever given up: what time may mend is tried again with growing waits, the rest
waits for a change of the object, of the keys or of the Secret, and is tried again now and then all the same.

Of a backlog, all Secrets are brought about before the first status is written: Pods wait for Secrets. What is untold
then is told in the order of the attempts, unless a newer attempt has something else to tell.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from controller import hold
from controller.apply import Applied, utc_now
from controller.faults import contained
from controller.leading import NotLeadingError
from controller.logs import fields
from controller.making import Maker, has_label
from controller.manifests import Key, sealed_secrets_path
from controller.reconcile import Action, Outcome
from controller.records import Record, Untold, compact_about
from controller.tally import Tally
from controller.verdict import Reason, Verdict, unsealed
from controller.workqueue import Priority
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ForbiddenError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from controller.apply import Applier
    from controller.digest import DigestKeys
    from controller.keys import KeyStore
    from controller.records import Records
    from controller.telling import Teller
    from controller.workqueue import WorkQueue
    from sealer.apiserver.client import Objects
    from sealer.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)
WORKERS: Final = 16
# A fault of the API server's own is told after this many tries: one lost connection is nobody's business.
_TRIES_BEFORE_TELLING: Final = 3
# Between two looks at whether we lead again.
_NOT_LEADING: Final = 1.0


def _no_hold(_namespace: str) -> str | None:
    """Return None: no namespace is on hold."""


@dataclass(frozen=True)
class Pace:
    """How long to wait for what.

    Attributes:
        backoff: After what time may mend.
        permanent: Seconds until the next look at what only a change can mend; half of it is left to chance.
        unowned: The same where the change is one of a Secret that is not ours, and that is not watched therefore.

    """

    backoff: Backoff = field(default_factory=Backoff)
    permanent: float = 600.0
    unowned: float = 30.0


@dataclass
class Syncer:
    """Takes objects from the queue through their attempts.

    Attributes:
        objects: The API server.
        applier: What writes Secrets there.
        teller: What writes statuses and events there.
        keys: The keyring, as it is at the moment.
        records: What is remembered of each object.
        queue: Which object is next.
        tally: What is counted.
        namespace_hold: Returns the hold annotation of a namespace.
        on_done: Called with each object that had its turn.
        pace: How long to wait for what.
        chance: A number in [0, 1).
        clock: Monotonic seconds.
        now: The time, aware.
        accept_deprecated: Whether SealedSecrets of the deprecated form are unsealed.

    """

    objects: Objects
    applier: Applier
    teller: Teller
    keys: KeyStore
    records: Records
    queue: WorkQueue[Key]
    tally: Tally = field(default_factory=Tally)
    namespace_hold: Callable[[str], str | None] = _no_hold
    on_done: Callable[[Key], object] = field(default=lambda _key: None)
    pace: Pace = field(default_factory=Pace)
    chance: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
    accept_deprecated: bool = True
    # SealedSecrets that are gone and whose Secrets are ours to delete, by their uid.
    orphaned: dict[Key, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.maker = Maker(self.applier, self.records, self.tally, self.clock, self.accept_deprecated)

    @property
    def digest_keys(self) -> DigestKeys:
        """The keys of digests."""
        return self.maker.digest_keys

    async def work(self) -> None:
        """Take objects until the queue is closed; the one in hand is finished first."""
        while (key := await self.queue.take()) is not None:
            try:
                await self.turn(key)
            finally:
                self.queue.done(key)
                self.on_done(key)

    async def turn(self, key: Key) -> None:
        """Do for an object what is due: tell what is untold, make an attempt, or both. Raises nothing."""
        record = self.records.get(key)
        with contained(key, lambda: self._fault(key, record)):
            try:
                if record is None:
                    await self._collect(key)
                    return
                if record.untold is not None and not record.stale:
                    drifted = not self.records.is_settled(key)
                    await self._tell_untold(key, record)
                    if not drifted:
                        return
                if self._is_due(key, record):
                    await self._attempt(key, record)
            except NotLeadingError:
                if record is not None:
                    record.stale = True
                self.queue.add_later(key, _NOT_LEADING)
            except ApiError as error:
                self._try_again(key, record, error)

    def keys_added(self) -> None:
        """Try again what no key could open."""
        for key in self.records.with_reason(Reason.DECRYPT_FAILED):
            self.queue.add(key, Priority.BACKLOG)

    def is_in_order(self, sealed: Mapping[str, Any], key: Key) -> bool:
        """Return whether a SealedSecret that was just listed needs nothing: no private key, no write, no event."""
        seen = self.records.secret(key)
        metadata = sealed["metadata"]
        if seen is None or seen.source is None or metadata.get("deletionTimestamp"):
            return False
        own = (metadata.get("annotations") or {}).get(hold.HOLD_ANNOTATION)
        if hold.in_force(own, self.namespace_hold(key.namespace), self.now()) is not None:
            return False
        if not self.teller.is_told(sealed, unsealed(sealed)):
            return False
        return self.maker.is_made_of(self.keys.keyring, seen.source, sealed)

    def _is_due(self, key: Key, record: Record) -> bool:
        if record.reason is Reason.HELD and not record.stale:
            found = hold.in_force(record.hold, self.namespace_hold(key.namespace), self.now())
            if found is not None and record.told is not None and record.told[1] == found.verdict:
                self.queue.add_later(key, found.look_again_in(self.now()))
                return False
            return True
        return not self.records.is_settled(key)

    async def _attempt(self, key: Key, record: Record) -> None:
        record.stale = False
        keyring = self.keys.keyring
        self.tally.begun += 1
        with self.tally.at_stage("fetch", key.namespace):
            sealed = await self._sealed(key, record)
        if sealed is None:
            return
        found = hold.in_force(record.hold, self.namespace_hold(key.namespace), self.now())
        if found is not None:
            applied = Applied(Outcome(Action.NONE, found.verdict))
            again: float | None = found.look_again_in(self.now())
        else:
            try:
                with self.tally.at_stage("update", key.namespace):
                    applied = await self.maker.make(key, record, sealed, keyring)
            except NotLeadingError:
                raise
            except ApiError as error:
                await self._tell_failure(record, sealed, error)
                raise
            again = self._settle(key, record, applied, keyring)
        _log(sealed, applied.outcome)
        self.tally.attempted(applied.outcome.verdict.reason, key.namespace)
        record.reason = applied.outcome.verdict.reason
        if found is not None:
            record.settled = self.records.secret_version(key)
        with self.tally.at_stage("status", key.namespace):
            await self._tell(key, record, sealed, applied.outcome, again)

    async def _tell(
        self, key: Key, record: Record, sealed: Mapping[str, Any], outcome: Outcome, again: float | None
    ) -> None:
        """Tell now what somebody may be waiting for, and the rest when there is nothing better to do."""
        told = not outcome.news and self.teller.is_told(sealed, outcome.verdict)
        if self.queue.in_hand(key) is Priority.BACKLOG and self.queue.busy and not told:
            record.untold = Untold(compact_about(sealed), outcome.verdict, outcome.news, again)
            self.queue.add(key, Priority.TELL)
            return
        record.untold = None
        await self.teller.tell(record, sealed, outcome.verdict, wrote=outcome.news)
        self._look_again(key, record, again)

    async def _tell_untold(self, key: Key, record: Record) -> None:
        untold = record.untold
        with self.tally.at_stage("status", key.namespace):
            await self.teller.tell_later(record)
        if untold is not None:
            self._look_again(key, record, untold.look_again_in)

    def _look_again(self, key: Key, record: Record, seconds: float | None) -> None:
        if seconds is not None:
            # What is held is looked at without I/O; all else takes an attempt.
            record.stale = record.stale or record.reason is not Reason.HELD
            self.queue.add_later(key, seconds)

    async def _sealed(self, key: Key, record: Record) -> Mapping[str, Any] | None:
        """Return the SealedSecret, read anew unless the watch brought it just now; None if it is gone."""
        body = self.records.take_body(record)
        if body is None:
            try:
                body = await self.objects.get(sealed_secrets_path(key.namespace, key.name))
            except NotFoundError:
                self.records.drop(key, record)
                return None
        # One that is being deleted in the foreground waits for its Secret to go: making it again would hold it for
        # ever.
        gone = body["metadata"].get("deletionTimestamp") or body["metadata"]["uid"] != record.uid
        return None if gone else body

    async def _tell_failure(self, record: Record, sealed: Mapping[str, Any], error: ApiError) -> None:
        refused = isinstance(error, ForbiddenError | InvalidError)
        if refused or record.failures + 1 >= _TRIES_BEFORE_TELLING:
            await self.teller.tell(record, sealed, Verdict(Reason.API_ERROR, error.message), wrote=False)

    def _try_again(self, key: Key, record: Record | None, error: ApiError) -> None:
        failures = 1
        if record is not None:
            record.stale, record.reason = True, Reason.API_ERROR
            record.failures = failures = record.failures + 1
        delay = self.pace.backoff.delay(failures, self.chance, at_least=error.retry_after)
        self.tally.retries[type(error).__name__] += 1
        about = {"metadata": key._asdict()}
        _LOG.warning("cannot sync, next try in %.1f s", delay, extra=fields(about, error=error.message))
        self.queue.add_later(key, delay)

    def _fault(self, key: Key, record: Record | None) -> None:
        """Take in that an attempt ended in a bug of ours: the object waits, the others go on."""
        self.tally.faults += 1
        failures = 1
        if record is not None:
            record.stale, record.reason = True, Reason.API_ERROR
            record.failures = failures = record.failures + 1
        self.queue.add_later(key, self.pace.backoff.delay(failures, self.chance))

    def _settle(self, key: Key, record: Record, applied: Applied, keyring: Keyring) -> float | None:
        """Take in what an attempt came to; return the seconds until the next one, None if none is due."""
        outcome = applied.outcome
        record.settled = self._settled_version(key, applied)
        record.failures = record.failures + 1 if outcome.retry else 0
        if outcome.verdict.synced:
            return None
        if outcome.verdict.reason is Reason.CONTESTED:
            return max(1.0, self.maker.until_repair(key))
        if outcome.verdict.reason is Reason.DECRYPT_FAILED and self.keys.keyring is not keyring:
            return 0.0  # The key for it may have come while it was being tried.
        if outcome.retry:
            return self.pace.backoff.delay(record.failures, self.chance)
        pause = self.pace.unowned if outcome.verdict.reason is Reason.NOT_OWNED else self.pace.permanent
        return pause * (1 - self.chance() / 2)

    def _settled_version(self, key: Key, applied: Applied) -> str | None:
        if applied.secret is not None and has_label(applied.secret):
            version: str = applied.secret["metadata"]["resourceVersion"]
            return version
        return self.records.secret_version(key)

    async def _collect(self, key: Key) -> None:
        uid = self.orphaned.get(key)
        if uid is not None:
            await self.applier.delete_secret(key, uid)
            del self.orphaned[key]


def _log(sealed: Mapping[str, Any], outcome: Outcome) -> None:
    verdict = outcome.verdict
    if verdict.synced:
        level = logging.DEBUG if outcome.action is Action.NONE else logging.INFO
        _LOG.log(level, "synced", extra=fields(sealed, action=outcome.action))
    elif verdict.reason is Reason.HELD:
        _LOG.info("held", extra=fields(sealed, reason=verdict.reason, why=verdict.message))
    else:
        _LOG.warning("not synced", extra=fields(sealed, reason=verdict.reason, error=verdict.message))
