from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.local.http import StatusError

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.vault import VaultServer


def test_a_real_service_account_token_logs_in_and_reads(control_plane: ControlPlane, vault: VaultServer) -> None:
    vault.put_kv2("local/hello", {"greeting": "hello"})
    token = vault.kubernetes_login("app", control_plane.service_account_token("default", "app"))
    answer = vault.request("GET", "secret/data/local/hello", token=token)
    assert answer["data"]["data"] == {"greeting": "hello"}


def test_a_token_of_another_service_account_is_refused(control_plane: ControlPlane, vault: VaultServer) -> None:
    with pytest.raises(StatusError) as refused:
        vault.kubernetes_login("app", control_plane.service_account_token("default", "default"))
    assert refused.value.status == 403


def test_a_role_may_only_read(control_plane: ControlPlane, vault: VaultServer) -> None:
    token = vault.kubernetes_login("app", control_plane.service_account_token("default", "app"))
    with pytest.raises(StatusError) as refused:
        vault.request("POST", "kv1/local", {"a": "b"}, token=token)
    assert refused.value.status == 403


def test_an_approle_logs_in(vault: VaultServer) -> None:
    role = vault.approle("local", policies=["app"])
    body = {"role_id": role.role_id, "secret_id": role.secret_id}
    token = vault.request("POST", "auth/approle/login", body, token="")["auth"]["client_token"]
    vault.put("kv1/local", {"a": "b"})
    assert vault.request("GET", "kv1/local", token=token)["data"] == {"a": "b"}


def test_a_namespace_can_be_used(control_plane: ControlPlane, namespace: str) -> None:
    assert control_plane.kubectl("get", "sa", "-n", namespace, "-o", "name") == "serviceaccount/default\n"
