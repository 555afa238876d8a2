"""Connections that end: httptools under uvicorn, with a time for a whole request and a cap that lets the API server in.

uvicorn waits for ever for the first byte of a connection and for the end of a request. Here a request must be complete
within the time that the API server itself waits at most; after that, nobody wants the answer. At the cap, the
connection that has been idle for longest makes room for the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sealer.serving.listening import make_room

if TYPE_CHECKING:
    import asyncio

    from uvicorn import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

# Of a request's line and headers. httptools keeps all that comes; the API server sends a few hundred bytes.
_HEAD: Final = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """What a client may take.

    Attributes:
        request: Seconds from the opening of a connection, or the first byte of a request, to its last byte; and those
            in which an answer must be taken. The API server waits for 30 seconds at most (``timeoutSeconds``).
        idle: Seconds between requests. The API server keeps idle connections for 90; it must be the one that closes
            them: a request sent into a connection that is just being closed here would fail, and with it the creation
            of a pod.
        connections: How many there may be at once. One API server needs a handful.

    """

    request: float = 30.0
    idle: float = 120.0
    connections: int = 1024


class Connection(HttpToolsProtocol):
    """One connection.

    Args:
        config: uvicorn's.
        state: uvicorn's, shared by all connections.
        limits: What the client may take.

    """

    def __init__(self, config: Config, state: ServerState, limits: Limits) -> None:
        super().__init__(config, state, {})
        self.timeout_keep_alive = limits.idle  # type: ignore[assignment]  # seconds for call_later, a float as well
        self.since = self.loop.time()
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None
        self._deaf: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head = 0

    @property
    def busy(self) -> bool:
        """Whether a request is being read or answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take up a connection, in the place of an idle one where there are too many."""
        others = cast("set[Connection]", self.connections)
        if len(others) >= self._limits.connections and not make_room(others):
            transport.abort()
            return
        super().connection_made(transport)
        self._await_request()

    def abort(self) -> None:
        """End it at once, and forget it."""
        self.transport.abort()
        self.connections.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all about it."""
        self._received()
        self._heard()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        self.since = self.loop.time()
        in_head = self._in_head
        super().data_received(data)
        if in_head and self._in_head:  # the whole piece is headers
            self._head += len(data)
            if self._head > _HEAD:
                self._end()

    def pause_writing(self) -> None:
        """The client does not take its answers: it gets as long as for a request. In hand, it would stay for ever."""
        super().pause_writing()
        if self._deaf is None:
            self._deaf = self.loop.call_later(self._limits.request, self._end)

    def resume_writing(self) -> None:
        """The client takes them again."""
        super().resume_writing()
        self._heard()

    def on_message_begin(self) -> None:
        """A request begins: the clock runs until its last byte."""
        super().on_message_begin()
        self._in_head, self._head = True, 0
        self._await_request()

    def on_headers_complete(self) -> None:
        """The headers are there."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is there."""
        super().on_message_complete()
        self._received()

    def _await_request(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self._limits.request, self._end)

    def _received(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _heard(self) -> None:
        if self._deaf is not None:
            self._deaf.cancel()
            self._deaf = None

    def _end(self) -> None:
        self.transport.abort()
