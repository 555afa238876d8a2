"""Keeping the keys: the watches on their Secrets, the first key, renewal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from controller.keys import KEY_SELECTOR, Found, KeyChange, KeyFault, KeyStore, key_secret, utc_now
from controller.leading import ALONE, Fenced, Leadership, NotLeadingError
from controller.logs import fields
from controller.manifests import KEY_LABEL, secrets_path
from controller.renewal import Renewal
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError
from sealer.apiserver.observe import Changed, Collection, Deleted, Listed, observe
from sealer.keyring import SealingKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from controller.settings import Settings
    from sealer.apiserver.client import Client

_LOG: Final = logging.getLogger(__name__)
_BACKOFF: Final = Backoff(first=1.0, cap=60.0)
# Clocks may be put right at any time: it is looked at them this often, in seconds.
_LONGEST_SLEEP: Final = 60.0


@dataclass
class KeyKeeper:
    """Keeps a `KeyStore` as the cluster has it, and sees to it that there is a key that is young enough.

    Every replica knows the keys; only the leader makes one.

    Attributes:
        client: The API server.
        settings: Of new keys.
        store: The keys.
        on_added: Called when keys were added.
        report: Called with each key Secret that cannot be used.
        leadership: Whether it is for us to make keys.
        now: The time, aware.
        monotonic: Seconds that no clock step changes.
        known: Set once the key Secrets have been listed.
        has_key: Set once there was a key.

    """

    client: Client
    settings: Settings
    store: KeyStore
    on_added: Callable[[], None]
    report: Callable[[KeyFault], Awaitable[None]]
    leadership: Leadership = ALONE
    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    known: asyncio.Event = field(default_factory=asyncio.Event)
    has_key: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False
    _unreported: dict[str, KeyFault] = field(default_factory=dict)
    _look_again: asyncio.Event = field(default_factory=asyncio.Event)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Take over what the settings say of order and age."""
        settings = self.settings
        self.store.order = settings.key_order
        self._renewal = Renewal(settings.key_renew_period, settings.key_cutoff, settings.key_order)

    async def watch(self) -> None:
        """Follow the key Secrets, for ever: those with the label, and the one of the exact name that needs none."""
        path = secrets_path(self.settings.namespace)
        named = Collection(path, "", field_selector=f"metadata.name={self.settings.key_prefix}")
        listed = [asyncio.Event(), asyncio.Event()]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(Collection(path, KEY_SELECTOR), Found.LABELLED, listed[0]))
            group.create_task(self._follow(named, Found.NAMED, listed[1]))
            for event in listed:
                await event.wait()
            self.known.set()

    def renew_now(self) -> None:
        """Have a new key made, whatever the age of the newest (SIGUSR1)."""
        if not self.leadership.is_leader():
            _LOG.warning("not making a sealing key: another replica leads, and keys are for that one to make")
            return
        self._asked = True
        self.look_again()

    def look_again(self) -> None:
        """Have it looked at once whether a key is due: to be called whenever the leadership changes."""
        self._look_again.set()

    async def renew(self) -> None:
        """Make the first key, and the next whenever the newest is old enough, for ever."""
        await self.known.wait()
        failures = 0
        while True:
            self._look_again.clear()
            await self._report()
            wait = self._wait()
            if wait > 0:
                await self._sleep(wait)
                continue
            try:
                await self._make_key()
                failures = 0
            except NotLeadingError:
                await self._sleep(_LONGEST_SLEEP)
            except ApiError as error:
                failures += 1
                delay = _BACKOFF.delay(failures, random.random, at_least=error.retry_after)
                why = {"error": error.message, "next_try": f"{delay:.1f}s"}
                _LOG.error("cannot keep a new sealing key", extra={"fields": why})
                await asyncio.sleep(delay)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._look_again.wait()
        # A certificate may have begun meanwhile, or a clock been put right.
        async with self._one_at_a_time:
            change = self.store.refresh()
        await self._tell(change)

    def _wait(self) -> float:
        """Return the seconds until the next key is to be made, zero for now; at most `_LONGEST_SLEEP`."""
        if not self.leadership.is_leader():
            self._asked = False
            return _LONGEST_SLEEP
        if self._asked:
            return 0.0
        due = self._renewal.wait(self.store.keys, self.now(), self.monotonic())
        return _LONGEST_SLEEP if due is None else min(_LONGEST_SLEEP, due)

    async def _make_key(self) -> None:
        settings = self.settings
        key = await asyncio.to_thread(_generate, settings, self.now())
        secret = key_secret(
            key,
            namespace=settings.namespace,
            prefix=settings.key_prefix,
            labels=settings.key_labels,
            annotations=settings.key_annotations,
        )
        # Fenced: making it took its time, and we may lead no longer.
        stored = await Fenced(self.client, self.leadership).create(secrets_path(settings.namespace), secret)
        if not self._asked:
            self._renewal.made(self.monotonic())
        self._asked = False
        _LOG.info("new sealing key", extra=fields(stored, fingerprint=key.fingerprint))
        _refuse_unlabelled(stored)
        # Not waiting for the watch: a certificate that is asked for now must be that of the newest key.
        await self._take(self.store.changed, stored, Found.LABELLED)
        if all(known.fingerprint != key.fingerprint for known in self.store.keyring.keys):
            raise ApiError("the API server gave back another key than it was given")

    async def _follow(self, collection: Collection, how: Found, listed: asyncio.Event) -> None:
        async for seen in observe(self.client, collection):
            match seen:
                case Listed(objects):
                    await self._take(self.store.listed, objects, how)
                    listed.set()
                case Changed(secret):
                    await self._take(self.store.changed, secret, how)
                case Deleted(secret):
                    await self._take(self.store.deleted, secret, how)

    async def _take(self, take: Callable[[Any, Found], KeyChange], what: Any, how: Found) -> None:
        """Have the store take something in, off the loop; one at a time, as the store asks."""
        async with self._one_at_a_time:
            change = await asyncio.to_thread(take, what, how)
        # The watch holds on to what it saw last until it sees the next, which may be never.
        for secret in what if isinstance(what, list) else [what]:
            secret.pop("data", None)
        await self._tell(change)

    async def _tell(self, change: KeyChange) -> None:
        for key in change.added:
            _LOG.info("registered sealing key", extra={"fields": {"fingerprint": key.fingerprint}})
        for fingerprint in change.removed:
            _LOG.warning("sealing key is gone or no longer active", extra={"fields": {"fingerprint": fingerprint}})
        for fault in change.faults:
            about = {"metadata": fault.secret}
            _LOG.warning("key Secret cannot be used", extra=fields(about, error=fault.message))
            self._unreported[fault.name] = fault
        await self._report()
        if change.added or change.removed:
            # The last key, or the last young one, may be gone: then it is time for another.
            self.look_again()
        if change.added:
            self.has_key.set()
            self.on_added()

    async def _report(self) -> None:
        """Report the faults that there still are; a standby leaves that until it leads."""
        while self._unreported and self.leadership.is_leader():
            _, fault = self._unreported.popitem()
            if fault in self.store.faults:
                await self.report(fault)


def _refuse_unlabelled(stored: dict[str, Any]) -> None:
    """Refuse a key that came back without its label, which no watch of ours would ever see.

    Raises:
        ApiError: Somebody, an admission webhook it must be, took the label away.

    """
    if KEY_LABEL not in (stored["metadata"].get("labels") or {}):
        raise ApiError(
            "the new key Secret came back without its object label", hint="does an admission webhook remove it?"
        )


def _generate(settings: Settings, now: datetime) -> SealingKey:
    return SealingKey.generate(
        bits=settings.key_size, common_name=settings.common_name, validity=settings.key_ttl, now=now
    )
