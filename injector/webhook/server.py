"""The webhook behind TLS: uvicorn with httptools on a socket of our own, in a loop of ours."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvicorn

from injector.errors import ServingError
from injector.webhook import logs
from injector.webhook.connections import Connection, Limits
from sealer.serving.listening import listen_on

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from starlette.types import ASGIApp

# As long as the API server waits for an answer (timeoutSeconds): who asked before that has gone.
_DRAIN: Final = 10
_BACKLOG: Final = 1024
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True)
class Address:
    """Where to listen: a host name or address (empty for all) and a port (0 for any free one)."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, ``:PORT`` or ``[IPV6]:PORT``.

    Raises:
        ServingError: It is none of them.

    """
    host, colon, port = text.rpartition(":")
    if (
        not colon
        or not (port.isascii() and port.isdecimal())
        or int(port) > _HIGHEST_PORT
        or (":" in host and not host.startswith("["))
    ):
        raise ServingError(f'cannot listen on "{text}"', hint="write HOST:PORT, or :PORT for all addresses")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def listen(address: Address) -> socket.socket:
    """Bind a listening socket.

    Raises:
        ServingError: The address cannot be had.

    """
    everywhere = not address.host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if everywhere or ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, dualstack_ipv6=everywhere)
    except OSError as error:
        shown = f"{address.host}:{address.port}"
        raise ServingError(f"cannot listen on {shown}: {(error.strerror or 'unknown reason').lower()}") from error


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us, and whose connections end.

    Args:
        app: What answers.
        context: TLS with its certificate; None for plain HTTP, for metrics.
        limits: What clients may take.

    """

    def __init__(self, app: ASGIApp, context: ssl.SSLContext | None, limits: Limits | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_DRAIN,
            )
        )
        self._context = context
        self._limits = limits or Limits()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: one SIGTERM stops everything, in an order of ours."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen: as uvicorn does, with connections of ours and an end to TLS handshakes."""
        await self.lifespan.startup()
        self.servers = await listen_on(self._connection, sockets or [], self._context, backlog=_BACKLOG)
        self.started = True

    async def run_on(self, bound: socket.socket) -> None:
        """Serve on `bound` until `stop`, and then until the requests in hand are answered."""
        host, port = bound.getsockname()[:2]
        logs.event("serving", address=host, port=port)
        await self.serve(sockets=[bound])

    def stop(self) -> None:
        """Take no more connections, and end when the requests in hand are answered."""
        self.should_exit = True

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, self._limits)
