"""The parts put together, started and stopped in an order that loses nothing.

Started: the keys, what we made, and what namespaces say, all at once; then the watch on SealedSecrets; the workers when
it is clear what we made, and only while we lead. What is heavy to import waits until the start-up pass is done, or two
seconds are over: HTTP, and then kopf. Stopped: the watch first, so that nothing new comes; then the workers, each after
the object in hand; then HTTP. What was still queued is found again by the next start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from controller.apply import Applier
from controller.electing import make_election
from controller.keeper import KeyKeeper
from controller.keys import KeyFault, KeyStore
from controller.leading import ALONE, Fenced, NotLeadingError
from controller.lean import few_arenas, give_back_memory, settle_imports, without_system_certificates
from controller.logs import fields
from controller.manifests import MANAGER, Key
from controller.metrics.numbers import Numbers
from controller.namespaces import NamespaceReader, Namespaces
from controller.ports import Ports
from controller.records import Records
from controller.settings import bind
from controller.startup import StartUp
from controller.syncer import WORKERS, Syncer
from controller.tally import Tally
from controller.telling import Teller
from controller.verdict import Event
from controller.watching import Scope, Watching
from controller.workqueue import Priority, WorkQueue
from sealer.apiserver.errors import ApiError
from sealer.apiserver.lease import Election, identity

with without_system_certificates():
    from sealer.apiserver.client import Client

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from controller.operator import NamespaceWatch
    from controller.settings import Settings
    from sealer.apiserver.credentials import Credentials
    from sealer.apiserver.lease import Leadership
    from sealer.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)
_FINISH_WITHIN: Final = 10.0
# How long the first lists may keep HTTP, and then kopf, waiting.
_HTTP_WITHIN: Final = 2.0
_KOPF_WITHIN: Final = 5.0
# How long the first lists wait to know who leads.
_ELECTED_WITHIN: Final = 1.0
# When freed memory is given back: some seconds after the start-up pass, and then now and then.
_TIDY_AFTER: Final = 5.0
_TIDY_EVERY: Final = 600.0


@dataclass
class Controller:
    """The running controller.

    Attributes:
        settings: What was asked for.
        credentials: Who we are.
        leadership: Whether we may write; whoever decides it calls `lead` and `follow`.
        leading: Set while we lead.
        identity: Which replica we are, to the election and in the API server's audit log.
        numbers: What is counted at the edges, for metrics.

    """

    settings: Settings
    credentials: Credentials
    leadership: Leadership = ALONE
    leading: asyncio.Event = field(default_factory=asyncio.Event)
    identity: str = field(default_factory=lambda: identity(os.environ))
    numbers: Numbers = field(default_factory=Numbers)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _list_again: asyncio.Event = field(default_factory=asyncio.Event)
    _started: bool = False
    _abandoned: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises:
            ConfigError: It cannot start: the address is taken, the credentials are damaged.

        """
        few_arenas()
        with bind(self.settings.listen) as listening, bind(self.settings.listen_metrics) as scraped:
            async with self._client() as client, self._client() as leases:
                if self.settings.leader_elect:
                    self.leadership = make_election(
                        self.settings, self.identity, leases, lead=self.lead, follow=self.follow
                    )
                self._put_together(client)
                self._listen_to_signals()
                host, port = listening.getsockname()[:2]
                _LOG.info("listening", extra={"fields": {"address": f"{host}:{port}"}})
                electing = asyncio.create_task(self._elect(), name="election")
                ports = Ports(listening, scraped)
                serving = asyncio.create_task(self._serve(ports), name="HTTP")
                try:
                    await self._work(electing, serving)
                finally:
                    await self._stop_electing(electing)
                    ports.close()
                    await asyncio.wait({serving})

    def lead(self) -> None:
        """Begin to write. All is listed again first: what another leader did is not what we remember."""
        self.leading.set()
        self.keeper.look_again()
        self._list_again.set()

    def follow(self) -> None:
        """Stop writing: no object is taken up any more, and no write is begun, whatever is in hand."""
        self.leading.clear()
        self.queue.pause()

    def _put_together(self, client: Client) -> None:
        settings = self.settings
        self.client = client
        self.writing = Fenced(client, self.leadership)
        self.tally = Tally(on_synced=self.numbers.sync_seconds.observe)
        self.keys = KeyStore(on_try=self.tally.key_tried)
        self.records = Records(clock=time.monotonic)
        self.queue: WorkQueue[Key] = WorkQueue()
        self.queue.pause()
        self.applier = Applier(self.writing)
        self.namespaces = Namespaces(self._namespace_changed)
        self.reader = NamespaceReader(client, self.namespaces, settings.namespaces)
        self.start_up = StartUp(self.records)
        self.syncer = Syncer(
            client,
            self.applier,
            Teller(self.applier, self.records, self.tally, update_status=settings.update_status),
            self.keys,
            self.records,
            self.queue,
            self.tally,
            namespace_hold=self.namespaces.hold,
            on_done=self.start_up.had_its_turn,
            accept_deprecated=settings.accept_deprecated,
        )
        self.keeper = KeyKeeper(
            client, settings, self.keys, self.syncer.keys_added, self._report, leadership=self.leadership
        )
        self.scope = Scope(
            settings.namespaces,
            settings.label_selector,
            watch_secrets=not settings.skip_recreate,
            delete_secrets=settings.old_gc_behavior,
            relist=settings.resync_period.total_seconds() or None,
        )

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, self.keeper.renew_now)

    def _client(self) -> Client:
        return Client(self.credentials, MANAGER, identity=self.identity, answered=self.numbers.api_answered)

    async def _work(self, *others: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        for part in (self.keeper.watch(), self.keeper.renew(), self._follow_namespaces(), self._sync(), self._tidy()):
            self._spawn(part)
        parts: set[asyncio.Task[Any]] = {stopping, *others, *self._tasks}
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        _LOG.info("stopping")
        self._started = False
        stopping.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in {*others, *self._tasks} & done:
            # A part that ended by itself is a bug: end with its trace, and be started again by whoever runs us.
            task.result()

    def _spawn(self, part: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(part))

    async def _serve(self, ports: Ports) -> None:
        await self._first(self.start_up.done, _HTTP_WITHIN)
        await ports.serve(self)

    async def _elect(self) -> None:
        """Stand for election for as long as we live, or lead without one."""
        if isinstance(self.leadership, Election):
            await self.leadership.run()
        self.lead()
        await asyncio.Event().wait()

    async def _stop_electing(self, electing: asyncio.Task[None]) -> None:
        """Leave the Lease to another, now that nothing is written any more."""
        electing.cancel()
        await asyncio.wait({electing})
        # A write that had to be abandoned may still arrive: then the Lease runs out by itself, which takes longer.
        if isinstance(self.leadership, Election) and not self._abandoned:
            await self.leadership.release()

    async def _sync(self) -> None:
        """Watch and work, once there is a key; when cancelled, finish what is in hand."""
        if isinstance(self.leadership, Election):
            # Who leads lists with other eyes; knowing it from the start saves listing twice.
            await self._first(self.leadership.decided, _ELECTED_WITHIN)
        settle_imports()
        workers = {asyncio.create_task(self.syncer.work(), name="worker") for _ in range(WORKERS)}
        try:
            while True:
                self._list_again.clear()
                await self._watch(workers)
        finally:
            self.queue.close()
            _, late = await asyncio.wait(workers, timeout=_FINISH_WITHIN)
            self._abandoned = bool(late)
            for task in late:
                task.cancel()

    async def _watch(self, workers: set[asyncio.Task[None]]) -> None:
        """List and watch until all is to be listed again."""
        self.queue.pause()
        watching = Watching(
            self.client,
            self.scope,
            self.syncer,
            self.reader,
            self.start_up,
            self.keeper.has_key,
            keep=self.leading.is_set(),
        )
        running = asyncio.create_task(watching.run(), name="watch")
        beginning = asyncio.create_task(self._begin(watching), name="begin")
        again = asyncio.create_task(self._list_again.wait(), name="again")
        try:
            done, _ = await asyncio.wait({running, again, *workers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {again}:
                task.result()
        finally:
            for task in (running, beginning, again):
                task.cancel()
            await asyncio.wait({running, beginning, again})

    async def _begin(self, watching: Watching) -> None:
        await watching.ready.wait()
        self._started = True
        if self.leading.is_set():
            self.queue.resume()

    async def _follow_namespaces(self) -> None:
        await self.reader.read()
        await self._first(self.start_up.done, _KOPF_WITHIN)
        if self.reader.may_watch:
            watch = await asyncio.to_thread(_make_namespace_watch, self)
            await watch.run()
        else:
            await self.reader.poll()

    async def _tidy(self) -> None:
        """Give back what the start-up pass has used, and now and then what else was freed."""
        await self._first(self.start_up.done, _TIDY_EVERY)
        await asyncio.sleep(_TIDY_AFTER)
        while True:
            give_back_memory()
            await asyncio.sleep(_TIDY_EVERY)

    async def _first(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for an event, but not longer than so many seconds."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({waiting}, timeout=seconds)
        finally:
            waiting.cancel()

    def _namespace_changed(self, name: str) -> None:
        for key in self.records.in_namespace(name):
            self.queue.add(key, Priority.CHANGE)

    async def _report(self, fault: KeyFault) -> None:
        about = {"apiVersion": "v1", "kind": "Secret", "metadata": fault.secret}
        event = Event("Warning", "ErrKeyUnusable", f"this sealing key cannot be used: {fault.message}")
        try:
            await self.applier.write_event(about, event)
        except NotLeadingError:
            return  # The leader reports it.
        except ApiError as error:
            _LOG.warning("cannot write an event", extra=fields(about, error=error.message))

    def keyring(self) -> Keyring:
        """Return the keyring as it is now."""
        return self.keys.keyring

    def is_ready(self) -> bool:
        """Return whether keys and Secrets are known."""
        return self._started and self.keeper.has_key.is_set()


def _make_namespace_watch(controller: Controller) -> NamespaceWatch:
    from controller.operator import NamespaceWatch  # noqa: PLC0415 - late on purpose, see `Controller._follow_namespaces`

    return NamespaceWatch(controller.credentials, controller.namespaces.see, controller.namespaces.forget)
