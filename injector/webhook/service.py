"""The webhook as a whole: what serves, and what runs beside it; started and stopped so that no review fails.

Started: a certificate first, then HTTP. Stopped: first the readiness, so that no new connection comes; then, when those
who look at it had the time to, the listening socket; then the requests in hand; then what runs beside; and the Lease at
last.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from injector.webhook import logs
from injector.webhook.server import Server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Sequence

    from starlette.types import ASGIApp

    from injector.webhook.connections import Limits
    from injector.webhook.serving.source import Source

_END_WITHIN: Final = 5.0


@dataclass
class Readiness:
    """Whether new reviews should come here.

    Attributes:
        certificate: Returns what stands against serving with the certificate; None if nothing does.
        stopping: Whether we are about to end.

    """

    certificate: Callable[[], str | None]
    stopping: bool = False

    def obstacle(self) -> str | None:
        """Return what stands against being called, for a person; None if nothing does."""
        return "stopping" if self.stopping else self.certificate()


@dataclass
class Service:
    """The running webhook.

    Attributes:
        app: What answers.
        source: Where the certificate comes from.
        readiness: What the kubelet is told.
        shutdown_delay: Seconds from SIGTERM until no connection is taken any more.
        beside: What runs beside the server, for ever; cancelled at the end.
        limits: What clients may take.

    """

    app: ASGIApp
    source: Source
    readiness: Readiness
    shutdown_delay: float = 0.0
    beside: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    limits: Limits | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, listener: socket.socket) -> None:
        """Serve on `listener` until SIGTERM or SIGINT.

        Raises:
            SealerError: The certificate cannot be used, or a cluster is needed and there is none.

        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with self.source as source:
            if not await self._before_stop(source.first()):
                return
            await self._serve(listener)

    async def _serve(self, listener: socket.socket) -> None:
        server = Server(self.app, self.source.context, self.limits)
        # What is there now stays: the collector need not look at it again and again while reviews wait.
        gc.collect()
        gc.freeze()
        serving = asyncio.create_task(server.run_on(listener), name="HTTPS")
        beside: set[asyncio.Task[Any]] = {asyncio.create_task(part()) for part in (self.source.run, *self.beside)}
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            parts: set[asyncio.Task[Any]] = {serving, stopping, *beside}
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            self.readiness.stopping = True
            if stopping in done:
                logs.event("stopping")
                await asyncio.sleep(self.shutdown_delay)
            server.stop()
            await asyncio.wait({serving})
            for task in done - {stopping}:
                # A part that ended by itself is a bug: end with its trace, and be started again by whoever runs us.
                task.result()
        finally:
            await _end({serving, stopping, *beside})
        logs.event("stopped")

    async def _before_stop(self, first: Coroutine[None, None, None]) -> bool:
        """Wait for the first certificate; return False when we are stopped before."""
        waiting: set[asyncio.Task[Any]] = {asyncio.create_task(first), asyncio.create_task(self._stop.wait())}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        stopped = self._stop.is_set()
        for task in waiting:
            if task.done():
                task.result()
        await _end(waiting)
        return not stopped


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_END_WITHIN)
