"""Connections to the webhook over a real socket: whoever is slow, deaf or too many ends, and the others are served."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import orjson
import pytest

from injector.webhook import app
from injector.webhook.connections import Limits
from injector.webhook.server import Server
from tests.admission import pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.asyncio
SOON = Limits(request=0.3, idle=0.3)
PROBE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_PROBE = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY = orjson.dumps(pods.review(pods.basic()))
HEAD = (
    "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    f"Connection: close\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()


@contextlib.asynccontextmanager
async def served(limits: Limits | None = None) -> AsyncIterator[tuple[Server, int]]:
    """Serve without TLS on a free port of the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        # Small, so that who takes no answers is soon seen; every connection has it from here.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        port = bound.getsockname()[1]
        server = Server(app.create(pods.SETTINGS), None, limits)
        serving = asyncio.create_task(server.run_on(bound))
        try:
            await until(lambda: server.started)
            yield server, port
        finally:
            server.stop()
            await serving


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not done():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the other end closes."""
    answer = b""
    async with asyncio.timeout(15):
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65536):
                answer += piece
    return answer


async def exchange(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return await ended(reader)
    finally:
        writer.close()


async def alive(port: int) -> bool:
    return (await exchange(port, LAST_PROBE)).startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize("sent", [b"", b"POST", b"GET / HTTP/1.1\r\nX-Slow: ", HEAD, HEAD + BODY[:-1], PROBE])
async def test_who_is_silent_is_let_go(sent: bytes) -> None:
    async with served(SOON) as (_, port):
        assert (await exchange(port, sent)).count(b"HTTP/1.1 ") == (sent == PROBE)
        assert await alive(port)


async def test_a_request_that_comes_byte_by_byte_does_not_hold_its_connection() -> None:
    async with served(SOON) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        async with asyncio.timeout(15):
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof() and not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)
        writer.close()
        assert await alive(port)


async def test_headers_without_end_are_cut_off() -> None:
    async with served() as (_, port):
        assert b"HTTP/1.1 2" not in await exchange(port, b"GET / HTTP/1.1\r\nX: " + b"a" * 8_000_000)
        assert await alive(port)


async def test_a_large_review_in_pieces_is_no_large_head() -> None:
    manifest = pods.basic()
    manifest["spec"]["containers"][0]["args"] = ["x" * 1_000_000]
    body = orjson.dumps(pods.review(manifest))
    head = HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode())
    async with served() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in (head[:20], head[20:] + body[:300_000], body[300_000:]):
            writer.write(piece)
            await writer.drain()
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_who_takes_no_answers_is_let_go() -> None:
    async with served(SOON) as (server, port):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", port))
            deaf.setblocking(False)
            review = HEAD.replace(b"Connection: close\r\n", b"") + BODY
            async with asyncio.timeout(15):
                with contextlib.suppress(ConnectionError):
                    while not server.server_state.total_requests or server.server_state.connections:
                        with contextlib.suppress(BlockingIOError):
                            deaf.send(review * 20)
                        await asyncio.sleep(0.001)
        assert await alive(port)


async def test_idle_connections_make_room_and_those_in_hand_stay() -> None:
    async with served(Limits(connections=2)) as (server, port), contextlib.AsyncExitStack() as stack:
        busy_reader, busy = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(busy.close)
        busy.write(HEAD)
        await until(lambda: len(server.server_state.tasks) == 1)
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(idle.close)
        await until(lambda: len(server.server_state.connections) == 2)
        assert await alive(port)
        assert await ended(idle_reader) == b""
        busy.write(BODY)
        assert (await ended(busy_reader)).startswith(b"HTTP/1.1 200 ")
