"""HTTP: probes, the certificate, and the question whether a SealedSecret would open.

Paths, status codes and bodies are those of the existing system, so that `kubeseal` works with it; methods and sizes
are checked, which that one does not (reference, sealed-secrets 2.5 and 9.13).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from sealer import documents
from sealer.errors import CertificateError, InputError, SealerError
from sealer.manifest import SealedSecret
from sealer.unseal import unseal

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from sealer.keyring import Keyring

# An object of the API server ends at 1.5 MiB; what is larger cannot be one.
LARGEST_BODY: Final = 2 * 1024 * 1024
# Each takes a thread and private-key operations; more at a time would only slow down what the controller is for.
_VERIFIED_AT_A_TIME: Final = 2
_STOP_WITHIN: Final = 5


@dataclass(frozen=True)
class Facts:
    """What the server needs to know of the rest.

    Attributes:
        keyring: Returns the keyring as it is now.
        ready: Returns whether keys and Secrets are known, so that the controller does its work.
        run_in_thread: Runs a function off the loop.

    """

    keyring: Callable[[], Keyring]
    ready: Callable[[], bool]
    run_in_thread: Callable[..., Awaitable[Any]]


def make_app(facts: Facts) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="sealer-controller", docs_url=None, redoc_url=None, openapi_url=None)
    turns = asyncio.Semaphore(_VERIFIED_AT_A_TIME)

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz() -> PlainTextResponse:
        return PlainTextResponse("ok\n") if facts.ready() else PlainTextResponse("not ready\n", 503)

    @app.api_route("/v1/cert.pem", methods=["GET", "HEAD"])
    async def certificate() -> Response:
        try:
            pem = facts.keyring().newest.certificate_pem()
        except CertificateError:
            return PlainTextResponse("cannot get certificate\n", 500)
        return Response(pem, media_type="application/x-pem-file")

    @app.post("/v1/verify")
    async def verify(request: Request) -> Response:
        body = await _read(request, LARGEST_BODY)
        if body is None:
            return Response(status_code=413)
        async with turns:
            status: int = await facts.run_in_thread(verdict_on, body, facts.keyring())
        return Response(status_code=status)

    return app


def verdict_on(body: bytes, keyring: Keyring) -> int:
    """Return the HTTP status that says whether a SealedSecret opens: 200, 409 if not, 400 if it is none.

    Nothing is rendered and nothing of the result is told: rendering a stranger's template over opened values would
    tell them bit by bit (reference, sealed-secrets 8, the verify oracle).

    Args:
        body: One SealedSecret, YAML or JSON.
        keyring: The keys to try.

    """
    try:
        (document,) = documents.read(body, "body")
        sealed = SealedSecret.from_manifest(document.value)
    except (InputError, ValueError):
        return 400
    try:
        unseal(sealed, keyring, render=_render_nothing)
    except SealerError:
        return 409
    return 200


def _render_nothing(_templates: Mapping[str, str | None], items: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return items


async def _read(request: Request, limit: int) -> bytes | None:
    """Return the body, or None as soon as it proves longer than `limit` bytes, whatever its headers say."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us, serving on a socket that is bound already."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=_STOP_WITHIN,
                lifespan="off",
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: one SIGTERM stops the whole controller, in an order of ours."""
        yield

    async def run_on(self, bound: socket.socket) -> None:
        """Serve on `bound` until `stop`."""
        await self.serve(sockets=[bound])

    def stop(self) -> None:
        """Take no more requests, and end when those in hand are answered."""
        self.should_exit = True
