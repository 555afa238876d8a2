"""Probes, the certificate, and what there is not: in process, with a keyring and nothing else behind it."""

from __future__ import annotations

import pytest

from controller.http.app import Policy
from sealer.keyring import Keyring
from tests.reconciling.samples import key, keyring
from tests.serving.asking import ask, client

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_answer(path: str) -> None:
    answer = await ask("GET", path)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_it_lives_before_it_is_ready() -> None:
    async with client(ready=False) as http:
        healthy, ready = await http.get("/healthz"), await http.get("/readyz")
    assert healthy.status_code == 200
    assert (ready.status_code, ready.text) == (503, "not ready\n")


async def test_the_newest_certificate_is_served_alone() -> None:
    answer = await ask("GET", "/v1/cert.pem", keyring(0, 2, 1))
    assert answer.headers["content-type"] == "application/x-pem-file"
    assert answer.content == key(2).certificate_pem()


async def test_without_a_key_there_is_no_certificate() -> None:
    answer = await ask("GET", "/v1/cert.pem", Keyring.of(()))
    assert (answer.status_code, answer.text) == (500, "cannot get certificate\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/cert.pem"])
async def test_what_can_be_got_can_be_asked_for_its_head(path: str) -> None:
    answer = await ask("HEAD", path)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("PUT", "/readyz", {"GET", "HEAD"}),
        ("DELETE", "/v1/cert.pem", {"GET", "HEAD"}),
        ("GET", "/v1/verify", {"POST"}),
        ("HEAD", "/v1/verify", {"POST"}),
        ("PUT", "/v1/rotate", {"POST"}),
        ("OPTIONS", "/v1/rotate", {"POST"}),
        ("NONSENSE", "/healthz", {"GET", "HEAD"}),
    ],
)
async def test_other_methods_are_refused_with_those_that_are_allowed(method: str, path: str, allowed: set[str]) -> None:
    answer = await ask(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/openapi.json", "/v1", "/metrics", "/v1/verify/", "/healthz/", "/v1/verify%00", "//healthz"]
)
async def test_nothing_else_is_served(path: str) -> None:
    answer = await ask("GET", path)
    assert (answer.status_code, answer.text) == (404, "not found\n")


@pytest.mark.parametrize(("method", "path"), [("GET", "/healthz"), ("GET", "/nowhere"), ("POST", "/v1/verify")])
async def test_no_answer_is_kept_or_guessed_at(method: str, path: str) -> None:
    answer = await ask(method, path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_each_answer_is_told_in_words_of_ours() -> None:
    told: list[tuple[str, str, int]] = []

    def observe(method: str, path: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        told.append((method, path, status))

    async with client(policy=Policy(observe=observe)) as http:
        await http.get("/healthz?a=b")
        await http.request("BREW", "/coffee")
        await http.post("/v1/verify", content=b"")
        await http.get("/v1/verify")
    assert told == [
        ("GET", "/healthz", 200),
        ("other", "other", 404),
        ("POST", "/v1/verify", 400),
        ("GET", "/v1/verify", 405),
    ]
