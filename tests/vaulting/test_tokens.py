"""What becomes of a token: renewed, looked up, handed on, given back; at a real Vault."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from injector.vault.answers import TokenLease
from injector.vault.auth import AppRoleAuth, GivenCredential, TokenAuth
from injector.vault.client import VaultClient
from injector.vault.errors import InvalidTokenError, LoginError, VaultRequestError
from injector.vault.settings import connect_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.vault import VaultServer


@pytest.fixture
def client(vault: VaultServer) -> Iterator[VaultClient]:
    with VaultClient(connect_with({}, address=vault.address)) as client:
        yield client


def auth_of(vault: VaultServer, **more: str) -> AppRoleAuth:
    name = f"tokens-{secrets.token_hex(4)}"
    role = vault.approle(name, policies=["app"], token_ttl="5m", **more)
    return AppRoleAuth(GivenCredential(role.role_id), GivenCredential(role.secret_id))


def test_a_token_is_renewed_for_as_long_as_wished(vault: VaultServer, client: VaultClient) -> None:
    first = client.login(auth_of(vault))
    renewed = client.renew_self(120)
    assert renewed.token == first.token
    assert renewed.duration == 120
    assert client.renew_self().duration == 300
    assert 0 < client.look_up_self().duration <= 300


def test_a_token_at_its_greatest_age_is_renewed_for_less(vault: VaultServer, client: VaultClient) -> None:
    client.login(auth_of(vault, token_max_ttl="6m"))
    assert client.renew_self(3600).duration <= 360


def test_a_token_that_cannot_be_renewed_says_so(vault: VaultServer, client: VaultClient) -> None:
    lease = client.login(auth_of(vault, token_type="batch"))
    assert not lease.renewable
    with pytest.raises(VaultRequestError, match=r"cannot renew the token: .*batch"):
        client.renew_self()


def test_the_renewal_of_a_token_that_was_revoked_is_an_invalid_token(vault: VaultServer, client: VaultClient) -> None:
    lease = client.login(auth_of(vault))
    vault.request("POST", "auth/token/revoke-accessor", {"accessor": lease.accessor})
    with pytest.raises(InvalidTokenError, match="the approle login at auth/approle"):
        client.renew_self()


def test_a_login_for_somebody_else_is_wrapped_and_can_be_had_once(vault: VaultServer, client: VaultClient) -> None:
    wrapped = client.login_wrapped(auth_of(vault), "3m")
    assert wrapped.ttl == 180
    assert wrapped.document["creation_path"] == "auth/approle/login"
    assert wrapped.token not in repr(wrapped)
    auth = client.unwrap(wrapped.token).body["auth"]
    assert isinstance(auth, dict)
    assert auth["renewable"] is True
    with pytest.raises(VaultRequestError, match="cannot unwrap a wrapped answer") as caught:
        client.unwrap(wrapped.token)
    assert wrapped.token not in str(caught.value)


def test_a_given_token_cannot_be_wrapped(client: VaultClient) -> None:
    with pytest.raises(LoginError, match="a given token cannot be wrapped"):
        client.login_wrapped(TokenAuth(GivenCredential("token")), "1m")


def test_a_token_that_is_handed_over_is_ours_to_give_back_or_not(vault: VaultServer, client: VaultClient) -> None:
    lease = client.login(auth_of(vault))
    with VaultClient(connect_with({}, address=vault.address)) as second:
        second.use_token(lease, own=False)
        second.revoke_self()
        assert second.look_up_self().accessor == lease.accessor
        second.use_token(lease)
        second.revoke_self()
    with pytest.raises(InvalidTokenError):
        client.look_up_self()


def test_what_is_forwarded_comes_back_as_it_is(vault: VaultServer, client: VaultClient) -> None:
    vault.put_kv2("forwarded", {"a": "b"})
    lease = TokenLease(vault.root_token, 0, renewable=False)
    headers = {"X-Vault-Request": "true", "Connection": "keep-alive", "x-vault-token": "of the caller"}
    target = "/v1/secret/data/forwarded?version=1"
    answer = client.forward("GET", target, headers, b"", token=lease.token)
    assert answer.status == 200
    assert b'"a":"b"' in answer.body
    assert "content-type" in {name.lower() for name, _ in answer.headers}
    assert not {"connection", "transfer-encoding", "content-length"} & {name.lower() for name, _ in answer.headers}
    assert client.forward("GET", target, headers, b"", token=None).status == 403
    written = client.forward("PUT", "/v1/kv1/forwarded", {}, b'{"a": "c"}', token=lease.token)
    assert (written.status, vault.request("GET", "kv1/forwarded")["data"]) == (204, {"a": "c"})
