"""Connections to Vault, kept alive and shared by threads."""

from __future__ import annotations

import base64
import select
import socket
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from injector.vault.errors import VaultRequestError
from injector.vault.network_faults import Reached, translated
from injector.vault.trust import tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    from injector.vault.settings import Connection

_PIECE: Final = 1 << 20
_LARGEST: Final = 64 << 20  # Vault itself takes no more than 32 MiB
_HTTPS_PORT: Final = 443
_SENT_AGAIN: Final = frozenset({"GET", "HEAD", "LIST"})
_PROXY_PORT: Final = 80


@dataclass(frozen=True)
class Exchange:
    """A request.

    Attributes:
        method: HTTP method.
        url: Where to; ASCII.
        headers: HTTP headers.
        body: What is sent.
        timeout: Seconds to wait for the other end at each step.

    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    timeout: float

    @property
    def place(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)


class Pool:
    """Connections, each used by one thread at a time.

    Args:
        connection: Whom to trust, and how to get there.
        size: How many may be in use at once.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there, or holds none.

    """

    def __init__(self, connection: Connection, size: int) -> None:
        self._connection = connection
        # Made once: reading authorities takes longer than a request. And now, so that a bad file is told at once.
        needed = (
            connection.address.startswith("https:") or connection.client_certificate or connection.verify is not True
        )
        self._context = tls_context(connection) if needed else None
        self._proxy = urlsplit(connection.proxy) if connection.proxy else None
        self._free = BoundedSemaphore(size)
        self._idle: dict[str, list[HTTPConnection]] = {}
        self._lock = Lock()
        self._closed = False

    def exchange(self, asked: Exchange) -> tuple[HTTPResponse, bytes]:
        """Send a request and return its answer, read to its end.

        Raises:
            UntrustedServerError: TLS fails.
            VaultUnreachableError: There is no answer.
            VaultRequestError: The answer is not HTTP that we understand.

        """
        place = asked.place
        reached = Reached(self._connection.address, asked.timeout, proxied=self._proxy is not None)
        with translated(reached), self._free:
            connection, response = self._begin(asked, place)
            with _closed_on_error(connection):
                content = _content(response, connection, asked.timeout)
            if response.will_close or not self._connection.keep_alive:
                connection.close()
            else:
                self._give(place, connection)
        return response, content

    def close(self) -> None:
        """Close the connections: those that nobody uses now, the others when their answer is in."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def _begin(self, asked: Exchange, place: SplitResult) -> tuple[HTTPConnection, HTTPResponse]:
        known = self._take(place)
        if known is not None:
            # What was kept may be closed by the other end in this very moment: that says nothing of the request. One
            # that changes something is not sent again all the same, as it may have arrived (RFC 9110, 9.2.2).
            with suppress(ConnectionError) if asked.method in _SENT_AGAIN else nullcontext():
                return known, self._sent(known, asked, place)
        connection = self._open(place, asked.timeout)
        return connection, self._sent(connection, asked, place)

    def _sent(self, connection: HTTPConnection, asked: Exchange, place: SplitResult) -> HTTPResponse:
        target = _target(place, absolute=self._proxy is not None and place.scheme == "http")
        with _closed_on_error(connection):
            if connection.sock is not None:
                connection.sock.settimeout(asked.timeout)
            connection.request(asked.method, target, asked.body, {**asked.headers, **self._own_headers(place)})
            return connection.getresponse()

    def _open(self, place: SplitResult, timeout: float) -> HTTPConnection:
        host, port = place.hostname or "", place.port
        through = (self._proxy.hostname or "", self._proxy.port or _PROXY_PORT) if self._proxy else (host, port)
        if place.scheme == "http":
            return _Plain(*through, timeout=timeout)
        connection = _Secure(*through, timeout=timeout, context=self._tls())
        connection.expected = self._connection.server_name or host
        if self._proxy is not None:
            connection.set_tunnel(host, port or _HTTPS_PORT, headers=_proxy_authorization(self._proxy))
        return connection

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:  # a plain address that redirects to one with TLS
                self._context = tls_context(self._connection)
            return self._context

    def _own_headers(self, place: SplitResult) -> dict[str, str]:
        """Return what is for the next hop; a tunnel's proxy is asked once, when it is opened."""
        headers = _proxy_authorization(self._proxy) if self._proxy is not None and place.scheme == "http" else {}
        return headers if self._connection.keep_alive else {**headers, "Connection": "close"}

    def _take(self, place: SplitResult) -> HTTPConnection | None:
        while True:
            with self._lock:
                idle = self._idle.get(_key(place))
                connection = idle.pop() if idle else None
            if connection is None or not _dropped(connection.sock):
                return connection
            connection.close()

    def _give(self, place: SplitResult, connection: HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.setdefault(_key(place), []).append(connection)
                return
        connection.close()


class _Plain(HTTPConnection):
    """A connection without TLS."""

    def connect(self) -> None:
        # http.client keeps it on the instance so that it can be replaced.
        self._create_connection = _connected
        super().connect()


class _Secure(HTTPSConnection):
    """A connection whose certificate may be for another name than the one in the address."""

    expected = ""

    def connect(self) -> None:
        self._create_connection = _connected
        HTTPConnection.connect(self)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]  # typeshed leaves it out
        self.sock = context.wrap_socket(self.sock, server_hostname=_name(self.expected))


def _connected(address: tuple[str, int], *more: Any) -> socket.socket:
    place = (_name(address[0]), address[1])
    return socket.create_connection(place, *more)  # type: ignore[arg-type]  # typeshed knows of no bytes here


def _name(host: str) -> str | bytes:
    """Return a host for the socket module, which loads a codec of many milliseconds for a name that is text."""
    return host.encode() if host.isascii() else host


def _key(place: SplitResult) -> str:
    return f"{place.scheme}://{place.netloc}"


def _target(place: SplitResult, *, absolute: bool) -> str:
    path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    return f"{_key(place)}{path}" if absolute else path


def _proxy_authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@contextmanager
def _closed_on_error(connection: HTTPConnection) -> Iterator[None]:
    """Close a connection that an error leaves in the middle of an answer, whatever the error: an exit too."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _content(response: HTTPResponse, connection: HTTPConnection, timeout: float) -> bytes:
    """Read an answer to its end. One that comes byte by byte may not take longer than one that does not come."""
    until = time.monotonic() + timeout
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST:
            raise VaultRequestError("an answer of vault is larger than 64 MiB")
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # else the other end closes, and the response alone holds the socket
            connection.sock.settimeout(left)
    return b"".join(pieces)


def _dropped(sock: socket.socket | None) -> bool:
    """Say whether the other end has closed an idle connection, or sent what nobody asked for."""
    if sock is None:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
