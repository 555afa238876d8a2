"""The application asked in process, and the server asked over a socket; a keyring and nothing else behind either."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import httpx

from controller.http.app import Facts, Policy, make_app
from controller.http.limits import Rate
from controller.http.server import Server
from tests.reconciling.samples import keyring

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from controller.http.connections import Times
    from controller.http.tls import ServingCertificate
    from sealer.keyring import Keyring

WITHOUT_LIMIT = Rate(0, 0)


def facts(ring: Keyring | None = None, *, ready: bool = True) -> Facts:
    return Facts(lambda: keyring() if ring is None else ring, lambda: ready)


def client(
    ring: Keyring | None = None, policy: Policy | None = None, *, ready: bool = True, peer: str = "10.0.0.1"
) -> httpx.AsyncClient:
    app = make_app(facts(ring, ready=ready), policy or Policy(rate=WITHOUT_LIMIT))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 1234)), base_url="http://controller")


async def ask(method: str, path: str, ring: Keyring | None = None, **request: Any) -> httpx.Response:
    async with client(ring) as http:
        return await http.request(method, path, **request)


@contextlib.asynccontextmanager
async def served(
    policy: Policy | None = None, times: Times | None = None, tls: ServingCertificate | None = None, app: Any = None
) -> AsyncIterator[tuple[Server, int]]:
    """Serve on a free port of the loopback address; yield the server and the port."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        server = Server(app or make_app(facts(), policy or Policy(rate=WITHOUT_LIMIT)), tls, times)
        serving = asyncio.create_task(server.run_on(bound))
        try:
            await until(lambda: server.started)
            yield server, port
        finally:
            server.stop()
            await serving


async def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; fail if it does not within ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - uvicorn tells of nothing of this by an event
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected(
    port: int, tls: ssl.SSLContext | None = None, name: str | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect, and close again whatever the other end did."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def ended(reader: asyncio.StreamReader, seconds: float = 10) -> bytes:
    """Return what came until the other end closed; fail if it does not within `seconds`."""
    data = bytearray()
    async with asyncio.timeout(seconds):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                data += chunk
    return bytes(data)
