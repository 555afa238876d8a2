"""The webhook behind TLS: uvicorn with uvloop and httptools on a socket of our own."""

from __future__ import annotations

import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvicorn

from injector.errors import ServingError
from injector.webhook import logs

if TYPE_CHECKING:
    import ssl

    from fastapi import FastAPI

# The API server keeps idle connections for 90 seconds. It must be the one that closes them: a request sent into a
# connection that is just being closed here would fail, and with it the creation of a pod.
_KEEP_ALIVE: Final = 120
# As long as the API server waits for an answer (timeoutSeconds): who asked before that has gone.
_DRAIN: Final = 10
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


def stop_on_signals() -> None:
    """Make SIGTERM and SIGINT end the process with 0, whatever it is doing.

    uvicorn takes both over while it serves, drains, and raises them again when it is done: they end here then, and the
    process does not die of them.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


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


def serve(app: FastAPI, listener: socket.socket, context: ssl.SSLContext) -> None:
    """Serve until SIGTERM or SIGINT; then finish the requests at hand and return, or exit with 0.

    Args:
        app: The application.
        listener: A bound socket; it is closed at the end.
        context: TLS with its certificate.

    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_DRAIN,
        ssl_context_factory=lambda *_: context,
    )
    host, port = listener.getsockname()[:2]
    logs.event("serving", address=host, port=port)
    uvicorn.Server(config).run(sockets=[listener])
    logs.event("stopped")
