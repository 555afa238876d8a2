"""The metrics port: `/metrics`, for Prometheus and nobody else."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from controller.metrics.families import condition_info, families
from controller.metrics.sources import Snapshot, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric
    from starlette.types import Receive, Scope, Send

    from controller.metrics.sources import Sources

_PATH: Final = "/metrics"
_METHODS: Final = ("GET", "HEAD")
_TEXT: Final = "text/plain; charset=utf-8"
# One scrape is about 10 ms for each 1,000 objects: fast and small enough for the level that is fast.
_LEVEL: Final = 1


class _Taken(Collector):
    """What one scrape found."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


class MetricsApp:
    """The ASGI application of the metrics port.

    Args:
        sources: Where the numbers come from.

    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        # Scrapes come one after the other: several at a time would only take several times the memory.
        self._turn = asyncio.Lock()
        # For what does not change with the snapshot; reading /proc takes its time, and is not done at each start.
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"] != _PATH:
            await _answer(scope, send, 404, b"not found\n")
        elif scope["method"] not in _METHODS:
            await _answer(scope, send, 405, b"method not allowed\n", (b"allow", b"GET, HEAD"))
        else:
            accept, squeeze = _header(scope, b"accept"), "gzip" in _header(scope, b"accept-encoding")
            async with self._turn:
                now = snapshot(self._sources)
                found = list(families(self._sources.numbers, self._sources.tally, now))
                body, kind = await asyncio.to_thread(self._render, found, now, accept, squeeze=squeeze)
            more = ((b"content-encoding", b"gzip"),) if squeeze else ()
            await _answer(scope, send, 200, body, *more, (b"vary", b"accept-encoding"), kind=kind)

    def _render(self, found: list[Metric], now: Snapshot, accept: str, *, squeeze: bool) -> tuple[bytes, str]:
        if self._sources.per_object and now.leads:
            found.append(condition_info(now))
        encode, kind = choose_encoder(accept)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Taken(found))
        registry.register(self._process)
        body = encode(registry)
        return gzip.compress(body, _LEVEL) if squeeze else body, kind


async def _answer(
    scope: Scope, send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes], kind: str = _TEXT
) -> None:
    start = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
