"""kopf's part: what is rare, the watch on Namespaces; and the one door to kopf.

kopf runs in a thread and a loop of its own. When it stops, for whatever reason, it cancels every task of its loop
that was not there when it began ("the loop is not fully ours" says its source), and would take HTTP requests and
attempts in hand with it. That way it may fail and be started again, and nobody else notices.

Only ``on.event`` is used: it stores nothing on objects. Change handlers keep a copy of the object in an annotation,
which for a Secret would be the plaintext (design, Controller).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any, Final

from controller.manifests import MANAGER
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.connection import open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    import aiohttp

    from sealer.apiserver.credentials import Credentials


class _Hidden(MetaPathFinder):
    """Says of the Kubernetes client libraries that they are not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname.partition(".")[0] in {"kubernetes", "kubernetes_asyncio", "pykube"}:
            raise ModuleNotFoundError(f"{fullname} is hidden from kopf", name=fullname)
        return None


@contextmanager
def _without_client_libraries() -> Iterator[None]:
    """Hide the client libraries while kopf is imported.

    kopf imports `kubernetes` wherever it is installed, only to recognize its models and to offer logins that we do
    not use, and that costs 51 MB. It is safe: kopf treats them as optional (``except ImportError``), nothing is left
    behind in `sys.modules`, so that whoever else imports them later gets the real ones, and one that was imported
    before stays.
    """
    hidden = _Hidden()
    # A new list each time: another thread that imports goes through the old one, and skips a finder if that shrinks.
    sys.meta_path = [hidden, *sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path = [finder for finder in sys.meta_path if finder is not hidden]


with _without_client_libraries():
    import kopf

_LOG: Final = logging.getLogger(__name__)
_BACKOFF: Final = Backoff(first=1.0, cap=30.0)
# A watch that lived this long, seconds, was not at fault when it ended.
_LONG_ENOUGH: Final = 60.0
_PAGE: Final = 500


class _Endless:
    """Waits between kopf's tries of one request, capped and without an end; each iteration starts anew."""

    def __iter__(self) -> Iterator[float]:
        return (_BACKOFF.delay(failures, random.random) for failures in itertools.count(1))


class _NothingCompared(kopf.DiffBaseStorage):
    """Keeps no copy of an object and compares none: kopf would copy each one at every event, for handlers we lack."""

    def build(self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None) -> kopf.BodyEssence:
        del body, extra_fields
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        del body
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Store nothing."""


@dataclass
class NamespaceWatch:
    """The watch on Namespaces, for as long as we live.

    Attributes:
        credentials: Who we are.
        see: Called with each namespace that is there, new or changed, in the loop that `run` runs in.
        forget: Called with the name of each that is gone.

    """

    credentials: Credentials
    see: Callable[[Mapping[str, Any]], object]
    forget: Callable[[str], object]
    _stop: Callable[[], object] | None = field(default=None, repr=False)
    _ended: bool = False

    async def run(self) -> None:
        """Watch until cancelled, starting kopf again whenever it ends."""
        loop = asyncio.get_running_loop()
        failures = 0
        with ThreadPoolExecutor(1, "kopf") as thread:
            while True:
                began = loop.time()
                running = loop.run_in_executor(thread, asyncio.run, self._operate(loop))
                try:
                    await asyncio.wait({running})
                except asyncio.CancelledError:
                    self._end()
                    await asyncio.wait({running})
                    raise
                failures = 1 if loop.time() - began > _LONG_ENOUGH else failures + 1
                delay = _BACKOFF.delay(failures, random.random)
                _LOG.warning("the watch on Namespaces ended, next try in %.1f s: %r", delay, running.exception())
                await asyncio.sleep(delay)

    def _end(self) -> None:
        self._ended = True
        # What it says of its own requests that are cut off now would look like faults.
        logging.getLogger("kopf").setLevel(logging.CRITICAL)
        stop = self._stop
        if stop is not None:
            with suppress(RuntimeError):  # kopf's loop is closed already: it has ended by itself.
                stop()

    async def _operate(self, home: asyncio.AbstractEventLoop) -> None:
        """Run kopf until it ends or `_end` is called; this is in its thread and its loop."""
        sessions: list[aiohttp.ClientSession] = []
        operating = asyncio.create_task(
            kopf.operator(
                registry=self._registry(home, sessions),
                settings=_settings(),
                standalone=True,
                clusterwide=True,
            )
        )
        # Cancelled, not asked to stop by its flag: then it would wait up to five seconds for requests of its own, and
        # there is nothing in its loop that is worth waiting for.
        self._stop = partial(asyncio.get_running_loop().call_soon_threadsafe, operating.cancel)
        if self._ended:  # Asked to stop before there was anything to stop.
            operating.cancel()
        await asyncio.wait({operating})
        for session in sessions:
            await session.close()
        if not operating.cancelled():
            operating.result()

    def _sort(self, kind: str | None, namespace: Mapping[str, Any]) -> None:
        if kind == "DELETED":
            self.forget(namespace["metadata"]["name"])
        else:
            self.see(namespace)

    def _registry(
        self, home: asyncio.AbstractEventLoop, sessions: list[aiohttp.ClientSession]
    ) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def log_in(**_: object) -> kopf.AiohttpSession:
            sessions.append(open_session(self.credentials, MANAGER, connections=0))
            return kopf.AiohttpSession(server=self.credentials.server, aiohttp_session=sessions[-1])

        @kopf.on.event("v1", "namespaces", registry=registry)
        async def on_namespace(event: kopf.RawEvent, **_: object) -> None:
            home.call_soon_threadsafe(self._sort, event["type"], dict(event["object"]))

        return registry


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    # Otherwise kopf lists and watches CRDs and namespaces, which takes rights that we do not want to need.
    settings.scanning.disabled = True
    # kopf keeps a task for each object until it was idle for this long; an attempt takes place elsewhere.
    settings.queueing.idle_timeout = 0.2
    settings.persistence.diffbase_storage = _NothingCompared()
    settings.watching.chunk_size = _PAGE
    settings.networking.error_backoffs = _Endless()
    settings.process.ultimate_exiting_timeout = None
    return settings
