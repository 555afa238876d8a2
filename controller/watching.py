"""The lists and watches, and what becomes of what they find: records, and the queue.

For each namespace that is served, or once for all: first our own Secrets, in full, so that their digests can be checked
and their data forgotten page by page; then the SealedSecrets. One that is in order is settled on the spot, and never
enters the queue.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from controller.digest import source_if_as_written
from controller.faults import contained
from controller.manifests import MANAGED_BY_LABEL, MANAGER, Key, key_of, sealed_secrets_path, secrets_path
from controller.verdict import unsealed
from controller.workqueue import Priority
from sealer.apiserver.errors import ForbiddenError, NotFoundError
from sealer.apiserver.observe import Changed, Collection, Complete, Deleted, Page, stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.namespaces import NamespaceReader
    from controller.startup import StartUp
    from controller.syncer import Syncer
    from sealer.apiserver.client import Client
    from sealer.apiserver.errors import ApiError

_LOG: Final = logging.getLogger(__name__)
_OURS: Final = f"{MANAGED_BY_LABEL}={MANAGER}"
# Namespaces whose first lists are read at a time.
_AT_A_TIME: Final = 8
_SOON: Final = 5.0


@dataclass(frozen=True)
class Scope:
    """What to watch.

    Attributes:
        namespaces: Which; None for all.
        label_selector: Which SealedSecrets; empty for all.
        watch_secrets: Whether what becomes of our Secrets is watched.
        delete_secrets: Whether Secrets of SealedSecrets that are gone are ours to delete.
        relist: Seconds after which all is listed again; None for never.

    """

    namespaces: tuple[str, ...] | None = None
    label_selector: str = ""
    watch_secrets: bool = True
    delete_secrets: bool = False
    relist: float | None = None


@dataclass
class Watching:
    """All lists and watches.

    Attributes:
        client: The API server.
        scope: What to watch.
        syncer: What works on what is found.
        reader: Knows of namespaces.
        start_up: Counts the start-up pass.
        keys_known: Set once there is a keyring.
        keep: Whether manifests are kept for their attempts: not while another replica makes them.
        ready: Set once all Secrets were listed, or may not be.

    """

    client: Client
    scope: Scope
    syncer: Syncer
    reader: NamespaceReader
    start_up: StartUp
    keys_known: asyncio.Event
    keep: bool = True
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting_for: int = 0

    async def run(self) -> None:
        """List and watch until cancelled."""
        places: tuple[str | None, ...] = self.scope.namespaces if self.scope.namespaces is not None else (None,)
        self._waiting_for = len(places)
        self.start_up.begin(len(places))
        turns = asyncio.Semaphore(_AT_A_TIME)
        async with asyncio.TaskGroup() as group:
            for place in places:
                group.create_task(self._place(place, turns))

    async def _place(self, namespace: str | None, turns: asyncio.Semaphore) -> None:
        """Watch one namespace, or all."""
        secrets_known, listed = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group, turns:
            group.create_task(self._secrets(namespace, secrets_known))
            group.create_task(self._sealed_secrets(namespace, secrets_known, listed))
            # One that cannot be listed must not keep the others waiting.
            with suppress(TimeoutError):
                await asyncio.wait_for(listed.wait(), _SOON)

    async def _secrets(self, namespace: str | None, known: asyncio.Event) -> None:
        collection = Collection(
            secrets_path(namespace), _OURS, metadata_only=True, list_whole=True, relist=self.scope.relist
        )

        def refused(error: ApiError) -> None:
            # What may not be listed is read, one by one, when it is needed.
            if isinstance(error, ForbiddenError | NotFoundError):
                self._known(known)

        async with aclosing(stream(self.client, collection, on_failure=refused)) as seen:
            async for part in seen:
                await self.keys_known.wait()
                due = self._due(part, namespace)
                if known.is_set() and self.scope.watch_secrets:
                    self._queue(due, Priority.CHANGE)
                if isinstance(part, Complete):
                    self._known(known)
                    if not self.scope.watch_secrets:
                        return

    def _known(self, known: asyncio.Event) -> None:
        if not known.is_set():
            known.set()
            self._waiting_for -= 1
            if self._waiting_for == 0:
                self.ready.set()

    def _due(self, part: Page | Complete | Changed | Deleted, namespace: str | None) -> list[Key]:
        """Take in what was seen of our Secrets; return whose SealedSecrets are due for it."""
        records, syncer = self.syncer.records, self.syncer
        match part:
            case Page(secrets):
                keyring = syncer.keys.keyring
                sources = ((one, source_if_as_written(syncer.digest_keys, keyring, one)) for one in secrets)
                return [key for one, source in sources for key in records.secret_listed(one, source)]
            case Complete(names):
                return list(records.secrets_complete(names, namespace))
            case Changed(secret):
                return list(records.secret_changed(secret))
            case Deleted(secret):
                return list(records.secret_deleted(secret))

    async def _sealed_secrets(self, namespace: str | None, secrets_known: asyncio.Event, listed: asyncio.Event) -> None:
        collection = Collection(sealed_secrets_path(namespace), self.scope.label_selector, relist=self.scope.relist)

        def failed(error: ApiError) -> None:
            if isinstance(error, NotFoundError):
                _LOG.warning("there are no SealedSecrets; is the CRD sealedsecrets.bitnami.com installed?")
            if isinstance(error, NotFoundError | ForbiddenError):
                self._list_done(listed)

        async with aclosing(stream(self.client, collection, on_failure=failed)) as seen:
            async for part in seen:
                await secrets_known.wait()
                await self.reader.known.wait()
                await self._take_in(part, namespace)
                if isinstance(part, Complete):
                    self._list_done(listed)

    def _list_done(self, listed: asyncio.Event) -> None:
        if not listed.is_set():
            listed.set()
            self.start_up.list_complete()

    async def _take_in(self, part: Page | Complete | Changed | Deleted, namespace: str | None) -> None:
        match part:
            case Page(found):
                for sealed in found:
                    with contained(key_of(sealed), partial(self._later, sealed)):
                        self._listed(sealed)
            case Complete(names):
                self._complete(names, namespace)
            case Changed(sealed):
                with contained(key_of(sealed), partial(self._later, sealed)):
                    await self._changed(sealed)
            case Deleted(sealed):
                self._deleted(sealed)

    def _later(self, sealed: Mapping[str, Any]) -> None:
        """Put an object that cannot be taken in to those that are tried again."""
        self.syncer.queue.add_later(key_of(sealed), _SOON)

    def _listed(self, sealed: Mapping[str, Any]) -> None:
        """Take in a SealedSecret that a list has, at the start or later: what nobody told of may have happened."""
        key, syncer = key_of(sealed), self.syncer
        in_order = syncer.is_in_order(sealed, key)
        due = syncer.records.see(sealed, keep=self.keep and not in_order)
        self.start_up.listed(key, in_order=in_order)
        if in_order:
            syncer.records.settle(key, sealed["metadata"].get("generation", 0), unsealed(sealed))
            syncer.queue.drop(key)
            return
        record = syncer.records.get(key)
        if record is not None and not due and record.untold is None:
            # Known and unchanged, and yet not in order: its Secret or its status is not as we left it.
            record.stale = True
        syncer.queue.add(key, Priority.BACKLOG)

    def _complete(self, names: frozenset[tuple[str, str]], namespace: str | None) -> None:
        for key in self.syncer.records.not_among(names, namespace):
            record = self.syncer.records.get(key)
            if record is not None:
                self._gone(key, record.uid)
                self.syncer.records.drop(key, record)

    async def _changed(self, sealed: Mapping[str, Any]) -> None:
        key, syncer = key_of(sealed), self.syncer
        if syncer.records.see(sealed, keep=self.keep):
            syncer.queue.add(key, Priority.CHANGE)
            return
        record = syncer.records.get(key)
        if record is not None and await syncer.teller.notice_others(record, sealed):
            # What they told may not be so. Not at once, and so that many of these become one.
            record.stale, record.told = True, None
            syncer.queue.add_later(key, _SOON)

    def _deleted(self, sealed: Mapping[str, Any]) -> None:
        key = key_of(sealed)
        if self.syncer.records.forget(sealed):
            self.syncer.queue.drop(key)
            self._gone(key, sealed["metadata"]["uid"])

    def _gone(self, key: Key, uid: str) -> None:
        self.start_up.had_its_turn(key)
        if self.scope.delete_secrets:
            self.syncer.orphaned[key] = uid
            self.syncer.queue.add(key, Priority.CHANGE)

    def _queue(self, keys: Iterable[Key], priority: Priority) -> None:
        for key in keys:
            self.syncer.queue.add(key, priority)
