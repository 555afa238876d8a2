"""Whether a KV version 2 secret has changed, without its content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from injector.vault.auth import GivenCredential, TokenAuth
from injector.vault.client import VaultClient
from injector.vault.errors import PermissionDeniedError, SecretNotFoundError, VaultRequestError
from injector.vault.kv import Mount, current_version, metadata_path
from injector.vault.settings import connect_with
from injector.vault.verbatim import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.vault import VaultServer
    from injector.vault.verbatim import Json

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = Mount("secret/", versioned=True, kv=True)


@pytest.fixture
def client(vault: VaultServer) -> Iterator[VaultClient]:
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(TokenAuth(GivenCredential(vault.root_token)))
        yield client


def newest(client: VaultClient, path: str) -> int | None:
    return current_version(client.metadata(path), datetime.now(UTC))


def test_each_write_is_a_new_version_and_shows_no_value(vault: VaultServer, client: VaultClient) -> None:
    vault.put_kv2("watched", {"a": "canary"})
    first = newest(client, "secret/watched")
    vault.put_kv2("watched", {"a": "canary"})
    assert first is not None
    assert newest(client, "secret/data/watched") == first + 1
    assert "canary" not in str(client.metadata("secret/watched"))


def test_a_secret_that_was_deleted_has_no_newest_version(vault: VaultServer, client: VaultClient) -> None:
    version = vault.put_kv2("passing", {"a": "b"})
    vault.request("DELETE", "secret/data/passing")
    assert newest(client, "secret/passing") is None
    vault.request("PUT", "secret/undelete/passing", {"versions": [version]})
    assert newest(client, "secret/passing") == version
    vault.request("PUT", "secret/destroy/passing", {"versions": [version]})
    assert newest(client, "secret/passing") is None


def test_what_has_no_metadata_says_so(vault: VaultServer, client: VaultClient) -> None:
    vault.put("kv1/plain", {"a": "b"})
    with pytest.raises(VaultRequestError, match="kv1/plain has no metadata"):
        client.metadata("kv1/plain")
    with pytest.raises(SecretNotFoundError, match="secret/nowhere"):
        client.metadata("secret/nowhere")


def test_forbidden_metadata_is_told_from_a_forbidden_secret(vault: VaultServer) -> None:
    vault.put_kv2("half", {"a": "b"})
    vault.write_policy("half", 'path "secret/data/half" { capabilities = ["read"] }')
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(TokenAuth(GivenCredential(vault.token(["half"]))))
        assert client.read("secret/half").kind == "kv2"
        with pytest.raises(PermissionDeniedError) as caught:
            client.metadata("secret/half")
    assert caught.value.hint == 'a policy has to give it "read" on secret/metadata/half'


@pytest.mark.parametrize("path", ["secret/a/b", "secret/data/a/b", "secret/metadata/a/b", "secret/subkeys/a/b"])
def test_metadata_lie_beside_the_data(path: str) -> None:
    assert metadata_path(path, SECRET) == "secret/metadata/a/b"


def test_only_one_word_of_the_api_is_replaced() -> None:
    assert metadata_path("secret/data/data/a", SECRET) == "secret/metadata/data/a"


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        ({"current_version": Number("3"), "versions": {"3": {"deletion_time": "", "destroyed": False}}}, 3),
        ({"current_version": Number("3"), "versions": {"3": {"deletion_time": "2026-03-02T00:00:00Z"}}}, 3),
        ({"current_version": Number("3"), "versions": {"3": {"deletion_time": "2026-02-02T00:00:00Z"}}}, None),
        ({"current_version": Number("3"), "versions": {"3": {"destroyed": True}}}, None),
        ({"current_version": Number("3"), "versions": {"2": {}}}, None),
        ({"current_version": Number("0"), "versions": {}}, None),
        ({"current_version": "3", "versions": {"3": {}}}, None),
        ({}, None),
    ],
)
def test_the_newest_version_is_one_that_can_be_read(metadata: dict[str, Json], version: int | None) -> None:
    assert current_version(metadata, NOW) == version
