from __future__ import annotations

import pytest

from injector.vault import faults
from injector.vault.auth import GivenCredential, KubernetesAuth
from injector.vault.errors import (
    InvalidTokenError,
    LoginError,
    PermissionDeniedError,
    SecretNotFoundError,
    VaultError,
    VaultRequestError,
    VaultUnavailableError,
)
from injector.vault.faults import Asked, Refusal, login_refused, refused, words_of
from injector.vault.kv import Mount

WHERE = "https://vault.example"
ROLE = KubernetesAuth("app", GivenCredential("jwt"))
HELLO = "secret/hello"


def refusal(status: int, words: str = "", mount: Mount | None = None) -> VaultError:
    return refused(Refusal(WHERE, status, words), Asked("read", HELLO, "secret/data/hello", mount), str(ROLE))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, PermissionDeniedError),
        (404, SecretNotFoundError),
        (400, VaultRequestError),
        (405, VaultRequestError),
        (412, VaultUnavailableError),
        (429, VaultUnavailableError),
        (473, VaultUnavailableError),
        (500, VaultUnavailableError),
        (501, VaultUnavailableError),
        (503, VaultUnavailableError),
    ],
)
def test_each_status_of_a_read_has_its_error(status: int, kind: type[VaultError]) -> None:
    error = refusal(status)
    assert type(error) is kind
    assert WHERE in error.message


def test_a_bad_token_is_told_from_a_missing_permission() -> None:
    assert isinstance(refusal(403, "2 errors occurred: * permission denied * invalid token"), InvalidTokenError)


def test_a_missing_permission_names_path_role_and_mount() -> None:
    error = refusal(403, mount=Mount("secret/", versioned=True))
    assert "secret/hello" in error.message
    assert "role app at auth/kubernetes" in error.message
    assert error.hint == 'a policy has to give it "read" on secret/data/hello'


def test_a_forbidden_preflight_does_not_lead_astray() -> None:
    error = refused(Refusal(WHERE, 403), Asked("read", HELLO, HELLO), str(ROLE))
    assert error.hint is not None
    assert "secret/data/hello if secret/ is KV version 2" in error.hint


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, LoginError),
        (403, LoginError),
        (404, LoginError),
        (429, VaultUnavailableError),
        (500, VaultUnavailableError),
        (503, VaultUnavailableError),
    ],
)
def test_each_status_of_a_login_has_its_error(status: int, kind: type[VaultError]) -> None:
    error = login_refused(Refusal(WHERE, status, "why"), ROLE)
    assert type(error) is kind
    assert error.message.endswith("why")


def test_a_sealed_vault_is_called_sealed() -> None:
    error = faults.unavailable(Refusal(WHERE, 503, "Vault is sealed"))
    assert error is not None
    assert "sealed" in error.message


def test_vaults_words_are_one_line_without_credentials() -> None:
    body = {"errors": ["bad\n\ttoken  canary", "second"]}
    assert words_of(body, ["canary", ""]) == "bad token ***; second"  # type: ignore[arg-type]  # dict is invariant


@pytest.mark.parametrize("body", [None, [], {"errors": None}, {"errors": {"a": "b"}}, "text"])
def test_an_answer_without_words_has_none(body: object) -> None:
    assert words_of(body, []) == ""  # type: ignore[arg-type]  # whatever a server sends


def test_long_words_are_cut() -> None:
    assert len(words_of({"errors": ["x" * 10_000]}, [])) < 400


def test_a_write_and_a_list_name_what_would_allow_them() -> None:
    write = refused(Refusal(WHERE, 403), Asked("write to", "pki/issue/web", "pki/issue/web"), str(ROLE))
    assert "may not write to pki/issue/web" in write.message
    assert write.hint == 'a policy has to give it "update" on pki/issue/web'
    names = refused(Refusal(WHERE, 403), Asked("list", "secret/a", "secret/a"), str(ROLE))
    assert names.hint is not None
    assert "secret/metadata/a if secret/ is KV version 2" in names.hint


def test_a_write_where_there_is_nothing_says_where_version_2_is_written() -> None:
    mount = Mount("secret/", versioned=True)
    error = refused(Refusal(WHERE, 404), Asked("write to", HELLO, HELLO, mount), str(ROLE))
    assert "nothing at secret/hello to write to" in error.message
    assert error.hint == "KV version 2 is written to below data/ of its mount"
