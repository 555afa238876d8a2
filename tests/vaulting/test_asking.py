"""What templates ask of a real Vault: reads of any engine, writes with answers, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from injector.vault.auth import GivenCredential, TokenAuth
from injector.vault.client import VaultClient
from injector.vault.errors import PermissionDeniedError, SecretNotFoundError, VaultRequestError
from injector.vault.settings import connect_with
from injector.vault.verbatim import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.vault import VaultServer


@pytest.fixture
def client(vault: VaultServer) -> Iterator[VaultClient]:
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(TokenAuth(GivenCredential(vault.root_token)))
        yield client


def test_the_whole_answer_of_a_read_is_there(vault: VaultServer, client: VaultClient) -> None:
    vault.put("kv1/asked", {"n": 12345678901234567890})
    answer = client.read("kv1/asked", ()).body
    assert answer["data"] == {"n": Number("12345678901234567890")}
    assert answer["lease_duration"] == Number("2764800")
    assert isinstance(answer["request_id"], str)
    assert "12345" not in repr(client.read("kv1/asked", ()))


def test_a_version_goes_to_the_query(vault: VaultServer, client: VaultClient) -> None:
    for value in ("first", "second"):
        vault.put_kv2("asked", {"value": value})
    assert client.read("secret/asked", (("version", "1"),)).fields == {"value": "first"}


def test_other_engines_are_read_as_they_are(client: VaultClient) -> None:
    assert client.read("auth/token/lookup-self", ()).fields["policies"] == ["root"]
    assert client.read("sys/internal/ui/mounts/secret", ()).fields["type"] == "kv"


def test_a_path_that_is_no_utf8_is_asked_for_as_it_is(client: VaultClient) -> None:
    with pytest.raises(SecretNotFoundError):
        client.read("kv1/\udcff", ())


def test_a_write_is_answered(vault: VaultServer, client: VaultClient) -> None:
    answer = client.write("sys/capabilities-self", {"path": "secret/data/x"})
    assert answer is not None
    assert answer.document == {"capabilities": ["root"], "secret/data/x": ["root"]}
    assert client.write("kv1/written", {"a": "b"}) is None
    assert vault.request("GET", "kv1/written")["data"] == {"a": "b"}


def test_a_write_to_version_2_makes_a_version(vault: VaultServer, client: VaultClient) -> None:
    answer = client.write("secret/data/written", {"a": "b"})
    assert answer is not None
    assert vault.request("GET", "secret/data/written")["data"]["data"] == {"a": "b"}
    with pytest.raises(SecretNotFoundError, match="nothing at secret/written to write to") as caught:
        client.write("secret/written", {"a": "canary"})
    assert caught.value.hint == "KV version 2 is written to below data/ of its mount"


@pytest.mark.parametrize("value", ["canary", 'ca"na\\ry', "\udcff"])
def test_a_refused_write_names_the_path_and_no_value(vault: VaultServer, client: VaultClient, value: str) -> None:
    with pytest.raises(VaultRequestError, match="cannot write to auth/token/create: status 400") as caught:
        client.write("auth/token/create", {"ttl": value, "id": "x"})
    assert "canary" not in str(caught.value)
    assert "ry" not in str(caught.value)
    token = vault.token(["default"])
    client.login(TokenAuth(GivenCredential(token)))
    with pytest.raises(PermissionDeniedError, match="may not write to kv1/x") as denied:
        client.write("kv1/x", {"a": value})
    assert denied.value.hint == 'a policy has to give it "update" on kv1/x'


def test_names_are_listed_whatever_the_version(vault: VaultServer, client: VaultClient) -> None:
    for name in ("a", "deep/b"):
        vault.put(f"kv1/listed/{name}", {"v": "1"})
        vault.put_kv2(f"listed/{name}", {"v": "1"})
    for path in ("kv1/listed", "secret/listed", "secret/metadata/listed"):
        assert client.names(path) == ["a", "deep/"]
    assert client.names("secret/listed/nothing") == client.names("nomount/x") == []


def test_a_forbidden_list_is_named(vault: VaultServer) -> None:
    token = vault.token(["default"])
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(TokenAuth(GivenCredential(token)))
        with pytest.raises(PermissionDeniedError, match="may not list secret/x"):
            client.names("secret/x")


@pytest.mark.parametrize(
    ("path", "kind"), [("kv1/kinds", "kv1"), ("secret/kinds", "kv2"), ("auth/token/lookup-self", "other")]
)
def test_an_answer_says_which_engine_it_is_from(vault: VaultServer, client: VaultClient, path: str, kind: str) -> None:
    vault.put("kv1/kinds", {"a": "b"})
    vault.put_kv2("kinds", {"a": "b"})
    answer = client.read(path)
    assert answer.kind == kind
    assert answer.lease is None
    assert answer.duration == (2764800 if kind == "kv1" else 0)


def test_vaults_own_warnings_come_along(client: VaultClient) -> None:
    answer = client.write("auth/token/create", {"ttl": "1m", "nonsense": "x"})
    assert answer is not None
    assert any("nonsense" in warning for warning in answer.warnings)


def test_certificates_are_issued_with_or_without_a_lease(vault: VaultServer, client: VaultClient) -> None:
    vault.request("POST", "sys/mounts/pki-leases", {"type": "pki"})
    vault.request("POST", "pki-leases/root/generate/internal", {"common_name": "root.example", "ttl": "8760h"})
    for name, leased in (("plain", False), ("leased", True)):
        role = {"allow_any_name": True, "max_ttl": "1h", "generate_lease": leased}
        vault.request("POST", f"pki-leases/roles/{name}", role)
        answer = client.write(f"pki-leases/issue/{name}", {"common_name": "web.example", "ttl": "30m"})
        assert answer is not None
        assert str(answer.fields["certificate"]).startswith("-----BEGIN CERTIFICATE-----")
        assert str(answer.fields["private_key"]) not in repr(answer)
        if not leased:
            assert answer.lease is None
            continue
        assert answer.lease is not None
        assert 1700 < answer.lease.duration <= 1800
        client.revoke_lease(answer.lease.lease_id)
