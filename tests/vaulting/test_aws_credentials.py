"""AWS credentials from each place that has them; AWS's services are stood in for by a server on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from injector.vault.aws.credentials import AmbientAwsCredentials
from injector.vault.aws.sigv4 import AwsCredentials
from injector.vault.errors import LoginError, VaultSettingsError
from tests.vaulting.site import Asked, Told, site

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}
FOUND = {"Code": "Success", "AccessKeyId": "ASIA", "SecretAccessKey": "canary", "Token": "session"}
TEMPORARY = AwsCredentials("ASIA", "canary", "session")
ASSUMED = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId>
<SecretAccessKey>canary</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def read(environ: dict[str, str]) -> AwsCredentials:
    return AmbientAwsCredentials(environ, "eu-west-1").read()


def test_keys_of_the_environment_come_first() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "canary", "AWS_ROLE_ARN": "arn"}
    assert read(environ) == AwsCredentials("AKID", "canary")
    assert read(environ | {"AWS_SESSION_TOKEN": "session"}) == AwsCredentials("AKID", "canary", "session")


def test_a_service_account_assumes_its_role(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("jwt\n")
    with site(lambda _: Told(body=ASSUMED)) as sts:
        environ = {
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/app",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ENDPOINT_URL_STS": f"{sts.address}/",
        }
        assert read(environ) == TEMPORARY
    form = parse_qs(sts.asked[0].body.decode())
    assert (form["Action"], form["WebIdentityToken"]) == (["AssumeRoleWithWebIdentity"], ["jwt"])
    assert form["RoleArn"] == ["arn:aws:iam::1:role/app"]
    assert sts.asked[0].method == "POST"


def test_a_role_that_may_not_be_assumed_is_a_refused_login_that_shows_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("canary")
    with site(lambda _: Told(403, b"<Error>canary</Error>")) as sts:
        environ = {
            "AWS_ROLE_ARN": "arn",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ENDPOINT_URL_STS": sts.address,
        }
        with pytest.raises(LoginError, match=r"no AWS credentials from .*: status 403") as caught:
            read(environ)
    assert "canary" not in str(caught.value)


def test_a_pod_identity_shows_its_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("pod")
    with site(lambda _: Told(body=json.dumps(FOUND).encode())) as agent:
        environ = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.address}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        }
        assert read(environ) == TEMPORARY
    assert agent.asked[0].headers["authorization"] == "pod"


@pytest.mark.parametrize("url", ["http://evil.example/creds", "http://10.0.0.1/", "ftp://127.0.0.1/", "x"])
def test_a_place_that_is_not_aws_or_loopback_gets_no_token(url: str) -> None:
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "canary"}
    with pytest.raises(VaultSettingsError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI must be https"):
        read(environ)


def test_a_machine_is_asked_with_a_session_token_only() -> None:
    def answer(asked: Asked) -> Told:
        if asked.method == "PUT":
            return Told(body=b"session-token")
        if asked.headers.get("x-aws-ec2-metadata-token") != "session-token":
            return Told(401)
        return Told(body=b"role\n" if asked.target.endswith("/") else json.dumps(FOUND).encode())

    with site(answer) as machine:
        assert read({"AWS_EC2_METADATA_SERVICE_ENDPOINT": machine.address}) == TEMPORARY
    assert machine.asked[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "60"
    assert machine.asked[-1].target == "/latest/meta-data/iam/security-credentials/role"


def test_nothing_anywhere_says_what_to_do() -> None:
    with pytest.raises(LoginError, match="there are no AWS credentials") as caught:
        read(dict(NOWHERE))
    assert caught.value.hint is not None


def test_files_of_credentials_are_refused_and_not_ignored() -> None:
    with pytest.raises(VaultSettingsError, match="AWS_PROFILE is set"):
        read(NOWHERE | {"AWS_PROFILE": "me"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"AccessKeyId": "ASIA"}'])
def test_an_answer_without_credentials_is_told(body: bytes) -> None:
    with (
        site(lambda _: Told(body=body)) as agent,
        pytest.raises(LoginError, match="holds no AWS credentials"),
    ):
        read({"AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.address})
