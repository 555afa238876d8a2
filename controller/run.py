"""The parts put together, started and stopped in an order that loses nothing.

Started: HTTP first, so that probes are answered; then the keys; then what we made (so that a restart knows what is
there); then the workers and the watch on SealedSecrets. Stopped: the watch first, so that nothing new comes; then the
workers, each after the object in hand; then HTTP. What was still queued is found again by the next start.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from controller.apply import Applier
from controller.keeper import KeyKeeper
from controller.keys import KeyFault, KeyStore
from controller.logs import fields
from controller.manifests import (
    MANAGED_BY_LABEL,
    MANAGER,
    Key,
    key_of,
    sealed_secrets_path,
    secrets_path,
)
from controller.operator import SealedSecretWatch
from controller.records import Records
from controller.server import Facts, Server, make_app
from controller.settings import bind
from controller.syncer import WORKERS, Syncer
from controller.verdict import Event
from controller.workqueue import Priority, WorkQueue
from sealer.apiserver.client import Client
from sealer.apiserver.errors import ApiError, NotFoundError
from sealer.apiserver.observe import Changed, Collection, Deleted, Listed, observe

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from controller.settings import Settings
    from sealer.apiserver.credentials import Credentials
    from sealer.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)
_FINISH_WITHIN: Final = 10.0
_OURS: Final = f"{MANAGED_BY_LABEL}={MANAGER}"


@dataclass
class Controller:
    """The running controller.

    Attributes:
        settings: What was asked for.
        credentials: Who we are.

    """

    settings: Settings
    credentials: Credentials
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _secrets_known: asyncio.Event = field(default_factory=asyncio.Event)
    _started: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises:
            ConfigError: It cannot start: the address is taken, the credentials are damaged.

        """
        with bind(self.settings.listen) as listening:
            async with Client(self.credentials, MANAGER) as client:
                self._put_together(client)
                self._listen_to_signals()
                host, port = listening.getsockname()[:2]
                _LOG.info("listening", extra={"fields": {"address": f"{host}:{port}"}})
                server = Server(make_app(Facts(self._keyring, self._is_ready, self.syncer.run_in_thread)))
                serving = asyncio.create_task(server.run_on(listening), name="HTTP")
                try:
                    await self._work(serving)
                finally:
                    server.stop()
                    await asyncio.wait({serving})

    def _put_together(self, client: Client) -> None:
        self.client = client
        self.keys = KeyStore()
        self.records = Records()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.applier = Applier(client)
        self.syncer = Syncer(
            client, self.applier, self.keys, self.records, self.queue, update_status=self.settings.update_status
        )
        self.keeper = KeyKeeper(client, self.settings, self.keys, self.syncer.keys_added, self._report)
        where = None if self.settings.all_namespaces else self.settings.namespace
        self.watch = SealedSecretWatch(self.credentials, where, self._saw, self._obstacle)
        self.watched_secrets = Collection(secrets_path(where), _OURS, metadata_only=True)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, self.keeper.renew_now)

    async def _work(self, serving: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        for part in (self.keeper.watch(), self.keeper.renew(), self._follow_secrets(), self._sync()):
            self._spawn(part)
        parts: set[asyncio.Task[Any]] = {stopping, serving, *self._tasks}
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        _LOG.info("stopping")
        self._started = False
        stopping.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in {serving, *self._tasks} & done:
            # A part that ended by itself is a bug: end with its trace, and be started again by whoever runs us.
            task.result()

    def _spawn(self, part: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(part))

    async def _sync(self) -> None:
        """Watch SealedSecrets and work, once keys and Secrets are known; when cancelled, finish what is in hand."""
        await self._secrets_known.wait()
        await self.keeper.has_key.wait()
        watching = asyncio.create_task(self.watch.run(), name="watch")
        workers = {asyncio.create_task(self.syncer.work(), name="worker") for _ in range(WORKERS)}
        self._started = True
        try:
            done, _ = await asyncio.wait({watching, *workers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            self.queue.close()
            _, late = await asyncio.wait(workers, timeout=_FINISH_WITHIN)
            for task in late:
                task.cancel()

    async def _follow_secrets(self) -> None:
        async for seen in observe(self.client, self.watched_secrets):
            for key in self._take_in(seen):
                self.queue.add(key, Priority.CHANGE)
            self._secrets_known.set()

    def _take_in(self, seen: Listed | Changed | Deleted) -> Iterator[Key]:
        match seen:
            case Listed(objects):
                yield from self.records.secrets_listed(objects)
            case Changed(secret):
                yield from self.records.secret_changed(secret)
            case Deleted(secret):
                yield from self.records.secret_deleted(secret)

    def _saw(self, kind: str | None, sealed: dict[str, Any]) -> None:
        if kind == "DELETED":
            if self.records.forget(sealed):
                self.queue.drop(key_of(sealed))
        elif self.records.see(sealed):
            self.queue.add(key_of(sealed), Priority.BACKLOG if kind is None else Priority.CHANGE)

    async def _obstacle(self) -> str | None:
        path = sealed_secrets_path(None if self.settings.all_namespaces else self.settings.namespace)
        try:
            await self.client.get(path, {"limit": "1"})
        except NotFoundError:
            return "there are none; is the CRD sealedsecrets.bitnami.com installed?"
        except ApiError as error:
            return error.message
        return None

    async def _report(self, fault: KeyFault) -> None:
        about = {"apiVersion": "v1", "kind": "Secret", "metadata": fault.secret}
        event = Event("Warning", "ErrKeyUnusable", f"this sealing key cannot be used: {fault.message}")
        try:
            await self.applier.write_event(about, event)
        except ApiError as error:
            _LOG.warning("cannot write an event", extra=fields(about, error=error.message))

    def _keyring(self) -> Keyring:
        return self.keys.keyring

    def _is_ready(self) -> bool:
        return self._started
