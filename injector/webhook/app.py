"""The webhook behind HTTP: ``/mutate`` for the API server, ``/health/ready`` and ``/health/live`` for the kubelet.

The handler is ``async``, reads the raw body and decodes it with orjson: through a model or in a worker thread it would
be a quarter to a half slower (design, "Injector"). The decision itself is pure and takes a fraction of a millisecond.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from injector.errors import ReviewError
from injector.webhook import logs
from injector.webhook.metrics import CONTENT_TYPE, Metrics
from injector.webhook.mutate import NOTHING, Decision, admission_request, answer, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from injector.webhook.settings import Settings
    from injector.webhook.wire import JsonObject

# The API server takes objects of up to 3 MiB, and stores half of that; a review holds one of them, in an envelope.
# Not more: decoded, a body of brackets takes thirty times its size, and the container has 256 MiB.
BODY_LIMIT: Final = 4 * 1024 * 1024
# For all bodies that are being read: a cluster creates few pods in the same moment, and a pod is a few kilobytes.
ROOM: Final = 32 * 1024 * 1024
_JSON: Final = "application/json"
_LONGEST_NAME: Final = 253


@dataclass(frozen=True)
class Around:
    """What the application asks, and tells, while it answers.

    Attributes:
        obstacle: Returns what stands against being called, for ``/health/ready``; None if nothing does.
        defaults: Returns the default annotations of a namespace.
        metrics: What counts.
        telemetry_path: Where the metrics are served; empty for nowhere.

    """

    obstacle: Callable[[], str | None] = lambda: None
    defaults: Callable[[str], Mapping[str, str]] = lambda _namespace: NOTHING
    metrics: Metrics = field(default_factory=Metrics)
    telemetry_path: str = ""


def create(settings: Settings, around: Around | None = None) -> FastAPI:
    """Make the application.

    ``POST /mutate`` answers with status 200 and a review whenever there was one to answer, also when the pod is
    refused. It answers 400 for another content type or an empty body, 413 for a body over the limit, 500 for a body
    that is no AdmissionReview (reference, vault-agent-injector 2.4).

    Args:
        settings: What applies to every pod.
        around: What it asks and tells meanwhile.

    """
    around = around or Around()
    room = _Room()
    app = FastAPI(title="sealer-injector", openapi_url=None, docs_url=None, redoc_url=None)

    async def mutate(request: Request) -> Response:
        try:
            body = await _body(request, room)
            return _answer(body, settings, around)
        except ReviewError as error:
            around.metrics.rejected(error.status)
            logs.problem("request refused", status=error.status, error=error.message)
            return Response(error.message + "\n", status_code=error.status, media_type="text/plain")

    # Starlette's own route: FastAPI's would look for dependencies and models in each request, and there are none.
    app.add_route("/mutate", mutate, methods=["POST"])

    async def ready() -> Response:
        against = around.obstacle()
        return Response(status_code=204) if against is None else Response(against + "\n", 503, media_type="text/plain")

    app.add_api_route("/health/ready", ready, methods=["GET"], status_code=204)
    app.add_api_route("/health/live", _alive, methods=["GET"], status_code=204)
    if around.telemetry_path:

        async def telemetry() -> Response:
            return Response(around.metrics.text(), media_type=CONTENT_TYPE)

        app.add_api_route(around.telemetry_path, telemetry, methods=["GET"])
    return app


async def _alive() -> Response:
    return Response(status_code=204)


@dataclass
class _Room:
    """What the bodies that are being read may take together: many slow senders must not use up the memory."""

    free: int = ROOM


async def _body(request: Request, room: _Room) -> bytes:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != _JSON:
        raise ReviewError("invalid content type: must be application/json", status=400)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            room.free -= len(chunk)
            if len(body) > BODY_LIMIT:
                raise ReviewError(f"request body is larger than {BODY_LIMIT} bytes", status=413)
            if room.free < 0:
                raise ReviewError("too many requests are being read", status=503)
    except ClientDisconnect:
        raise ReviewError("the client went away before its request was complete", status=400) from None
    finally:
        room.free += len(body)
    if not body:
        raise ReviewError("empty request body", status=400)
    return bytes(body)


def _answer(body: bytes, settings: Settings, around: Around) -> Response:
    started = time.perf_counter()
    around.metrics.began()
    try:
        return _decided(body, settings, around, started)
    finally:
        around.metrics.ended(time.perf_counter() - started)


def _decided(body: bytes, settings: Settings, around: Around, started: float) -> Response:
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Not chained: the decoder's error carries the whole body, and with it the pod's environment.
        raise ReviewError("request body is not JSON", status=500) from None
    admission = admission_request(review)
    namespace = str(admission.get("namespace") or "")
    decision = decide(admission, settings, around.defaults(namespace))
    response = Response(orjson.dumps(answer(review, admission, decision)), media_type=_JSON)
    around.metrics.decided(namespace, decision)
    _log(admission, decision, time.perf_counter() - started)
    return response


def _log(admission: JsonObject, decision: Decision, seconds: float) -> None:
    manifest = admission.get("object")
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    named = metadata if isinstance(metadata, dict) else {}
    logs.event(
        "pod decided",
        # Cut: nobody but the API server should ask, and its names are no longer than this.
        uid=str(admission["uid"])[:_LONGEST_NAME],
        namespace=str(admission.get("namespace") or "")[:_LONGEST_NAME],
        pod=str(named.get("name") or named.get("generateName") or "")[:_LONGEST_NAME],
        reason=decision.reason,
        allowed=decision.allowed,
        operations=len(decision.patch),
        warnings=len(decision.warnings),
        milliseconds=round(seconds * 1000, 3),
    )
