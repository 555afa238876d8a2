from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from deploy.local.catalogue import MODULE_FILES, MODULES, PARTS, Part, digest, part, trusted, version_in
from deploy.local.errors import PartError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("wanted", PARTS, ids=lambda wanted: wanted.name)
def test_the_version_of_a_part_is_what_its_module_pins(wanted: Part) -> None:
    go_mod = (MODULES / wanted.module / "go.mod").read_text()
    pinned = [
        (found[1], found[2]) for found in re.finditer(r"^\s*(?:require )?([\w./-]+) (v\S+)", go_mod, re.MULTILINE)
    ]
    assert any(wanted.package.startswith(module) and version == wanted.version for module, version in pinned)


@pytest.mark.parametrize("wanted", PARTS, ids=lambda wanted: wanted.name)
def test_the_module_of_a_part_names_its_package(wanted: Part) -> None:
    assert f'_ "{wanted.package}"' in (MODULES / wanted.module / "tools.go").read_text()


@pytest.mark.parametrize("name", MODULE_FILES)
def test_the_digest_changes_with_every_file_of_the_module(tmp_path: Path, name: str) -> None:
    wanted = part("kubeseal")
    shutil.copytree(MODULES / wanted.module, tmp_path / wanted.module)
    before = digest(wanted, modules=tmp_path)
    assert before == digest(wanted)
    with (tmp_path / wanted.module / name).open("a") as handle:
        handle.write("// more\n")
    assert digest(wanted, modules=tmp_path) != before


def test_the_digest_changes_with_flags_package_and_target() -> None:
    names = ("kubeseal", "sealed-secrets-controller")
    digests = {digest(part(name), goos_goarch=target) for name in names for target in ("linux/amd64", "darwin/arm64")}
    other = Part("kubeseal", "sealed-secrets", part("kubeseal").package, "v0.40.0")
    assert len(digests | {digest(other, goos_goarch="linux/amd64")}) == 5


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("Kubernetes v1.35.4", (1, 35, 4)),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0\n", (1, 32, 4)),
        ("etcd Version: 3.6.5\nGit SHA: x\nGo Version: go1.26.8\n", (3, 6, 5)),
        ("kubeseal version: v0.40.0", (0, 40, 0)),
        ("Vault v1.21.0, built 2025-11-21T11:06:12Z", (1, 21, 0)),
        ("(devel)", None),
    ],
)
def test_a_version_is_read_from_what_the_binary_prints(output: str, version: tuple[int, int, int] | None) -> None:
    assert version_in(output) == version


@pytest.mark.parametrize(
    ("name", "output", "is_trusted"),
    [
        ("kubectl", "Client Version: v1.35.9", True),
        ("kubectl", "Client Version: v1.32.4-dispatcher", False),
        ("kubectl", "Client Version: v2.35.4", False),
        ("kubeseal", "kubeseal version: v0.40.0", True),
        ("kubeseal", "kubeseal version: v0.40.1", False),
        ("kubeseal", "", False),
        ("sealed-secrets-controller", "controller version: v0.40.0", False),
    ],
)
def test_a_binary_on_path_is_trusted_by_its_version(name: str, output: str, is_trusted: bool) -> None:
    assert trusted(part(name), output) is is_trusted


def test_an_unknown_part_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(PartError, match="no part named 'helm'") as error:
        part("helm")
    assert "kube-apiserver" in str(error.value.hint)
