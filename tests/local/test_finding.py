from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.catalogue import part
from deploy.local.find import cache_folder, cached_path, find


def put(path: Path, text: str = "", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(mode)
    return path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = {"SEALER_PARTS_DIR": "cache", "KUBEBUILDER_ASSETS": "assets", "PATH": "path"}
    return {name: str(tmp_path / folder) for name, folder in folders.items()}


def test_kubebuilder_assets_win_over_the_cache_and_the_cache_over_path(environment: dict[str, str]) -> None:
    kubectl = part("kubectl")
    assert find(kubectl, environment) is None
    on_path = put(Path(environment["PATH"], "kubectl"), "Client Version: v1.35.1")
    first = find(kubectl, environment)
    cached = put(cached_path(kubectl, cache_folder(environment)))
    second = find(kubectl, environment)
    asset = put(Path(environment["KUBEBUILDER_ASSETS"], "kubectl"))
    third = find(kubectl, environment)
    assert [found and (found.path, found.where) for found in (first, second, third)] == [
        (on_path, "PATH"),
        (cached, "cache"),
        (asset, "KUBEBUILDER_ASSETS"),
    ]


@pytest.mark.parametrize(
    ("name", "output"), [("kubectl", "v1.32.4"), ("kubeseal", "v0.39.0"), ("kubeseal", "no version")]
)
def test_another_version_on_path_is_not_used(environment: dict[str, str], name: str, output: str) -> None:
    put(Path(environment["PATH"], name), output)
    assert find(part(name), environment) is None


def test_a_controller_on_path_is_never_used(environment: dict[str, str]) -> None:
    for name in ("controller", "sealed-secrets-controller"):
        put(Path(environment["PATH"], name), "controller version: v0.40.0")
    assert find(part("sealed-secrets-controller"), environment) is None


def test_assets_hold_kubernetes_and_nothing_else(environment: dict[str, str]) -> None:
    put(Path(environment["KUBEBUILDER_ASSETS"], "vault"), "Vault v1.21.0")
    assert find(part("vault"), environment) is None


def test_a_file_that_cannot_be_run_is_not_a_part(environment: dict[str, str]) -> None:
    put(cached_path(part("etcd"), cache_folder(environment)), mode=0o644)
    assert find(part("etcd"), environment) is None


def test_the_cache_is_outside_the_tree_and_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder({}) == Path("/home/someone/.cache/sealer/parts")
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/sealer/parts")
    assert cache_folder({"XDG_CACHE_HOME": "/x", "SEALER_PARTS_DIR": "/y"}) == Path("/y")
