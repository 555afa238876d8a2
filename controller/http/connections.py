"""Connections that end: h11 under uvicorn, with a time for everything a client may be slow at, and a cap that lets in.

h11 and not httptools: a few requests a second need no speed, both take as much memory, and of the two h11 is the one
in Python, strict about what opens doors to request smuggling (RFC 9112, 6.3 and 11.2), with a limit on the size of
headers. It costs 25 ms more to import.

uvicorn itself waits for ever for the first request, for the end of its headers and for a client that reads nothing;
and at its own cap (limit_concurrency) it answers 503 to everybody, probes included, so that a flood would have the
kubelet kill the controller. Here the connection that has been idle for longest makes room for the next.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sealer.serving.listening import make_room

if TYPE_CHECKING:
    import asyncio

    from uvicorn import Config
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle
    from uvicorn.server import ServerState

# What uvicorn says of each broken request is nobody's decision and anybody's to write by the thousand.
_LOG: Final = logging.getLogger("uvicorn.error.connections")
_LOG.setLevel(logging.ERROR)


@dataclass(frozen=True)
class Times:
    """How long what may take, in seconds, and how many connections there may be.

    Attributes:
        headers: From the first byte of a request, or the opening of the connection, to the end of the headers.
        idle: Between requests.
        write: From the end of an answer until the client has taken it.
        linger: For which the rest of an unread body is thrown away before the connection is closed.
        connections: How many there may be at once.

    """

    headers: float = 10.0
    idle: float = 30.0
    write: float = 120.0
    linger: float = 2.0
    connections: int = 256


class Connection(H11Protocol):
    """One connection.

    Args:
        config: uvicorn's.
        state: uvicorn's, shared by all connections.
        times: How long what may take.

    """

    def __init__(self, config: Config, state: ServerState, times: Times) -> None:
        super().__init__(config, state, {})
        self.logger = _LOG
        self.timeout_keep_alive = times.idle  # type: ignore[assignment]  # seconds for call_later, a float as well
        self.since = self.loop.time()
        self._times = times
        self._headers_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._lingering = False

    @property
    def busy(self) -> bool:
        """Whether a request is being read or answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take up a connection, in the place of an idle one where there are too many."""
        others = cast("set[Connection]", self.connections)
        if len(others) >= self._times.connections and not make_room(others):
            transport.abort()
            return
        # Everything that closes it goes through `_Lingering`.
        super().connection_made(cast("asyncio.Transport", _Lingering(transport, self)))
        self._await_headers()

    def abort(self) -> None:
        """End it at once, and forget it."""
        self.transport.abort()
        self.connections.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all about it."""
        for timer in (self._headers_timer, self._write_timer, self.timeout_keep_alive_task):
            if timer:
                timer.cancel()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes: of a request, or to be thrown away."""
        if self._lingering:
            return
        self.since = self.loop.time()
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_headers()
        elif self._headers_timer:
            self._headers_timer.cancel()
            self._headers_timer = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, unless an answer is under way already: then only the end of it can tell."""
        if self.busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Go on with the next request, if the client took this answer and sent the whole request to it."""
        self.since = self.loop.time()
        if self.transport.get_write_buffer_size() and self._write_timer is None:
            self._write_timer = self.loop.call_later(self._times.write, self._end_unread)
        if self.conn.their_state is h11.SEND_BODY:
            # Nobody waits for the rest of a body that nobody asked for.
            self.transport.close()
        super().on_response_complete()

    def shutdown(self) -> None:
        """Close when the request in hand is answered, or at once where there is none."""
        try:
            super().shutdown()
        except h11.LocalProtocolError:
            self.transport.abort()

    def linger(self, transport: asyncio.Transport) -> None:
        """Close, but if more of a request may still come, throw it away for a while first.

        To close with unread bytes resets the connection, and a client that is still sending loses the answer that tells
        it why (RFC 9112, 9.6).
        """
        if self.conn.their_state not in {h11.SEND_BODY, h11.ERROR}:
            transport.close()
        elif not self._lingering and not transport.is_closing():
            self._lingering = True
            if transport.can_write_eof():
                transport.write_eof()
            transport.resume_reading()
            self.loop.call_later(self._times.linger, transport.close)

    def _await_headers(self) -> None:
        if self._headers_timer is None and not self.busy:
            self._headers_timer = self.loop.call_later(self._times.headers, self._end_slow)

    def _end_slow(self) -> None:
        self.transport.abort()

    def _end_unread(self) -> None:
        self._write_timer = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()


class _Lingering:
    """A transport that asks its connection before it closes."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection

    def close(self) -> None:
        self._connection.linger(self._transport)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
