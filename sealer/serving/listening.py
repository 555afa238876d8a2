"""What uvicorn lacks for a server that strangers reach, and that both of ours need: an end to handshakes, and room."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterable

_HANDSHAKE_WITHIN: Final = 10.0


class Connection(Protocol):
    """A connection, as far as making room goes."""

    since: float
    """When it last sent anything."""

    @property
    def busy(self) -> bool:
        """Whether a request is being read or answered."""

    def abort(self) -> None:
        """End it at once, and forget it."""


C = TypeVar("C", bound=Connection)


def make_room(connections: Iterable[C]) -> bool:
    """End the connection that has been idle for longest; return whether there was one."""
    idle = min((one for one in connections if not one.busy), key=lambda one: one.since, default=None)
    if idle is None:
        return False
    idle.abort()
    return True


async def listen_on(
    connection: Callable[[], asyncio.Protocol],
    sockets: Iterable[socket.socket],
    context: ssl.SSLContext | None,
    *,
    backlog: int,
) -> list[asyncio.Server]:
    """Listen on sockets that are bound already.

    Args:
        connection: Makes one of each connection.
        sockets: Where.
        context: TLS with its certificate; None for HTTP.
        backlog: How many may wait to be taken up.

    """
    loop = asyncio.get_running_loop()
    within = _HANDSHAKE_WITHIN if context else None
    return [
        await loop.create_server(connection, sock=bound, ssl=context, ssl_handshake_timeout=within, backlog=backlog)
        for bound in sockets
    ]
