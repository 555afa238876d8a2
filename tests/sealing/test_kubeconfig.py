from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sealer.errors import InputError
from sealer.kubeconfig import current_namespace

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: c, user: u, namespace: shop}
- name: two
  context: {cluster: c, user: u}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(CONFIG)
    return path


def test_the_namespace_is_that_of_the_current_context(config: Path) -> None:
    assert current_namespace({"KUBECONFIG": str(config)}) == "shop"


def test_a_context_without_a_namespace_means_default(config: Path) -> None:
    assert current_namespace({"KUBECONFIG": str(config)}, context="two") == "default"


def test_a_path_given_beats_the_environment(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(CONFIG.replace("shop", "bank"))
    assert current_namespace({"KUBECONFIG": str(config)}, kubeconfig=str(other)) == "bank"


def test_the_default_place_is_below_home(config: Path, tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    config.rename(tmp_path / ".kube" / "config")
    assert current_namespace({"HOME": str(tmp_path)}) == "shop"


def test_of_several_files_the_first_to_say_wins_and_missing_ones_are_passed_over(config: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.write_text("current-context: two\n")
    listed = f"{tmp_path}/missing::{first}:{config}"
    assert current_namespace({"KUBECONFIG": listed}) == "default"


@pytest.mark.parametrize("text", ["", "\n", "{}", "apiVersion: v1\nkind: Config\n", "current-context: ''\n"])
def test_without_a_context_the_namespace_is_default(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    assert current_namespace({"KUBECONFIG": str(path)}) == "default"
    assert current_namespace({"KUBECONFIG": "/dev/null"}) == "default"
    assert current_namespace({"HOME": str(tmp_path)}) == "default"


def test_a_context_that_is_not_there_is_no_reason_to_seal_for_default(config: Path) -> None:
    with pytest.raises(InputError, match="has no context three") as caught:
        current_namespace({"KUBECONFIG": str(config)}, context="three")
    assert "kubectl config get-contexts" in (caught.value.hint or "")


@pytest.mark.parametrize("contexts", ["3", "[3]", "{a: b}", "text", "[{name: one, context: text}]", "[{name: 1}]"])
def test_a_malformed_kubeconfig_is_no_crash(tmp_path: Path, contexts: str) -> None:
    path = tmp_path / "config"
    path.write_text(f"current-context: one\ncontexts: {contexts}\n")
    try:
        assert current_namespace({"KUBECONFIG": str(path)}) == "default"
    except InputError as error:
        assert "no context one" in str(error)  # noqa: PT017  # either way out is right, a crash is not


def test_a_kubeconfig_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot read the kubeconfig {tmp_path}: is a directory"):
        current_namespace({"KUBECONFIG": str(tmp_path)})
    with pytest.raises(InputError, match=r"cannot read the kubeconfig .*/missing: no such file"):
        current_namespace({}, kubeconfig=str(tmp_path / "missing"))
    broken = tmp_path / "broken"
    broken.write_text("a: [")
    with pytest.raises(InputError, match="broken, document 1, line 1: not valid YAML"):
        current_namespace({"KUBECONFIG": str(broken)})
