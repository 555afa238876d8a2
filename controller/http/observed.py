"""Every answer is told to whoever counts, and carries what keeps browsers and caches from misreading it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Observe = Callable[[str, str, int, float], None]
"""Called with method, path, status and seconds of each answer. Methods and paths come from small fixed sets."""

_METHODS: Final = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
# Counters have one series for each: what strangers may choose freely is one word.
OTHER: Final = "other"
_HEADERS: Final = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
_FAILED: Final = 500


def observe_nothing(_method: str, _path: str, _status: int, _seconds: float) -> None:
    """Tell nobody."""


class Observed:
    """ASGI middleware that tells `observe` of each answer.

    Args:
        app: What answers.
        observe: Who is told.
        paths: The paths that there are; others are told as `OTHER`.

    """

    def __init__(self, app: ASGIApp, observe: Observe, paths: frozenset[str]) -> None:
        self._app = app
        self._observe = observe
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as `app` does, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), _FAILED

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            path = scope["path"] if scope["path"] in self._paths else OTHER
            self._observe(method, path, status, time.perf_counter() - started)
