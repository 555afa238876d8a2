from __future__ import annotations

import asyncio
import io
import logging
from typing import TYPE_CHECKING

import httpx
import orjson
import pytest
from starlette.requests import Request

from injector.errors import ReviewError
from injector.webhook import app, logs
from tests.admission import pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Message

JSON = {"Content-Type": "application/json"}
REVIEW = orjson.dumps(pods.review(pods.basic()))


def _send(
    method: str, path: str, body: bytes | AsyncIterator[bytes] = b"", headers: dict[str, str] | None = None
) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app.create(pods.SETTINGS))
        async with httpx.AsyncClient(transport=transport, base_url="https://webhook") as client:
            return await client.request(method, path, content=body, headers=JSON if headers is None else headers)

    return asyncio.run(send())


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the webhook logs meanwhile."""
    logs.configure("info", "standard")
    handler = logging.StreamHandler(captured := io.StringIO())
    handler.setFormatter(logs.LOGGER.handlers[0].formatter)
    logs.LOGGER.handlers = [handler]
    yield captured
    logs.LOGGER.handlers = []


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_review_is_answered(content_type: str) -> None:
    response = _send("POST", "/mutate", REVIEW, {"Content-Type": content_type})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json()["response"] == pods.respond(pods.basic())


def test_a_refused_pod_is_answered_with_status_200() -> None:
    response = _send("POST", "/mutate", orjson.dumps(pods.review(pods.annotated("agent-inject", "yes"))))
    assert (response.status_code, response.json()["response"]["allowed"]) == (200, False)


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/jsonx", "application/yaml"])
def test_another_content_type_is_a_bad_request(content_type: str) -> None:
    response = _send("POST", "/mutate", REVIEW, {"Content-Type": content_type})
    assert (response.status_code, response.text) == (400, "invalid content type: must be application/json\n")


def test_an_empty_body_is_a_bad_request() -> None:
    response = _send("POST", "/mutate")
    assert (response.status_code, response.text) == (400, "empty request body\n")


@pytest.mark.parametrize("body", [b"x", b"{", REVIEW[:-1], b"\xff", b'"\\ud800"', b"[" * 5000, b"null", b"{}", b"[1]"])
def test_what_does_not_decode_is_a_server_error(body: bytes) -> None:
    assert _send("POST", "/mutate", body).status_code == 500


def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    assert _send("POST", "/mutate", endless()).status_code == 413
    assert sent <= app.BODY_LIMIT + (2 << 20)


def test_other_methods_and_paths_are_refused() -> None:
    assert _send("GET", "/mutate").status_code == 405
    assert _send("POST", "/").status_code == 404
    assert _send("GET", "/docs").status_code == 404


@pytest.mark.parametrize("path", ["/health/ready", "/health/live"])
def test_health_has_no_content(path: str) -> None:
    response = _send("GET", path)
    assert (response.status_code, response.content) == (204, b"")


def test_a_decision_is_one_line_of_log_without_anything_that_the_pod_holds(log: io.StringIO) -> None:
    canary = "canary-5512"
    manifest = pods.annotated("agent-inject-template-hello.txt", canary)
    manifest["spec"]["containers"][0]["env"] = [{"name": "PASSWORD", "value": canary}]
    _send("POST", "/mutate", orjson.dumps(pods.review(manifest)))
    _send("POST", "/mutate", orjson.dumps(pods.review(pods.annotated("agent-run-as-user", canary))))
    _send("POST", "/mutate", orjson.dumps(canary))
    _send("POST", "/mutate", canary.encode())
    lines = log.getvalue().splitlines()
    assert [line.split('reason="')[1].split('"')[0] for line in lines[:2]] == ["Injected", "BadAnnotation"]
    assert len(lines) == 4
    assert canary not in log.getvalue()


def test_a_name_with_a_line_break_does_not_forge_a_line_of_log(log: io.StringIO) -> None:
    manifest = pods.basic()
    manifest["metadata"]["name"] = 'a"\n2026 INFO pod decided'
    _send("POST", "/mutate", orjson.dumps(pods.review(manifest)))
    assert len(log.getvalue().splitlines()) == 1


def test_json_logs_are_one_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    _send("POST", "/mutate", REVIEW)
    logs.LOGGER.handlers = []
    line = orjson.loads(capfd.readouterr().err)
    assert (line["reason"], line["pod"], line["allowed"], line["operations"]) == ("Injected", "web-", True, 6)


def test_an_exception_is_logged_by_its_type_and_place_alone(log: io.StringIO) -> None:
    canary = "canary-9407"
    try:
        orjson.loads(canary)
    except orjson.JSONDecodeError:
        logs.LOGGER.exception("request failed")
    assert len(log.getvalue().splitlines()) == 1
    assert "JSONDecodeError at " in log.getvalue()
    assert canary not in log.getvalue()


def test_many_slow_senders_together_are_turned_away_and_leave_room_when_they_are_gone() -> None:
    room = app._Room(10_000)

    def request(*chunks: bytes) -> Request:
        messages = [{"type": "http.request", "body": one, "more_body": True} for one in chunks]
        messages.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Message:
            await asyncio.sleep(0)
            return messages.pop(0)

        return Request({"type": "http", "headers": [(b"content-type", b"application/json")]}, receive)

    async def read(size: int) -> int:
        try:
            return len(await app._body(request(*[b"x" * 1000] * size), room))
        except ReviewError as error:
            return error.status

    async def together() -> list[int]:
        return list(await asyncio.gather(*(read(4) for _ in range(4))))

    assert 503 in asyncio.run(together())
    assert room.free == 10_000
    assert asyncio.run(read(9)) == 9000
