"""Connections over a real socket: whoever is slow, silent, broken or too many, ends, and the others are served."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from controller.http.app import Policy, make_app
from controller.http.body import LARGEST_BODY
from controller.http.connections import Times
from tests.reconciling.samples import sealed
from tests.serving.asking import WITHOUT_LIMIT, connected, ended, facts, served, until

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.asyncio
SOON = Times(headers=0.3, idle=0.3, write=0.3, linger=0.3)
PROBE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_PROBE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def exchange(port: int, *sent: bytes) -> bytes:
    """Return all that comes back for what is sent."""
    async with connected(port) as (reader, writer):
        for part in sent:
            writer.write(part)
            await writer.drain()
        return await ended(reader)


async def alive(port: int) -> bool:
    return (await exchange(port, LAST_PROBE)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n",
        PROBE,
        PROBE + b"GET /healthz HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1",
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
async def test_who_is_silent_is_let_go(sent: bytes) -> None:
    async with served(times=SOON) as (_, port):
        answer = await exchange(port, sent)
        assert answer.count(b"HTTP/1.1 200 ") == sent.count(b"GET /healthz HTTP/1.1\r\nHost: x\r\n") - (b"Slow" in sent)
        assert await alive(port)


async def test_a_request_that_comes_byte_by_byte_does_not_hold_its_connection() -> None:
    async with served(times=SOON) as (_, port), connected(port) as (reader, writer):
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"x")
                    await asyncio.sleep(0.02)
        assert await ended(reader) == b""


async def test_a_body_that_does_not_come_is_answered() -> None:
    async with served(Policy(rate=WITHOUT_LIMIT, body_seconds=0.3), SOON) as (_, port):
        answer = await exchange(port, b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


async def test_too_long_a_body_is_answered_even_to_who_sends_on() -> None:
    """As many clients do, this one reads nothing before it has sent all."""
    async with served() as (_, port):
        head = f"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * LARGEST_BODY}\r\n\r\n".encode()
        answer = await exchange(port, head, *[b" " * 65536] * (4 * LARGEST_BODY // 65536))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(f"the body is longer than {LARGEST_BODY} bytes\n".encode())


async def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_too() -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    async with served() as (_, port):
        head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await exchange(port, head, *[chunk] * (LARGEST_BODY // 65536 + 4))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_who_waits_for_a_go_ahead_is_refused_before_sending() -> None:
    body = json.dumps(sealed()).encode()
    head = (
        "POST /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n"
    )
    async with served(times=SOON) as (_, port):
        assert (await exchange(port, head.format(LARGEST_BODY + 1).encode())).startswith(b"HTTP/1.1 413 ")
        async with connected(port) as (reader, writer):
            writer.write(head.format(len(body)).encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
            writer.write(body)
            assert b"HTTP/1.1 200 " in await ended(reader)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1",
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n1",
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:60]),
)
async def test_what_is_no_proper_http_is_refused(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with served() as (_, port):
        assert (await exchange(port, sent)).startswith(b"HTTP/1.1 400 ")
        assert await alive(port)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + LAST_PROBE,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\x00",
    ],
)
async def test_what_breaks_off_in_the_middle_leaves_no_trace(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with served(times=SOON) as (_, port):
        answer = await exchange(port, sent)
        assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 "))
        assert await alive(port)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_who_goes_away_in_the_middle_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as (server, port):
        async with connected(port) as (_, writer):
            writer.write(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
            await writer.drain()
        await until(lambda: not server.server_state.connections and not server.server_state.tasks)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_one_request_after_another_on_one_connection() -> None:
    async with served() as (_, port):
        answer = await exchange(port, PROBE * 3 + LAST_PROBE)
    assert answer.count(b"HTTP/1.1 200 ") == 4


async def test_who_reads_nothing_is_let_go() -> None:
    async def large(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000_000})

    async with served(times=SOON, app=large) as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(PROBE)
            await until(lambda: server.server_state.total_requests == 1)
            await until(lambda: not server.server_state.connections)


async def test_idle_connections_make_room_for_probes() -> None:
    async with served(times=Times(connections=5)) as (server, port), contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(port)) for _ in range(8)]
        await until(lambda: len(server.server_state.connections) == 5)
        assert await alive(port)
        assert [await ended(reader) for reader, _ in idle[:4]] == [b""] * 4
        idle[-1][1].write(LAST_PROBE)
        assert (await ended(idle[-1][0])).startswith(b"HTTP/1.1 200 ")


async def test_connections_with_a_request_in_hand_are_not_given_up_for_new_ones() -> None:
    async with served(times=Times(connections=2)) as (server, port), contextlib.AsyncExitStack() as stack:
        body = json.dumps(sealed()).encode()
        head = (
            f"POST /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        busy = [await stack.enter_async_context(connected(port)) for _ in range(2)]
        for _, writer in busy:
            writer.write(head)
        await until(lambda: len(server.server_state.tasks) == 2)
        assert await exchange(port, LAST_PROBE) == b""
        for reader, writer in busy:
            writer.write(body)
            assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")
        assert await alive(port)


async def test_a_stop_lets_the_requests_in_hand_be_answered() -> None:
    body = json.dumps(sealed()).encode()
    head = f"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with served() as (server, port), connected(port) as (reader, writer), connected(port) as (idle, _):
        writer.write(head)
        await until(lambda: len(server.server_state.tasks) == 1)
        server.stop()
        assert await ended(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.write(body)
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")


async def test_private_key_work_does_not_hold_up_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    going, go_on = threading.Event(), threading.Event()

    def slow(_body: bytes, _ring: object) -> int:
        going.set()
        go_on.wait(10)
        return 200

    monkeypatch.setattr("controller.http.app.verdict_on", slow)
    app = make_app(facts(), Policy(rate=WITHOUT_LIMIT))
    async with served(app=app) as (_, port), connected(port) as (reader, writer):
        writer.write(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await until(going.is_set)
        assert await alive(port)
        go_on.set()
        assert (await ended(reader)).startswith(b"HTTP/1.1 200 ")
