from __future__ import annotations

import json

import pytest

from sealer.apiserver.client import error_from
from sealer.apiserver.errors import (
    ApiError,
    ConflictError,
    ExistsError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
    withhold,
)


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (400, "BadRequest", InvalidError),
        (401, "Unauthorized", ForbiddenError),
        (403, "Forbidden", ForbiddenError),
        (404, "NotFound", NotFoundError),
        (409, "Conflict", ConflictError),
        (409, "AlreadyExists", ExistsError),
        (410, "Expired", ExpiredError),
        (413, "RequestEntityTooLarge", InvalidError),
        (422, "Invalid", InvalidError),
        (429, "TooManyRequests", ThrottledError),
        (500, "InternalError", UnavailableError),
        (503, "ServiceUnavailable", UnavailableError),
        (418, "", UnavailableError),
    ],
)
def test_each_status_has_its_error(status: int, reason: str, expected: type[ApiError]) -> None:
    error = error_from(status, json.dumps({"reason": reason, "message": "why"}).encode(), {})
    assert type(error) is expected
    assert error.message == "why"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"null", b'{"message": null}', b"\xff"])
def test_an_answer_that_is_no_status_object_still_has_a_message(content: bytes) -> None:
    assert error_from(502, content, {}).message == "the API server answered 502"


@pytest.mark.parametrize(("text", "expected"), [("7", 7.0), ("", None), ("soon", None), ("-1", None)])
def test_retry_after_is_kept(text: str, expected: float | None) -> None:
    assert error_from(429, b"{}", {"Retry-After": text}).retry_after == expected


def test_a_message_that_quotes_a_value_is_withheld() -> None:
    assert "hunter2" not in withhold('admission webhook denied: "hunter2" is weak', ["aHVudGVyMg==", "hunter2"])


def test_any_other_message_is_passed_on() -> None:
    assert withhold("exceeded quota", ["hunter2", "", "a"]) == "exceeded quota"
