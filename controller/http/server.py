"""uvicorn in the controller's loop, on a socket that is bound already."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import uvicorn

from controller.http.connections import Connection, Times
from sealer.serving.listening import listen_on

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from controller.http.tls import ServingCertificate

_STOP_WITHIN: Final = 5
_BACKLOG: Final = 128


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us.

    Args:
        app: What answers; any ASGI application.
        tls: What to serve HTTPS with; None for HTTP.
        times: How long what may take.

    """

    def __init__(self, app: ASGIApp, tls: ServingCertificate | None = None, times: Times | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # Who asks is decided in `callers`; uvicorn would believe what a client on the same host says.
                proxy_headers=False,
                timeout_graceful_shutdown=_STOP_WITHIN,
            )
        )
        self._tls = tls
        self._times = times or Times()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: one SIGTERM stops the whole controller, in an order of ours."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen: as uvicorn does, with connections of ours and an end to TLS handshakes."""
        await self.lifespan.startup()
        context = self._tls.context if self._tls else None
        self.servers = await listen_on(self._connection, sockets or [], context, backlog=_BACKLOG)
        self.started = True

    async def run_on(self, bound: socket.socket) -> None:
        """Serve on `bound` until `stop`."""
        watching = asyncio.create_task(self._tls.watch(), name="serving certificate") if self._tls else None
        try:
            await self.serve(sockets=[bound])
        finally:
            if watching:
                watching.cancel()

    def stop(self) -> None:
        """Take no more requests, and end when those in hand are answered."""
        self.should_exit = True

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, self._times)
