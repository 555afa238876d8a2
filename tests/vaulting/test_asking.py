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
    answer = client.ask("kv1/asked", ()).answer
    assert answer["data"] == {"n": Number("12345678901234567890")}
    assert answer["lease_duration"] == Number("2764800")
    assert isinstance(answer["request_id"], str)
    assert "12345" not in repr(client.ask("kv1/asked", ()))


def test_a_version_goes_to_the_query(vault: VaultServer, client: VaultClient) -> None:
    for value in ("first", "second"):
        vault.put_kv2("asked", {"value": value})
    assert client.ask("secret/asked", (("version", "1"),)).fields == {"value": "first"}
    with pytest.raises(VaultRequestError, match=r"kv1/x\?version=1: kv1/ keeps no versions"):
        client.ask("kv1/x", (("version", "1"),))


def test_other_engines_are_read_as_they_are(client: VaultClient) -> None:
    assert client.ask("auth/token/lookup-self", ()).fields["policies"] == ["root"]
    assert client.ask("sys/internal/ui/mounts/secret", ()).fields["type"] == "kv"


def test_a_path_that_is_no_utf8_is_asked_for_as_it_is(client: VaultClient) -> None:
    with pytest.raises(SecretNotFoundError):
        client.ask("kv1/\udcff", ())


def test_a_write_is_answered(vault: VaultServer, client: VaultClient) -> None:
    answer = client.write("sys/capabilities-self", {"path": "secret/data/x"})
    assert answer is not None
    assert answer["data"] == {"capabilities": ["root"], "secret/data/x": ["root"]}
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
