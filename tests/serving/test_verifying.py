"""`/v1/verify`: whether a SealedSecret opens, and nothing more."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.http.body import LARGEST_BODY
from controller.http.errors import RefusedError
from controller.http.verify import LONGEST_WORK, verdict_on
from sealer.keyring import Keyring
from tests.reconciling.samples import keyring, sealed
from tests.serving.asking import ask, client

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

pytestmark = pytest.mark.asyncio

NO_SEALED_SECRETS = [
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
    b"- a\n" * 500_000,
    b"{a: b}\n---\n" * 100_000,
    b"9" * 10_000,
    b"{}" * 1_000_000,
    b"[" * 2_000_000,
    b"{" * 2_000_000,
    b"- " * 1_000_000,
    b"".join(b"%%TAG !a%d! x\n" % number for number in range(100_000)),
    "".join(f"%TAG !a{number}! x\u2028" for number in range(100_000)).encode(),
    ("\ufeff" + "[" * 1_000_000).encode("utf-16"),
    b'{"a":[' + b"[]," * 600_000 + b"[]]}",
    b"\x00",
]


async def verified(body: str | bytes, ring: Keyring | None = None, **request: Any) -> httpx.Response:
    return await ask("POST", "/v1/verify", ring, content=body, **request)


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
async def test_what_opens_is_verified(write: Callable[[object], str]) -> None:
    answer = await verified(write(sealed()))
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("kind", ["application/json", "application/yaml", "text/html", "nonsense", ""])
async def test_the_content_type_is_not_asked(kind: str) -> None:
    for body in (json.dumps(sealed()), yaml.safe_dump(sealed())):
        assert (await verified(body, headers={"Content-Type": kind})).status_code == 200


async def test_what_does_not_open_is_a_conflict() -> None:
    moved = sealed()
    moved["metadata"]["name"] = "other"
    answer = await verified(json.dumps(moved))
    assert (answer.status_code, answer.text) == (409, "")


async def test_a_malformed_value_is_a_conflict() -> None:
    broken = sealed()
    broken["spec"]["encryptedData"]["password"] = "AAAA"
    assert (await verified(json.dumps(broken))).status_code == 409


async def test_without_a_key_nothing_opens() -> None:
    assert (await verified(json.dumps(sealed()), Keyring.of(()))).status_code == 409


@pytest.mark.parametrize(
    "template", ["{{ fail }}", "{{ .password }}", "{{ index . 1 2", '{{ if eq .password "a" }}{{ fail }}{{ end }}']
)
async def test_a_template_is_never_rendered(template: str) -> None:
    asked = sealed(template={"data": {"x": template}})
    assert (await verified(json.dumps(asked))).status_code == 200


@pytest.mark.parametrize("body", NO_SEALED_SECRETS, ids=lambda body: repr(body[:20]))
async def test_what_is_no_sealed_secret_is_a_bad_request_that_says_why(body: bytes) -> None:
    answer = await verified(body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("body")


async def test_a_plain_secret_sent_by_mistake_is_not_repeated() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"p": "canary"}}
    for text in (json.dumps(secret), yaml.safe_dump(secret), "canary: [", "{'canary", "p: !canary x", "canary"):
        answer = await verified(text)
        assert answer.status_code == 400
        assert "canary" not in answer.text


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


async def test_a_body_that_announces_too_much_is_not_read_at_all() -> None:
    read: list[bytes] = []

    async def counted() -> Any:
        read.append(b" ")
        yield b" "

    async with client() as http:
        answer = await http.post("/v1/rotate", content=counted(), headers={"Content-Length": str(LARGEST_BODY + 1)})
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert read == []


async def test_a_body_of_just_the_limit_is_read() -> None:
    body = json.dumps(sealed()).encode()
    assert (await verified(body + b" " * (LARGEST_BODY - len(body)))).status_code == 200


async def test_the_first_value_that_does_not_open_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    many = sealed({f"item{number}": "x" for number in range(20)})
    many["metadata"]["name"] = "other"
    tried: list[str] = []
    opening = Keyring.open

    def count(ring: Keyring, text: str, label: bytes, *, prefer: str | None = None) -> Any:
        tried.append(text)
        return opening(ring, text, label, prefer=prefer)

    monkeypatch.setattr(Keyring, "open", count)
    assert verdict_on(json.dumps(many).encode(), keyring()) == 409
    assert len(tried) == 1


async def test_what_takes_too_long_is_given_up() -> None:
    many = json.dumps(sealed({f"item{number}": "x" for number in range(3)})).encode()
    slow = itertools.count(0, LONGEST_WORK * 0.6)
    with pytest.raises(RefusedError) as refused:
        verdict_on(many, keyring(), clock=lambda: next(slow))
    assert refused.value.status == 503
