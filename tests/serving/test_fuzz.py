"""Whatever is sent: no server error, and no answer that the OpenAPI document does not have.

The application is asked in process, with its own keyring, and once as a real controller over a socket. Schemathesis
also checks status codes, content types, headers and bodies against the document, and that broken bodies are refused.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from controller.http.app import Policy, make_app
from tests.reconciling.samples import sealed
from tests.serving import openapi
from tests.serving.asking import WITHOUT_LIMIT, ask, facts

if TYPE_CHECKING:
    from schemathesis import APIOperation

    from tests.reconciling.running import Running

# Of Starlette's test client, which schemathesis brings in when it first asks an application in process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with")
APP: Final = make_app(facts(), Policy(rate=WITHOUT_LIMIT))
LOOKS: Final = ["/healthz", "/readyz", "/v1/cert.pem"]
QUESTIONS: Final = ["/v1/verify", "/v1/rotate"]
CANARY: Final = "canary-9c1d-plaintext"
BODY: Final = json.dumps(sealed({"password": CANARY}, template={"data": {"x": "{{ .password }}"}})).encode()
bounded = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def operation(method: str, path: str) -> APIOperation[Any, Any, Any, Any]:
    schema = schemathesis.openapi.from_dict(yaml.safe_load(openapi.text()))
    schema.app = APP
    return schema[path][method]


def try_many(method: str, path: str, mode: GenerationMode, base_url: str | None = None) -> None:
    @bounded
    @given(case=operation(method, path).as_strategy(generation_mode=mode))
    def answers_as_documented(case: Case[Any]) -> None:
        case.call_and_validate(base_url)

    answers_as_documented()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", QUESTIONS)
def test_whatever_is_posted_is_answered_as_documented(path: str, mode: GenerationMode) -> None:
    try_many("POST", path, mode)


@pytest.mark.parametrize("path", LOOKS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_got_is_as_documented(method: str, path: str) -> None:
    try_many(method, path, GenerationMode.POSITIVE)


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_real_controller_answers_as_documented(running: Running, path: str) -> None:
    try_many("POST", path, GenerationMode.NEGATIVE, base_url=f"http://{running.address}")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a good body with some of its bytes overwritten, left out or repeated."""
    body = bytearray(BODY)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 40))
        body[start:end] = draw(st.one_of(st.binary(max_size=8), st.just(body[start:end] * 2)))
    return bytes(body)


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_damaged_body_is_answered_without_its_plaintext(path: str) -> None:
    @bounded
    @given(body=damaged())
    def answers(body: bytes) -> None:
        answer = asyncio.run(ask("POST", path, content=body))
        assert answer.status_code in {200, 400, 409}
        assert CANARY not in answer.text

    assert asyncio.run(ask("POST", path, content=BODY)).status_code == 200
    answers()
