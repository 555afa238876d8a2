"""Keeping the keys: the watch on their Secrets, the first key, renewal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from controller.apply import utc_now
from controller.keys import KEY_SELECTOR, KeyChange, KeyFault, KeyStore, key_secret, renewal_due
from controller.logs import fields
from controller.manifests import secrets_path
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
# asyncio cannot sleep for more than about a day on every platform; a long wait is several short ones.
_LONGEST_SLEEP: Final = 3600.0


@dataclass
class KeyKeeper:
    """Keeps a `KeyStore` as the cluster has it, and sees to it that there is a key that is young enough.

    Attributes:
        client: The API server.
        settings: Of new keys.
        store: The keys.
        on_added: Called when keys were added.
        report: Called with each key Secret that cannot be used.
        now: The time, aware.
        known: Set once the key Secrets have been listed.
        has_key: Set once there was a key.

    """

    client: Client
    settings: Settings
    store: KeyStore
    on_added: Callable[[], None]
    report: Callable[[KeyFault], Awaitable[None]]
    now: Callable[[], datetime] = utc_now
    known: asyncio.Event = field(default_factory=asyncio.Event)
    has_key: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False
    _look_again: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Follow the key Secrets, for ever."""
        collection = Collection(secrets_path(self.settings.namespace), KEY_SELECTOR)
        async for seen in observe(self.client, collection):
            match seen:
                case Listed(objects):
                    await self._tell(self.store.listed(objects))
                    self.known.set()
                case Changed(secret):
                    await self._tell(self.store.changed(secret))
                case Deleted(secret):
                    await self._tell(self.store.deleted(secret))

    def renew_now(self) -> None:
        """Have a new key made, whatever the age of the newest (SIGUSR1)."""
        self._asked = True
        self._look_again.set()

    async def renew(self) -> None:
        """Make the first key, and the next whenever the newest is old enough, for ever."""
        await self.known.wait()
        failures = 0
        while True:
            wait = self._wait()
            if wait <= 0:
                try:
                    await self._make_key()
                    failures = 0
                except ApiError as error:
                    failures += 1
                    delay = _BACKOFF.delay(failures, random.random, at_least=error.retry_after)
                    why = {"error": error.message}
                    _LOG.error("cannot keep a new sealing key, next try in %.1f s", delay, extra={"fields": why})
                    await asyncio.sleep(delay)
                continue
            self._look_again.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._look_again.wait()

    def _wait(self) -> float:
        """Return the seconds until the next key is to be made, zero for now; at most `_LONGEST_SLEEP`."""
        if self._asked:
            return 0.0
        keys = self.store.keyring.keys
        due = renewal_due(keys[0].not_before if keys else None, self.settings.key_renew_period, self.now())
        return _LONGEST_SLEEP if due is None else min(_LONGEST_SLEEP, due.total_seconds())

    async def _make_key(self) -> None:
        settings = self.settings
        key = await asyncio.to_thread(_generate, settings, self.now())
        secret = key_secret(key, namespace=settings.namespace, prefix=settings.key_prefix)
        stored = await self.client.create(secrets_path(settings.namespace), secret)
        self._asked = False
        _LOG.info("new sealing key", extra=fields(stored, fingerprint=key.fingerprint))
        # Not waiting for the watch: a certificate that is asked for now must be that of the newest key.
        await self._tell(self.store.changed(stored))
        if all(known.fingerprint != key.fingerprint for known in self.store.keyring.keys):
            # Without this, a webhook that garbles our key Secrets would have us make keys without an end.
            raise ApiError("the API server gave back another key than it was given")

    async def _tell(self, change: KeyChange) -> None:
        for key in change.added:
            _LOG.info("registered sealing key", extra={"fields": {"fingerprint": key.fingerprint}})
        for fingerprint in change.removed:
            _LOG.warning("sealing key is gone or no longer active", extra={"fields": {"fingerprint": fingerprint}})
        for fault in change.faults:
            _LOG.warning("key Secret cannot be used", extra={"fields": {"name": fault.name, "error": fault.message}})
            await self.report(fault)
        if change.removed:
            # The last key, or the last young one, may be gone: then it is time for another.
            self._look_again.set()
        if change.added:
            self.has_key.set()
            self.on_added()


def _generate(settings: Settings, now: datetime) -> SealingKey:
    return SealingKey.generate(
        bits=settings.key_size, common_name=settings.common_name, validity=settings.key_ttl, now=now
    )
