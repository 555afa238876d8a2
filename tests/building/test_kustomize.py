"""`kustomize build` by both protocols, against a real Vault."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.vault import VaultServer
    from tests.building.conftest import Kustomization

ALL = {"data": [{"path": "secret/build/app"}]}


def values(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_the_secret_holds_what_is_in_vault(kustomization: Kustomization, vault: VaultServer, canary: str) -> None:
    vault.put_kv2("build/app", {"password": canary, "y": "1e3", "1e3": "y", "nested": {"b": [1, None]}})
    vault.put("kv1/build", {"user": "żółć"})
    items = [
        {"path": "secret/build/app"},
        {"key": "user.txt", "path": "kv1/build", "field": "user"},
    ]
    kustomization.add({"data": items}, namespace="web", labels={"y": "1e3"}, annotations={"team": "web"})
    (secret,) = kustomization.build()
    assert values(secret) == {
        "password": canary,
        "y": "1e3",
        "1e3": "y",
        "nested": '{"b":[1,null]}',
        "user.txt": "żółć",
    }
    metadata = secret["metadata"]
    assert metadata.pop("name").startswith("app-")
    assert metadata == {"namespace": "web", "labels": {"y": "1e3"}, "annotations": {"team": "web"}}
    assert (secret["kind"], secret["type"]) == ("Secret", "Opaque")


def test_the_hash_follows_the_content_and_references_follow_the_hash(
    kustomization: Kustomization, vault: VaultServer
) -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: c, envFrom: [{secretRef: {name: app}}]}]}
"""
    (kustomization.folder / "pod.yaml").write_text(pod)
    kustomization.write(resources=["pod.yaml"])
    kustomization.add(ALL)
    names = []
    for value in ("one", "two", "two"):
        vault.put_kv2("build/app", {"password": value})
        built = {document["kind"]: document for document in kustomization.build()}
        names.append(built["Secret"]["metadata"]["name"])
        (container,) = built["Pod"]["spec"]["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": names[-1]}}]
    assert names[0] != names[1] == names[2]


def test_without_a_hash_the_name_is_plain(kustomization: Kustomization, vault: VaultServer) -> None:
    vault.put_kv2("build/app", {"password": "x"})
    kustomization.add({**ALL, "disableNameSuffixHash": True, "immutable": True})
    (secret,) = kustomization.build()
    assert secret["metadata"] == {"name": "app"}
    assert secret["immutable"] is True


def test_several_generators_each_make_their_own_secret(kustomization: Kustomization, vault: VaultServer) -> None:
    for name in ("one", "two", "three"):
        vault.put_kv2(f"build/{name}", {"name": name})
        kustomization.add({"data": [{"path": f"secret/build/{name}"}], "disableNameSuffixHash": True}, name)
    built = {document["metadata"]["name"]: values(document) for document in kustomization.build()}
    assert built == {name: {"name": name} for name in ("one", "two", "three")}


def test_a_secret_can_be_merged_into_one_that_kustomize_makes(kustomization: Kustomization, vault: VaultServer) -> None:
    vault.put_kv2("build/app", {"password": "x"})
    base = kustomization.folder / "base"
    base.mkdir()
    (base / "kustomization.yaml").write_text("secretGenerator: [{name: app, type: custom, literals: [user=bob]}]\n")
    kustomization.write(resources=["base"])
    kustomization.add({**ALL, "behavior": "merge", "type": "custom"})
    (secret,) = kustomization.build()
    assert values(secret) == {"user": "bob", "password": "x"}
    assert secret["type"] == "custom"


def test_an_approle_logs_in(kustomization: Kustomization, vault: VaultServer, canary: str) -> None:
    vault.put_kv2("build/app", {"password": canary})
    role = vault.approle("ci", policies=["app"])
    (kustomization.folder / "secret-id").write_text(f"{role.secret_id}\n")
    kustomization.environment |= {"VAULT_TOKEN": "", "ROLE_ID": role.role_id}
    auth = {"type": "approle", "roleIdEnv": "ROLE_ID", "secretIdFile": "secret-id"}
    kustomization.add({**ALL, "vault": {"auth": auth}})
    (secret,) = kustomization.build()
    assert values(secret) == {"password": canary}


def test_a_service_account_logs_in(
    kustomization: Kustomization, vault: VaultServer, control_plane: ControlPlane, namespace: str
) -> None:
    vault.put_kv2("build/app", {"password": "x"})
    control_plane.create_service_account(namespace, "app")
    token = control_plane.service_account_folder(namespace, "app") / "token"
    kustomization.environment |= {"VAULT_TOKEN": "", "VAULT_ADDR": ""}
    auth = {"type": "kubernetes", "mount": "auth/kubernetes", "role": "app", "tokenPath": str(token)}
    kustomization.add({**ALL, "vault": {"address": vault.address, "auth": auth}})
    (secret,) = kustomization.build()
    assert values(secret) == {"password": "x"}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"path": "secret/build/nowhere"}, "all items from secret/build/nowhere: no secret exists at"),
        (
            {"key": "pw", "path": "secret/build/app", "field": "pw"},
            "item pw from secret/build/app: the secret has no field pw",
        ),
        ({"path": "other/app"}, "all items from other/app: permission denied: the given token may not read other/app"),
        (
            {"key": "b", "path": "secret/build/app", "field": "password", "encoding": "base64"},
            "item b from secret/build/app: the field password is not base64",
        ),
        ({"path": "secret/../app"}, 'all items from secret/../app: the path "secret/../app" holds'),
        ({"path": "secret/build/app", "feild": "x"}, "spec.data.1.feild: there is no such field here"),
    ],
)
def test_one_item_that_cannot_be_had_fails_the_build_and_shows_nothing(
    kustomization: Kustomization, vault: VaultServer, canary: str, item: dict[str, str], said: str
) -> None:
    vault.put_kv2("build/app", {"password": canary})
    kustomization.add({"data": [{"key": "good", "path": "secret/build/app", "field": "password"}, item]})
    done = kustomization.run()
    assert done.returncode != 0
    assert done.stdout == ""
    assert f"SecretGenerator app: {said}" in done.stderr
    assert canary not in done.stderr
    assert base64.b64encode(canary.encode()).decode() not in done.stderr


def test_a_wrong_token_fails_the_build_and_is_not_shown(kustomization: Kustomization, canary: str) -> None:
    kustomization.environment["VAULT_TOKEN"] = canary
    kustomization.add(ALL)
    done = kustomization.run()
    assert done.returncode != 0
    assert "does not accept the token (the given token)" in done.stderr
    assert canary not in done.stderr
