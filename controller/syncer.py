"""From what was seen to what is written: the queue's workers, each taking one object through one attempt.

gather (read what is missing) → `wanted_secret` in a thread → `decide` and apply → tell. Nothing ends a worker but the
queue's being closed, and no object is ever given up: what time may mend is tried again with growing waits, the rest
waits for a change of the object, of the keys or of the Secret, and is tried again now and then all the same.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from controller.logs import fields
from controller.manifests import Key, sealed_secrets_path, status_of
from controller.reconcile import Action, Outcome, wanted_secret
from controller.records import Record, with_status
from controller.verdict import Reason, Verdict, event_for, is_news
from controller.workqueue import Priority
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ForbiddenError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.apply import Applied, Applier
    from controller.keys import KeyStore
    from controller.records import Records
    from controller.workqueue import WorkQueue
    from sealer.apiserver.client import Objects
    from sealer.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)
WORKERS: Final = 16
# A fault of the API server's own is told after this many tries: one lost connection is nobody's business.
_TRIES_BEFORE_TELLING: Final = 3


@dataclass(frozen=True)
class Pace:
    """How long to wait for what.

    Attributes:
        backoff: After what time may mend.
        permanent: Seconds until the next look at what only a change can mend; half of it is left to chance.

    """

    backoff: Backoff = field(default_factory=Backoff)
    permanent: float = 600.0


@dataclass
class Syncer:
    """Takes objects from the queue through their attempts.

    Attributes:
        objects: The API server.
        applier: What writes there.
        keys: The keyring, as it is at the moment.
        records: What is remembered of each object.
        queue: Which object is next.
        update_status: Whether to write statuses.
        pace: How long to wait for what.
        chance: A number in [0, 1).

    """

    objects: Objects
    applier: Applier
    keys: KeyStore
    records: Records
    queue: WorkQueue[Key]
    update_status: bool = True
    pace: Pace = field(default_factory=Pace)
    chance: Callable[[], float] = random.random
    # As many threads as cores: OpenSSL releases the interpreter lock, and more threads would only wait for each other.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(os.cpu_count(), "unseal"))

    async def work(self) -> None:
        """Take objects until the queue is closed; the one in hand is finished first."""
        while (key := await self.queue.take()) is not None:
            try:
                await self._attempt(key)
            finally:
                self.queue.done(key)

    def keys_added(self) -> None:
        """Try again what no key could open."""
        for key in self.records.with_reason(Reason.DECRYPT_FAILED):
            self.queue.add(key, Priority.BACKLOG)

    async def run_in_thread(self, function: Callable[..., Any], *args: object) -> Any:
        """Run what uses private keys where it does not hold up the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)

    async def _attempt(self, key: Key) -> None:
        record = self.records.get(key)
        if record is None or self.records.is_settled(key):
            return
        record.stale = False
        keyring = self.keys.keyring
        try:
            sealed = await self._sealed(key, record)
            if sealed is None:
                return
            try:
                applied = await self._apply(key, sealed, keyring)
            except ApiError as error:
                await self._tell_failure(record, sealed, error)
                raise
            _log(sealed, applied.outcome)
            await self._tell(record, sealed, applied.outcome.verdict, wrote=applied.outcome.news)
        except ApiError as error:
            self._try_again(key, record, error)
        else:
            self._settle(key, record, applied, keyring)

    async def _sealed(self, key: Key, record: Record) -> Mapping[str, Any] | None:
        """Return the SealedSecret, read anew unless the watch brought it just now; None if it is gone."""
        body, record.body = record.body, None
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

    async def _apply(self, key: Key, sealed: Mapping[str, Any], keyring: Keyring) -> Applied:
        # A new object has no Secret as a rule: creating it tells, and saves reading.
        known = self.records.secret_version(key) is not None
        existing = await self.applier.read(key) if known else None
        wanted = await self.run_in_thread(wanted_secret, sealed, keyring)
        return await self.applier.write(sealed, wanted, existing)

    async def _tell_failure(self, record: Record, sealed: Mapping[str, Any], error: ApiError) -> None:
        refused = isinstance(error, ForbiddenError | InvalidError)
        if refused or record.failures + 1 >= _TRIES_BEFORE_TELLING:
            await self._tell(record, sealed, Verdict(Reason.API_ERROR, error.message), wrote=False)

    async def _tell(self, record: Record, sealed: Mapping[str, Any], verdict: Verdict, *, wrote: bool) -> None:
        """Write status and event, the status first: if it fails, all is told anew at the next try."""
        generation = sealed["metadata"].get("generation", 0)
        news = wrote or (record.told != (generation, verdict) and self._is_news(sealed, generation, verdict))
        if self.update_status:
            status = await self.applier.write_status(sealed, verdict)
            if status is not None and record.body is not None:
                record.body = with_status(record.body, status)
        if news:
            record.told = (generation, verdict)
            try:
                await self.applier.write_event(sealed, event_for(verdict))
            except ApiError as error:
                # The status says it all, and an event that is late is no news.
                _LOG.warning("cannot write an event", extra=fields(sealed, error=error.message))

    def _is_news(self, sealed: Mapping[str, Any], generation: int, verdict: Verdict) -> bool:
        if not self.update_status:
            # Nothing in the cluster says what was told before: after a restart, tell failures only.
            return not verdict.synced
        return is_news(status_of(sealed), generation, verdict)

    def _try_again(self, key: Key, record: Record, error: ApiError) -> None:
        record.stale, record.reason = True, Reason.API_ERROR
        record.failures += 1
        delay = self.pace.backoff.delay(record.failures, self.chance, at_least=error.retry_after)
        about = {"metadata": key._asdict()}
        _LOG.warning("cannot sync, next try in %.1f s", delay, extra=fields(about, error=error.message))
        self.queue.add_later(key, delay)

    def _settle(self, key: Key, record: Record, applied: Applied, keyring: Keyring) -> None:
        verdict = applied.outcome.verdict
        record.reason = verdict.reason
        record.settled = applied.version or self.records.secret_version(key)
        record.failures = record.failures + 1 if applied.outcome.retry else 0
        if verdict.synced:
            return
        record.stale = True
        if verdict.reason is Reason.DECRYPT_FAILED and self.keys.keyring is not keyring:
            self.queue.add(key, Priority.BACKLOG)  # The key for it may have come while it was being tried.
        elif applied.outcome.retry:
            self.queue.add_later(key, self.pace.backoff.delay(record.failures, self.chance))
        else:
            self.queue.add_later(key, self.pace.permanent * (1 - self.chance() / 2))


def _log(sealed: Mapping[str, Any], outcome: Outcome) -> None:
    verdict = outcome.verdict
    if verdict.synced:
        level = logging.DEBUG if outcome.action is Action.NONE else logging.INFO
        _LOG.log(level, "synced", extra=fields(sealed, action=outcome.action))
    else:
        _LOG.warning("not synced", extra=fields(sealed, reason=verdict.reason, error=verdict.message))
