"""Signatures against AWS's own published examples, and the shape of what Vault gets."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from injector.vault.aws.login import login_body, sts_url
from injector.vault.aws.sigv4 import AwsCredentials, Request, Scope, signed_headers

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
KEYS = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SITE = "https://example.amazonaws.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# The first five are cases of AWS's Signature Version 4 test suite, by their names there; the last is the example of
# the IAM user guide (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
@pytest.mark.parametrize(
    ("request_", "service", "signature"),
    [
        pytest.param(
            Request("GET", f"{SITE}/", {}, b""),
            "service",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            id="get-vanilla",
        ),
        pytest.param(
            Request("GET", f"{SITE}/?Param2=value2&Param1=value1", {}, b""),
            "service",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            Request("POST", f"{SITE}/", {}, b""),
            "service",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            id="post-vanilla",
        ),
        pytest.param(
            Request("POST", f"{SITE}/", FORM, b"Param1=value1"),
            "service",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            id="post-x-www-form-urlencoded",
        ),
        pytest.param(
            Request("POST", f"{SITE}/", {"My-Header1": "value1"}, b""),
            "service",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            id="post-header-key-sort",
        ),
        pytest.param(
            Request(
                "GET",
                "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
                {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
                b"",
            ),
            "iam",
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            id="iam-list-users",
        ),
    ],
)
def test_signatures_are_those_that_aws_publishes(request_: Request, service: str, signature: str) -> None:
    headers = signed_headers(request_, KEYS, Scope("us-east-1", service, NOW))
    assert headers["Authorization"].endswith(f"Signature={signature}")
    scope = f"AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request"
    assert headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=")


def test_the_login_is_a_signed_question_who_am_i() -> None:
    keys = AwsCredentials("AKIDEXAMPLE", "canary", "session")
    body = login_body("app", "eu-central-1", "vault.example", keys, NOW)
    assert body["role"] == "app"
    assert body["iam_http_request_method"] == "POST"
    assert b64decode(body["iam_request_url"]) == b"https://sts.eu-central-1.amazonaws.com/"
    assert b64decode(body["iam_request_body"]) == b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = json.loads(b64decode(body["iam_request_headers"]))
    assert all(isinstance(values, list) and len(values) == 1 for values in headers.values())
    assert headers["X-Amz-Security-Token"] == ["session"]
    assert headers["X-Vault-AWS-IAM-Server-ID"] == ["vault.example"]
    signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-vault-aws-iam-server-id,"
    assert signed in headers["Authorization"][0]
    assert "canary" not in json.dumps(headers)


def test_without_role_and_header_neither_is_sent() -> None:
    body = login_body("", "us-east-1", None, KEYS, NOW)
    assert "role" not in body
    assert b"Server-ID" not in b64decode(body["iam_request_headers"])


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-east-1", "https://sts.amazonaws.com/"),
        ("eu-west-1", "https://sts.eu-west-1.amazonaws.com/"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_each_region_has_its_service(region: str, url: str) -> None:
    assert sts_url(region) == url


def test_a_secret_key_does_not_show() -> None:
    assert "canary" not in repr(AwsCredentials("AKID", "canary", "canary"))
