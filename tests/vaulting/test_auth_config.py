from __future__ import annotations

from pathlib import Path

import pytest

from injector.vault.auth import (
    AppRoleAuth,
    Auth,
    AwsAuth,
    CertAuth,
    FileCredential,
    JwtAuth,
    KubernetesAuth,
    OnceCredential,
    TokenAuth,
    WrappedCredential,
)
from injector.vault.auth_config import METHODS, auth_from
from injector.vault.aws.credentials import AmbientAwsCredentials, GivenAwsCredentials
from injector.vault.aws.sigv4 import AwsCredentials
from injector.vault.errors import VaultSettingsError

ROLE_ID = FileCredential(Path("/pod/role-id"), "role id")
SECRET_ID = OnceCredential(Path("/pod/secret-id"), "secret id")
ENVIRON = {"AWS_REGION": "eu-central-1"}
FILES = {"role_id_file_path": "role-id", "secret_id_file_path": "secret-id"}
MADE_AT = "auth/approle/role/app/secret-id"
KEYS = AwsCredentials("AKID", "canary", "canary")


def made(kind: str, params: dict[str, str]) -> Auth:
    return auth_from(
        kind,
        f"auth/{kind}-1",
        params,
        place=lambda path: Path("/pod") / path.lstrip("/"),
        environ=ENVIRON,
        namespace="team",
    )


@pytest.mark.parametrize(
    ("kind", "params", "auth"),
    [
        (
            "kubernetes",
            {"role": "app", "token_path": "/token"},
            KubernetesAuth("app", FileCredential(Path("/pod/token"), "service-account token"), "kubernetes-1", "team"),
        ),
        ("approle", FILES, AppRoleAuth(ROLE_ID, SECRET_ID, "approle-1", "team")),
        ("approle", {"role_id_file_path": "role-id"}, AppRoleAuth(ROLE_ID, None, "approle-1", "team")),
        (
            "approle",
            FILES | {"remove_secret_id_file_after_reading": "false", "token_path": "/token", "role": "app"},
            AppRoleAuth(ROLE_ID, FileCredential(SECRET_ID.path, "secret id"), "approle-1", "team"),
        ),
        (
            "approle",
            FILES | {"secret_id_response_wrapping_path": f"/{MADE_AT}"},
            AppRoleAuth(ROLE_ID, WrappedCredential(SECRET_ID, MADE_AT), "approle-1", "team"),
        ),
        (
            "jwt",
            {"role": "app", "path": "jwt"},
            JwtAuth("app", OnceCredential(Path("/pod/jwt"), "token"), "jwt-1", "team"),
        ),
        (
            "jwt",
            {"role": "app", "path": "jwt", "remove_jwt_follows_symlinks": "true", "jwt_read_period": "1m"},
            JwtAuth("app", OnceCredential(Path("/pod/jwt"), "token", follow=True), "jwt-1", "team"),
        ),
        (
            "jwt",
            {"role": "app", "path": "jwt", "remove_jwt_after_reading": "0"},
            JwtAuth("app", FileCredential(Path("/pod/jwt"), "token"), "jwt-1", "team"),
        ),
        ("cert", {}, CertAuth(None, None, None, "cert-1", None, "team")),
        (
            "cert",
            {"name": "app", "client_cert": "c", "client_key": "k", "ca_cert": "ca", "reload": "true"},
            CertAuth("app", Path("/pod/c"), Path("/pod/k"), "cert-1", "/pod/ca", "team"),
        ),
        ("token_file", {"token_file_path": "t"}, TokenAuth(FileCredential(Path("/pod/t"), "token"), "team")),
        (
            "aws",
            {"role": "app", "type": "iam", "credential_poll_interval": "60"},
            AwsAuth(
                "app", "eu-central-1", AmbientAwsCredentials(ENVIRON, "eu-central-1"), None, "aws-1", "team"
            ),
        ),
        (
            "aws",
            {
                "role": "app", "region": "us-gov-west-1", "header_value": "vault.example",
                "access_key": "AKID", "secret_key": "canary", "session_token": "canary",
            },
            AwsAuth("app", "us-gov-west-1", GivenAwsCredentials(KEYS), "vault.example", "aws-1", "team"),
        ),
    ],
)  # fmt: skip
def test_parameters_make_a_login(kind: str, params: dict[str, str], auth: Auth) -> None:
    login = made(kind, params)
    assert login == auth
    assert "canary" not in repr(login)


@pytest.mark.parametrize(
    ("kind", "params", "named"),
    [
        ("ldap", {}, 'auth.type: "ldap" is not one of: kubernetes, approle, jwt, cert, token_file, aws'),
        ("kubernetes", {"token_path": "t"}, "auth.params.role: the kubernetes login must have it"),
        ("kubernetes", {"role": "", "token_path": "t"}, "auth.params.role"),
        (
            "kubernetes",
            {"role": "a", "token_path": "t", "rolle": "a"},
            "auth.params.rolle: the kubernetes login has no",
        ),
        ("approle", {}, "auth.params.role_id_file_path"),
        ("approle", FILES | {"remove_secret_id_file_after_reading": "no"}, 'after_reading: "no" must be true or false'),
        ("jwt", {"role": "a"}, "auth.params.path"),
        ("cert", {"client_cert": "c"}, "auth.params.client_cert and auth.params.client_key go together"),
        ("cert", {"reload": "maybe"}, "auth.params.reload"),
        ("token_file", {}, "auth.params.token_file_path"),
        ("aws", {}, "auth.params.role"),
        ("aws", {"role": "a", "type": "ec2"}, 'auth.params.type: "ec2" is not one of: iam'),
        ("aws", {"role": "a", "region": "evil.example/"}, "auth.params.region"),
        ("aws", {"role": "a", "access_key": "k"}, "auth.params.access_key and auth.params.secret_key go together"),
    ],
)
def test_what_is_wrong_is_named(kind: str, params: dict[str, str], named: str) -> None:
    with pytest.raises(VaultSettingsError) as caught:
        made(kind, params)
    assert named in caught.value.message


@pytest.mark.parametrize("kind", METHODS)
def test_a_mount_that_is_none_is_refused_whatever_the_method(kind: str) -> None:
    params = {"kubernetes": {"role": "a", "token_path": "t"}, "approle": FILES, "jwt": {"role": "a", "path": "p"}}
    more = {"token_file": {"token_file_path": "t"}, "aws": {"role": "a"}}
    with pytest.raises(VaultSettingsError, match="no mount of an auth method"):
        auth_from(kind, "auth/../sys", (params | more).get(kind, {}), place=Path, environ={})
