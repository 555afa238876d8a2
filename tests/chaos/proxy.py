"""A reverse proxy of our own between a controller and the real API server, which does what networks and servers do.

The controller reaches it over plain HTTP on loopback, with its real token; the proxy reaches the API server over TLS.
Faults are added and removed while requests flow. It runs in a thread of its own, with a loop of its own.
"""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import threading
from contextlib import contextmanager, suppress
from random import Random
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
from aiohttp import web
from yarl import URL

from deploy.local.network import LOOPBACK, free_port
from deploy.local.pki import write_private
from tests.chaos.faults import Answer, Call, Cut, Drop, Expire, Fault, Hold, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from tests.chaos.faults import Action

# RFC 9110, 7.6.1: for one connection only; aiohttp frames bodies by itself.
_HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade"}
_STARTED_WITHIN: Final = 10.0


class FaultProxy:
    """The proxy; use it in a `with` statement.

    Args:
        cluster: The API server.
        seed: For faults that happen by chance.

    """

    def __init__(self, cluster: ControlPlane, seed: int = 0) -> None:
        self.url = f"http://{LOOPBACK}:{free_port()}"
        self.answered: list[tuple[Call, int]] = []
        self._upstream = cluster.url
        self._context = ssl.create_default_context(cafile=str(cluster.authority))
        self._random = Random(seed)  # noqa: S311  # chance, not secrecy
        self._faults: list[Fault] = []
        self._watches: set[aiohttp.ClientResponse] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fault proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(_STARTED_WITHIN):
            raise TimeoutError("the proxy did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @contextmanager
    def fault(self, action: Action, path: str = "", **more: Any) -> Iterator[Fault]:
        """Let a fault happen for the length of a block; watches that are open are ended, so that it meets new ones."""
        fault = Fault(action, path, **more)
        self._faults = [*self._faults, fault]
        if fault.watch is not False:
            self._loop.call_soon_threadsafe(self._end_watches)
        try:
            yield fault
        finally:
            self._faults = [other for other in self._faults if other is not fault]
            if isinstance(action, Hold):
                action.release()

    def kubeconfig(self, path: Path, token: Path) -> Path:
        """Write a kubeconfig that leads here, with the token in another file."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.url}}],
            "users": [{"name": "user", "user": {"tokenFile": str(token)}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "user"}}],
            "current-context": "proxy",
        }
        write_private(path, json.dumps(config).encode())
        return path

    def _end_watches(self) -> None:
        for upstream in self._watches:
            upstream.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._loop.close()

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        connector = aiohttp.TCPConnector(ssl=self._context, limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as self._session:
            app = web.Application(client_max_size=4 * 1024 * 1024)
            app.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, LOOPBACK, int(self.url.rpartition(":")[2])).start()
            self._started.set()
            await self._stop.wait()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, request.path, dict(request.query))
        body = await request.read()
        plan = Plan.of([fault.action for fault in self._faults if fault.strikes(call, self._random)])
        for pause in plan.pauses:
            await pause()
        match plan.instead:
            case Answer() as answer:
                return _answer(answer)
            case Expire():
                return web.Response(text=_EXPIRED, content_type="application/json")
            case Drop():
                return _hang_up(request)
        try:
            return await self._forward(request, call, body, plan)
        except (aiohttp.ClientError, TimeoutError):
            # The API server is away: so is the proxy, as far as the controller can tell.
            return _hang_up(request)

    async def _forward(self, request: web.Request, call: Call, body: bytes, plan: Plan) -> web.StreamResponse:
        url = URL(self._upstream + request.raw_path, encoded=True)
        if plan.limit and "limit" in url.query:
            url = url.update_query(limit=str(plan.limit))
        headers = _end_to_end(request.headers)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        # As files: aiohttp warns of bytes that are large.
        sent = io.BytesIO(body) if body else None
        async with self._session.request(call.method, url, headers=headers, data=sent, timeout=timeout) as upstream:
            self.answered.append((call, upstream.status))
            if call.is_watch:
                self._watches.add(upstream)
                try:
                    return await _stream(request, upstream, plan.cut)
                finally:
                    self._watches.discard(upstream)
            content = await upstream.read()
            if plan.drop:
                return _hang_up(request)
            return web.Response(status=upstream.status, headers=_end_to_end(upstream.headers), body=io.BytesIO(content))


_EXPIRED: Final = (
    json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}})
    + "\n"
)


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _answer(answer: Answer) -> web.Response:
    headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return web.Response(status=answer.status, headers=headers, body=answer.content(), content_type="application/json")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _stream(request: web.Request, upstream: aiohttp.ClientResponse, cut: Cut | None) -> web.StreamResponse:
    """Pass a watch through, until one of the two ends or the watch is cut."""
    response = web.StreamResponse(status=upstream.status, headers=_end_to_end(upstream.headers))
    await response.prepare(request)
    with suppress(ConnectionResetError, aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(cut.seconds if cut else None):
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
    if cut and cut.midway:
        with suppress(ConnectionResetError):
            await response.write(b'{"type":"MODIFIED","obj')
        return _hang_up(request)
    with suppress(ConnectionResetError):
        await response.write_eof()
    return response
