"""HTTP, in process: FastAPI as it is, with a keyring and nothing else behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from controller.server import LARGEST_BODY, Facts, make_app
from sealer.keyring import Keyring
from tests.reconciling.samples import key, keyring, sealed

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.asyncio


async def directly(function: Callable[..., Any], *arguments: object) -> Any:
    return function(*arguments)


def client(ring: Keyring | None = None, *, ready: bool = True) -> httpx.AsyncClient:
    app = make_app(Facts(lambda: keyring() if ring is None else ring, lambda: ready, directly))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://controller")


async def verified(body: str | bytes) -> httpx.Response:
    async with client() as http:
        return await http.post("/v1/verify", content=body)


async def test_probes_answer() -> None:
    async with client() as http:
        healthy, ready = await http.get("/healthz"), await http.get("/readyz")
    assert (healthy.status_code, healthy.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (200, "ok\n")


async def test_it_lives_before_it_is_ready() -> None:
    async with client(ready=False) as http:
        healthy, ready = await http.get("/healthz"), await http.get("/readyz")
    assert healthy.status_code == 200
    assert (ready.status_code, ready.text) == (503, "not ready\n")


async def test_the_newest_certificate_is_served_alone() -> None:
    async with client(keyring(0, 2, 1)) as http:
        answer = await http.get("/v1/cert.pem")
    assert answer.headers["content-type"] == "application/x-pem-file"
    assert answer.content == key(2).certificate_pem()


async def test_without_a_key_there_is_no_certificate() -> None:
    async with client(Keyring.of(())) as http:
        answer = await http.get("/v1/cert.pem")
    assert (answer.status_code, answer.text) == (500, "cannot get certificate\n")


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
async def test_what_opens_is_verified(write: Callable[[object], str]) -> None:
    answer = await verified(write(sealed()))
    assert (answer.status_code, answer.text) == (200, "")


async def test_what_does_not_open_is_a_conflict() -> None:
    moved = sealed()
    moved["metadata"]["name"] = "other"
    answer = await verified(json.dumps(moved))
    assert (answer.status_code, answer.text) == (409, "")


async def test_a_malformed_value_is_a_conflict() -> None:
    broken = sealed()
    broken["spec"]["encryptedData"]["password"] = "AAAA"
    assert (await verified(json.dumps(broken))).status_code == 409


@pytest.mark.parametrize(
    "template", ["{{ fail }}", "{{ .password }}", "{{ index . 1 2", '{{ if eq .password "a" }}{{ fail }}{{ end }}']
)
async def test_a_template_is_never_rendered(template: str) -> None:
    asked = sealed(template={"data": {"x": template}})
    assert (await verified(json.dumps(asked))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"a: [",
        b"just text",
        b"- a\n- b\n",
        b"null",
        b"{}",
        json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}).encode(),
        b"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: x}\n",
        f"{json.dumps(sealed())}\n---\n{json.dumps(sealed())}".encode(),
        b"[" * 100_000,
    ],
)
async def test_what_is_no_sealed_secret_is_a_bad_request(body: bytes) -> None:
    assert (await verified(body)).status_code == 400


async def test_a_body_beyond_the_limit_is_not_read_to_its_end() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 65536
            yield b" " * 65536

    async with client() as http:
        answer = await http.post("/v1/verify", content=endless())
    assert answer.status_code == 413
    assert read <= LARGEST_BODY + 65536


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/healthz"), ("DELETE", "/v1/cert.pem"), ("GET", "/v1/verify"), ("PUT", "/readyz")]
)
async def test_other_methods_are_refused(method: str, path: str) -> None:
    async with client() as http:
        assert (await http.request(method, path)).status_code == 405


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/v1", "/metrics"])
async def test_nothing_else_is_served(path: str) -> None:
    async with client() as http:
        assert (await http.get(path)).status_code == 404
