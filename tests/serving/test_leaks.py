"""No plaintext in any answer, log or measurement: a known value, posted in every way that it can be wrong."""

from __future__ import annotations

import base64
import copy
import json
import logging
from typing import TYPE_CHECKING, Any, Final

import pytest

from controller.http.app import Policy
from sealer.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from tests.reconciling.samples import key, keyring, sealed
from tests.serving.asking import WITHOUT_LIMIT, client

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY: Final = "canary-77ab-plaintext"
FORMS: Final = [
    CANARY,
    base64.b64encode(CANARY.encode()).decode(),
    base64.urlsafe_b64encode(CANARY.encode()).decode().rstrip("="),
    CANARY.encode().hex(),
]
TEMPLATES: Final = [
    "{{ .password }}",
    "{{ fail .password }}",
    "{{ index . .password }}",
    "{{ .password | b64enc }}{{",
    '{{ if hasPrefix "c" .password }}{{ fail "yes" }}{{ end }}',
]


def bodies() -> Iterator[tuple[str, Any]]:
    """Yield what is done to a SealedSecret, and what comes of it."""
    for scope in Scope:
        good = sealed({"password": CANARY}, scope=scope)
        yield f"{scope}", good
        for field in ("name", "namespace"):
            moved = copy.deepcopy(good)
            moved["metadata"][field] = "other"
            yield f"{scope}, another {field}", moved
        for annotation in (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION):
            widened = copy.deepcopy(good)
            widened["metadata"]["annotations"] = {annotation: "true"}
            widened["spec"]["template"]["metadata"]["annotations"] = {annotation: "true"}
            yield f"{scope}, {annotation}", widened
    for template in TEMPLATES:
        yield template, sealed({"password": CANARY}, template={"data": {"x": template}})
    yield "under a key that is gone", sealed({"password": CANARY}, with_key=3)
    yield "two items, one broken", _broken(sealed({"a": CANARY, "b": CANARY}))
    yield "legacy", {**sealed(), "spec": {"data": sealed({"x": CANARY})["spec"]["encryptedData"]["x"]}}
    yield "wrong types", {**sealed(), "spec": {"encryptedData": {"a": 1}, "template": []}}


def _broken(manifest: Any) -> Any:
    value = base64.b64decode(manifest["spec"]["encryptedData"]["b"])
    manifest["spec"]["encryptedData"]["b"] = base64.b64encode(value[:-1]).decode()
    return manifest


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])
async def test_no_answer_log_or_measurement_has_plaintext(path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Any] = []
    policy = Policy(rate=WITHOUT_LIMIT, observe=lambda *measured: told.append(measured))
    seen, statuses = [], set()
    async with client(keyring(0, 1), policy) as http:
        for _, manifest in bodies():
            for body in (json.dumps(manifest), json.dumps(manifest)[:-3], json.dumps([manifest])):
                answer = await http.post(path, content=body, headers={"X-Forwarded-For": "192.0.2.1"})
                seen.append(f"{answer.status_code} {answer.headers} {answer.text}")
                statuses.add(answer.status_code)
    seen += [str(vars(record)) for record in caplog.records] + [str(told), repr(keyring(0, 1)), repr(key())]
    assert statuses == {200, 400, 409}
    assert len(caplog.records) > 10
    for text in seen:
        for form in (*FORMS, "PRIVATE KEY"):
            assert form not in text
