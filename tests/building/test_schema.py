from __future__ import annotations

import copy
from typing import Any

import pytest

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import (
    AppRoleLogin,
    Generator,
    Item,
    KubernetesLogin,
    Source,
    TokenLogin,
    VaultSource,
)
from injector.kustomize.schema import read_generator

SMALL: dict[str, Any] = {
    "apiVersion": "sealer.dev/v1alpha1",
    "kind": "SecretGenerator",
    "metadata": {"name": "app"},
    "spec": {"data": [{"path": "secret/hello"}]},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the small generator with the field at `path` set, or removed where the value is `...`."""
    result = copy.deepcopy(SMALL)
    part: Any = result
    *parents, last = path.split("/")
    for step in parents:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    if value is ...:
        del part[last]
    else:
        part[int(last) if isinstance(part, list) else last] = value
    return result


def login(auth: dict[str, Any]) -> Any:
    return read_generator(changed("spec/vault", {"auth": auth})).vault.login


def test_a_small_generator_reads_with_the_defaults() -> None:
    source = VaultSource(TokenLogin(None))
    assert read_generator(SMALL) == Generator("app", source, (Item("secret/hello"),), hash_suffix=True)


def test_a_full_generator_is_read() -> None:
    full = {
        **SMALL,
        "metadata": {"name": "app", "namespace": "web", "labels": {"a": "b"}, "annotations": {"c": "d"}},
        "spec": {
            "vault": {"address": "https://v", "namespace": "t", "caCert": "ca.pem", "skipVerify": False},
            "type": "kubernetes.io/basic-auth",
            "immutable": True,
            "disableNameSuffixHash": True,
            "behavior": "merge",
            "data": [
                {"key": "password", "path": "secret/db", "field": "pw"},
                {"path": "secret/db", "field": "user"},
                {"key": "jks", "path": "secret/db", "field": "jks", "encoding": "base64"},
            ],
        },
    }
    assert read_generator(full) == Generator(
        "app",
        VaultSource(TokenLogin(None), "https://v", "t", "ca.pem", skip_verify=False),
        (
            Item("secret/db", "password", "pw"),
            Item("secret/db", "user", "user"),
            Item("secret/db", "jks", "jks", base64=True),
        ),
        namespace="web",
        labels={"a": "b"},
        annotations={"c": "d"},
        type="kubernetes.io/basic-auth",
        immutable=True,
        hash_suffix=False,
        behavior="merge",
    )


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({}, TokenLogin(None)),
        ({"type": "token", "tokenFile": "t"}, TokenLogin(Source(file="t"))),
        ({"tokenEnv": "T"}, TokenLogin(Source(env="T"))),
        ({"type": "approle", "roleId": "r"}, AppRoleLogin("approle", Source(value="r"), None)),
        (
            {"type": "approle", "mount": "auth/ci", "roleIdEnv": "R", "secretIdFile": "s"},
            AppRoleLogin("auth/ci", Source(env="R"), Source(file="s")),
        ),
        (
            {"type": "kubernetes", "role": "app"},
            KubernetesLogin("kubernetes", "app", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ),
        (
            {"type": "kubernetes", "role": "app", "mount": "k8s", "tokenPath": "t"},
            KubernetesLogin("k8s", "app", "t"),
        ),
    ],
)
def test_each_login_is_read(auth: dict[str, Any], expected: object) -> None:
    assert login(auth) == expected


def test_annotations_of_tools_are_not_copied() -> None:
    annotations = {
        "config.kubernetes.io/function": "exec: {path: x}",
        "config.k8s.io/id": "1",
        "internal.config.kubernetes.io/index": "0",
        "kustomize.config.k8s.io/id": "0",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "team": "web",
    }
    assert read_generator(changed("metadata/annotations", annotations)).annotations == {"team": "web"}


@pytest.mark.parametrize(
    ("path", "value", "message", "hint"),
    [
        ("apiVersion", "sealer.dev/v1", "expected sealer.dev/v1alpha1 SecretGenerator", None),
        ("kind", "Secretgenerator", "expected sealer.dev/v1alpha1 SecretGenerator", None),
        ("data", [], "data: there is no such field", "did you mean metadata?"),
        ("metadata/lables", {}, "metadata.lables: there is no such field", "did you mean labels?"),
        ("metadata/labels", {"a": 1}, "metadata.labels.a: expected a string, found a number", "quote"),
        (
            "metadata/annotations",
            {"kustomize.config.k8s.io/needs-hash": "true"},
            "needs-hash: the generator decides this",
            "use spec.disableNameSuffixHash",
        ),
        (
            "metadata/annotations",
            {"kustomize.config.k8s.io/behavior": "merge"},
            "behavior: the generator decides this",
            "use spec.behavior",
        ),
        ("metadata/namespace", "Shop", "metadata: 'Shop' is not a valid namespace", "lower-case"),
        ("metadata/namespace", "a.b", "metadata: 'a.b' is not a valid namespace", "lower-case"),
        ("spec", ..., "spec.data: missing", "list the items"),
        ("spec/data", [], "spec.data: missing", "list the items"),
        ("spec/data", {"a": "b"}, "spec.data: expected a list", None),
        ("spec/data/0", "secret/hello", "spec.data.0: expected a mapping", None),
        ("spec/data/0/path", ..., "spec.data.0.path: missing", None),
        ("spec/data/0/feild", "x", "spec.data.0.feild: there is no such field", "did you mean field?"),
        ("spec/data/0/key", "k", "spec.data.0.field: missing", "name the field"),
        ("spec/data/0/key", 1000.0, "spec.data.0.key: expected a string, found a number", "quote it"),
        ("spec/data/0/encoding", "hex", '"hex" is not one of: base64', None),
        ("spec/data/0/encoding", "base64", "spec.data.0.field: missing", "name the field"),
        ("spec/behavior", "update", '"update" is not one of: create, replace, merge', None),
        ("spec/immutable", "true", "spec.immutable: expected true or false, found a string", None),
        ("spec/vault", {"adress": "x"}, "spec.vault.adress: there is no such field", "did you mean address?"),
        ("spec/vault/auth", {"type": "jwt"}, '"jwt" is not one of: token, approle, kubernetes', None),
        ("spec/vault/auth", {"type": "token", "role": "x"}, "no such field in a login of type token", None),
        ("spec/vault/auth", {"type": "approle"}, "spec.vault.auth.roleId: missing", "roleIdFile or roleIdEnv"),
        ("spec/vault/auth", {"type": "kubernetes"}, "spec.vault.auth.role: missing", None),
        ("spec/vault/auth", {"tokenFile": "a", "tokenEnv": "b"}, "tokenEnv: stands beside tokenFile", None),
    ],
)
def test_what_cannot_be_used_is_named(path: str, value: Any, message: str, hint: str | None) -> None:
    with pytest.raises(GeneratorError) as caught:
        read_generator(changed(path, value))
    assert message in caught.value.message
    assert caught.value.message.startswith("SecretGenerator app: ")
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["App", "app_db", "-app", "a" * 254])
def test_a_name_that_no_secret_can_have_is_refused_before_vault_is_asked(name: str) -> None:
    with pytest.raises(GeneratorError, match="is not a valid name for a Secret") as caught:
        read_generator(changed("metadata/name", name))
    assert "lower-case" in (caught.value.hint or "")


@pytest.mark.parametrize("auth", [{"token": "canary"}, {"type": "approle", "roleId": "r", "secretId": "canary"}])
def test_a_secret_has_no_place_in_a_manifest_and_is_not_shown(auth: dict[str, Any]) -> None:
    with pytest.raises(GeneratorError, match="no place in a manifest") as caught:
        login(auth)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("manifest", [None, [], "text", {}, {"metadata": None}, {"metadata": {"name": 7}}])
def test_what_is_no_generator_is_refused(manifest: object) -> None:
    with pytest.raises(GeneratorError, match="generator without a name"):
        read_generator(manifest)
