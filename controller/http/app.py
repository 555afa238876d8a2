"""The routes. Each reads what it needs, asks something that decides, and answers; every refusal is a line of text."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from controller.http import document
from controller.http.body import read
from controller.http.desk import Desk
from controller.http.errors import RefusedError
from controller.http.gate import Gate
from controller.http.limits import Rate
from controller.http.observed import Observe, Observed, observe_nothing
from controller.http.rotate import rotated
from controller.http.verify import verdict_on
from sealer.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.http.authentication import Authenticator
    from sealer.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)
_T = TypeVar("_T")
_LOOK: Final = ["GET", "HEAD"]
_PATHS: Final = frozenset(["/healthz", "/readyz", "/v1/cert.pem", "/v1/verify", "/v1/rotate"])


@dataclass(frozen=True)
class Facts:
    """What the server needs to know of the rest.

    Attributes:
        keyring: Returns the keyring as it is now.
        ready: Returns whether keys and Secrets are known, so that the controller does its work.

    """

    keyring: Callable[[], Keyring]
    ready: Callable[[], bool]


@dataclass(frozen=True)
class Policy:
    """What callers may do.

    Attributes:
        rate: How often one caller may ask for what needs private keys.
        body_seconds: How long a body may take to arrive.
        authenticator: Who says who asks for what needs private keys; None for anyone.
        observe: Who is told of each answer.

    """

    rate: Rate = field(default_factory=lambda: Rate(2, 2))
    body_seconds: float = 120.0
    authenticator: Authenticator | None = None
    observe: Observe = observe_nothing


def make_app(facts: Facts, policy: Policy | None = None) -> FastAPI:
    """Return the application."""
    policy = policy or Policy()
    app = FastAPI(
        title=document.TITLE,
        description=document.DESCRIPTION,
        version=document.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers={RefusedError: _refused, HTTPException: _no_such_route},
    )
    app.add_middleware(Observed, observe=policy.observe, paths=_PATHS)
    _add_looks(app, facts)
    _add_questions(app, facts, _Questions(policy))
    return app


def _add_looks(app: FastAPI, facts: Facts) -> None:
    @app.api_route("/healthz", methods=_LOOK, response_class=Response, **document.HEALTHZ)
    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    @app.api_route("/readyz", methods=_LOOK, response_class=Response, **document.READYZ)
    async def readyz() -> Response:
        return PlainTextResponse("ok\n") if facts.ready() else PlainTextResponse("not ready\n", 503)

    @app.api_route("/v1/cert.pem", methods=_LOOK, response_class=Response, **document.CERTIFICATE)
    async def certificate() -> Response:
        try:
            pem = facts.keyring().newest.certificate_pem()
        except CertificateError:
            return PlainTextResponse("cannot get certificate\n", 500)
        return Response(pem, media_type="application/x-pem-file")


def _add_questions(app: FastAPI, facts: Facts, questions: _Questions) -> None:
    @app.post("/v1/verify", response_class=Response, **document.VERIFY)
    async def verify(request: Request) -> Response:
        status, headers = await questions.answer(request, verdict_on, facts.keyring)
        return Response(status_code=status, headers=headers)

    @app.post("/v1/rotate", response_class=Response, **document.ROTATE)
    async def rotate(request: Request) -> Response:
        content, headers = await questions.answer(request, rotated, facts.keyring)
        return Response(content, media_type="application/json", headers=headers)


class _Questions:
    """What is the same for all requests that need private keys."""

    def __init__(self, policy: Policy) -> None:
        self._gate = Gate(policy.rate, policy.authenticator)
        self._seconds = policy.body_seconds
        self._desk = Desk()

    async def answer(
        self, request: Request, decide: Callable[[bytes, Keyring], _T], keyring: Callable[[], Keyring]
    ) -> tuple[_T, dict[str, str]]:
        """Return what `decide` makes of the body, and the headers that tell of the caller's allowance."""
        admitted = await self._gate.admit(request)
        try:
            with self._desk.place(admitted.caller):
                body = await read(request, self._seconds)
                answer = await self._desk.work(decide, body, keyring())
        except RefusedError as error:
            error.headers = admitted.headers | error.headers
            raise
        about = {"path": request.url.path, "caller": admitted.caller[:_LONGEST_NAME]}
        _LOG.info("answered", extra={"fields": about | ({"status": answer} if isinstance(answer, int) else {})})
        return answer, admitted.headers


_LONGEST_NAME: Final = 100


async def _refused(request: Request, error: Any) -> Response:
    # What kubeseal and other clients of the Kubernetes API accept, and curl does not ask for.
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(error.as_status, error.status, headers=error.headers)
    return PlainTextResponse(error.text, error.status, headers=error.headers)


async def _no_such_route(_: Request, error: Any) -> Response:
    return PlainTextResponse(f"{error.detail.lower()}\n", error.status_code, headers=error.headers)
