"""Logging in to, and reading from, a real Vault."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from deploy.local.network import free_port
from deploy.local.vault import VaultServer
from injector.vault.auth import AppRoleAuth, Auth, FileCredential, GivenCredential, KubernetesAuth, TokenAuth
from injector.vault.client import VaultClient
from injector.vault.errors import (
    InvalidTokenError,
    LoginError,
    PermissionDeniedError,
    SecretNotFoundError,
    VaultError,
    VaultUnavailableError,
    VaultUnreachableError,
)
from injector.vault.reference import parse_reference
from injector.vault.settings import connect_with
from injector.vault.verbatim import Number

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes
    from injector.vault.answers import Answer


def place(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    reference = parse_reference(text)
    return reference.path, () if reference.version is None else (("version", str(reference.version)),)


def read(vault: VaultServer, auth: Auth, path: str) -> Answer:
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(auth)
        return client.read(*place(path))


def root(vault: VaultServer) -> TokenAuth:
    return TokenAuth(GivenCredential(vault.root_token))


def with_policy(vault: VaultServer, rules: str) -> TokenAuth:
    name = f"test-{secrets.token_hex(4)}"
    vault.write_policy(name, rules)
    return TokenAuth(GivenCredential(vault.token([name])))


def account(control_plane: ControlPlane, namespace: str, name: str = "app") -> KubernetesAuth:
    control_plane.create_service_account(namespace, name)
    folder = control_plane.service_account_folder(namespace, name)
    return KubernetesAuth("app", FileCredential(folder / "token", "service-account token"))


def test_a_service_account_logs_in_and_reads(control_plane: ControlPlane, vault: VaultServer, namespace: str) -> None:
    vault.put_kv2(f"{namespace}/hello", {"greeting": "hi"})
    assert read(vault, account(control_plane, namespace), f"secret/{namespace}/hello").fields == {"greeting": "hi"}


def test_another_service_account_is_refused(control_plane: ControlPlane, vault: VaultServer, namespace: str) -> None:
    with pytest.raises(LoginError, match=r"role app at auth/kubernetes: .*not authorized"):
        read(vault, account(control_plane, namespace, "other"), "secret/hello")


def test_a_role_that_is_not_there_is_named(control_plane: ControlPlane, vault: VaultServer, namespace: str) -> None:
    token = account(control_plane, namespace).token
    with pytest.raises(LoginError, match='role nobody at auth/kubernetes: invalid role name "nobody"'):
        read(vault, KubernetesAuth("nobody", token), "secret/hello")


def test_a_login_that_is_not_mounted_is_refused(
    control_plane: ControlPlane, vault: VaultServer, namespace: str
) -> None:
    token = account(control_plane, namespace).token
    with pytest.raises(LoginError, match="role app at auth/elsewhere"):
        read(vault, KubernetesAuth("app", token, "elsewhere"), "secret/hello")


def test_a_token_that_the_cluster_does_not_know_is_refused_and_not_shown(vault: VaultServer) -> None:
    forged = "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJjYW5hcnkifQ.canary"
    with pytest.raises(LoginError) as caught:
        read(vault, KubernetesAuth("app", GivenCredential(forged)), "secret/hello")
    assert "canary" not in str(caught.value)


def test_a_token_file_is_read_anew_at_each_login(
    control_plane: ControlPlane, vault: VaultServer, namespace: str, tmp_path: Path
) -> None:
    vault.put_kv2(f"{namespace}/hello", {"greeting": "hi"})
    control_plane.create_service_account(namespace, "app")
    file = tmp_path / "token"
    auth = KubernetesAuth("app", FileCredential(file, "service-account token"))
    with VaultClient(connect_with({}, address=vault.address)) as client:
        with pytest.raises(LoginError, match=r"cannot read the service-account token at .*: no such file"):
            client.login(auth)
        file.write_text(f"\n {control_plane.service_account_token(namespace, 'app')} \n")
        client.login(auth)
        assert client.read(f"secret/{namespace}/hello").fields == {"greeting": "hi"}


def test_an_approle_logs_in_and_reads(vault: VaultServer) -> None:
    vault.put("kv1/approle", {"greeting": "hi"})
    role = vault.approle("reader", policies=["app"])
    auth = AppRoleAuth(GivenCredential(role.role_id), GivenCredential(role.secret_id))
    assert read(vault, auth, "kv1/approle").fields == {"greeting": "hi"}


def test_an_approle_that_needs_no_secret_id_logs_in_without(vault: VaultServer) -> None:
    vault.put("kv1/approle", {"greeting": "hi"})
    more = {"bind_secret_id": False, "secret_id_bound_cidrs": [], "token_bound_cidrs": ["127.0.0.0/8"]}
    vault.request("POST", "auth/approle/role/open", {"token_policies": ["app"], **more})
    role_id = vault.request("GET", "auth/approle/role/open/role-id")["data"]["role_id"]
    assert read(vault, AppRoleAuth(GivenCredential(role_id)), "kv1/approle").fields == {"greeting": "hi"}


def test_a_wrong_secret_id_is_refused_and_not_shown(vault: VaultServer) -> None:
    role = vault.approle("reader", policies=["app"])
    with pytest.raises(LoginError, match="approle login at auth/approle: invalid") as caught:
        read(vault, AppRoleAuth(GivenCredential(role.role_id), GivenCredential("canary")), "kv1/x")
    assert "canary" not in str(caught.value)
    assert role.role_id not in str(caught.value)


def test_a_token_that_vault_does_not_know_is_refused_and_not_shown(vault: VaultServer) -> None:
    with pytest.raises(InvalidTokenError, match=r"the given token") as caught:
        read(vault, TokenAuth(GivenCredential("canary")), "secret/hello")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a b", "a\nX-Injected: canary", "tokén"])
def test_what_cannot_be_a_token_is_not_sent(vault: VaultServer, token: str) -> None:
    with pytest.raises(LoginError, match="no token has") as caught:
        read(vault, TokenAuth(GivenCredential(token)), "secret/hello")
    assert "canary" not in str(caught.value)


def test_the_environments_token_is_not_taken_behind_our_back(
    vault: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put_kv2("behind", {"a": "b"})
    monkeypatch.setenv("VAULT_TOKEN", vault.root_token)
    with VaultClient(connect_with({}, address=vault.address)) as client, pytest.raises(PermissionDeniedError):
        client.read("secret/behind")


def test_version_1_keeps_numbers_as_they_were_written(vault: VaultServer) -> None:
    vault.request("POST", "kv1/numbers", {"big": 12345678901234567890, "small": 7, "none": None, "list": [1]})
    expected = {"big": Number("12345678901234567890"), "small": Number("7"), "none": None, "list": [Number("1")]}
    assert read(vault, root(vault), "kv1/numbers").fields == expected


def test_version_2_gives_fields_and_document(vault: VaultServer) -> None:
    vault.put_kv2("both", {"user": "bob"})
    secret = read(vault, root(vault), "secret/both")
    assert secret.fields == {"user": "bob"}
    assert secret.document["data"] == {"user": "bob"}
    assert isinstance(metadata := secret.document["metadata"], dict)
    assert metadata["version"] == Number("1")


@pytest.mark.parametrize("path", ["secret/a b/ä#?x", "secret/100%/a+b&c=d;e"])
def test_any_path_is_read_as_it_is_written(vault: VaultServer, path: str) -> None:
    from urllib.parse import quote

    plain = path.partition("?")[0]
    vault.request("POST", f"secret/data/{quote(plain.removeprefix('secret/'))}", {"data": {"path": plain}})
    assert read(vault, root(vault), plain).fields == {"path": plain}


def test_an_old_version_can_be_had(vault: VaultServer) -> None:
    for value in ("first", "second"):
        vault.put_kv2("versions", {"value": value})
    assert read(vault, root(vault), "secret/versions").fields == {"value": "second"}
    assert read(vault, root(vault), "secret/versions?version=1").fields == {"value": "first"}
    assert read(vault, root(vault), "secret/data/versions?version=1").fields == {"value": "first"}


def test_a_version_of_a_mount_without_versions_is_ignored_with_a_warning(vault: VaultServer) -> None:
    vault.put("kv1/plain", {"a": "b"})
    answer = read(vault, root(vault), "kv1/plain?version=1")
    assert answer.fields == {"a": "b"}
    assert answer.warnings == ("kv1/plain?version=1: the version is ignored, as kv1/ keeps none",)


@pytest.mark.parametrize(
    "path", ["secret/nowhere", "kv1/nowhere", "nomount/nowhere", "secret/gone", "secret/destroyed"]
)
def test_a_secret_that_is_not_there_is_named(vault: VaultServer, path: str) -> None:
    vault.put_kv2("gone", {"a": "b"})
    vault.request("DELETE", "secret/data/gone")
    version = vault.put_kv2("destroyed", {"a": "b"})
    vault.request("PUT", "secret/destroy/destroyed", {"versions": [version]})
    with pytest.raises(SecretNotFoundError, match=f"no secret exists at {path}"):
        read(vault, root(vault), path)


def test_a_version_that_will_be_deleted_later_is_still_there(vault: VaultServer) -> None:
    vault.request("POST", "secret/metadata/mortal", {"delete_version_after": "1h"})
    vault.put_kv2("mortal", {"a": "b"})
    assert read(vault, root(vault), "secret/mortal").fields == {"a": "b"}


def test_a_forbidden_path_is_named_with_what_would_allow_it(vault: VaultServer) -> None:
    vault.put_kv2("forbidden", {"a": "canary"})
    auth = with_policy(vault, 'path "secret/data/other" { capabilities = ["read"] }')
    with pytest.raises(PermissionDeniedError, match="may not read secret/forbidden") as caught:
        read(vault, auth, "secret/forbidden")
    assert caught.value.hint == 'a policy has to give it "read" on secret/data/forbidden'


def test_without_any_right_in_the_mount_the_hint_names_both_versions(vault: VaultServer) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        read(vault, with_policy(vault, 'path "kv1/x" { capabilities = ["read"] }'), "secret/forbidden")
    assert caught.value.hint is not None
    assert "secret/data/forbidden if secret/ is KV version 2" in caught.value.hint


def test_a_path_that_is_no_secret_is_refused(vault: VaultServer) -> None:
    with pytest.raises(VaultError):
        read(vault, root(vault), "sys/seal")


def test_a_token_made_for_us_is_given_back(control_plane: ControlPlane, vault: VaultServer, namespace: str) -> None:
    vault.put_kv2(f"{namespace}/hello", {"greeting": "hi"})
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(account(control_plane, namespace))
        before = len(vault.request("LIST", "auth/token/accessors")["data"]["keys"])
        client.revoke_self()
        assert len(vault.request("LIST", "auth/token/accessors")["data"]["keys"]) == before - 1


def test_a_given_token_is_never_revoked(vault: VaultServer) -> None:
    auth = with_policy(vault, 'path "secret/*" { capabilities = ["read"] }')
    vault.put_kv2("kept", {"a": "b"})
    with VaultClient(connect_with({}, address=vault.address)) as client:
        client.login(auth)
        client.revoke_self()
        assert client.read("secret/kept").fields == {"a": "b"}


def test_secrets_of_one_mount_take_one_look_at_the_mount(parts: Parts, processes: Processes, tmp_path: Path) -> None:
    with VaultServer(tmp_path / "vault", parts, processes) as own:
        own.put_kv2("a", {"a": "b"})
        own.put_kv2("b/c", {"a": "b"})
        own.enable_audit()
        with VaultClient(connect_with({}, address=own.address)) as client:
            client.login(root(own))
            client.read("secret/a")
            client.read("secret/b/c")
        asked = [entry["request"]["path"] for entry in own.audit_entries() if entry["type"] == "response"]
        assert asked[-3:] == ["sys/internal/ui/mounts/secret/a", "secret/data/a", "secret/data/b/c"]
        own.request("PUT", "sys/seal")
        with pytest.raises(VaultUnavailableError, match="sealed"):
            read(own, root(own), "secret/a")


def test_nobody_at_the_address_is_named() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with (
        VaultClient(connect_with({}, address=address)) as client,
        pytest.raises(VaultUnreachableError, match=f"{address}: connection refused"),
    ):
        client.read("secret/a")
