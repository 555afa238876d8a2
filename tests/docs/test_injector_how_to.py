"""What the injector's how-to pages tell people to write is what the injector reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from injector.webhook import namespace_defaults
from injector.webhook.keys import OWN, VAULT
from injector.webhook.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parents[2] / "docs" / "how-to"
PAGES: Final = [
    FOLDER / f"{name}.md"
    for name in (
        "inject-a-vault-secret",
        "native-sidecar",
        "review-an-injection-in-git",
        "run-the-injector-in-production",
        "secrets-as-environment-variables",
        "switch-from-the-vault-agent-injector",
        "use-vault-agent-or-openbao",
    )
]
KNOWN: Final = {str(option.envvar) for option in OPTIONS}
WITHOUT_EFFECT: Final = {"AGENT_INJECT_TLS_CA_CERT_FILE", "AGENT_INJECT_USE_LEADER_ELECTOR"}
BLOCK: Final = re.compile(r"^( *)```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[Any]:
    """Yield the YAML documents of a page."""
    for _, text in BLOCK.findall(page.read_text()):
        yield from yaml.safe_load_all(text)


def annotations(value: Any) -> Iterator[str]:
    """Yield every key below an ``annotations``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "annotations" and isinstance(inner, dict):
                yield from inner
            yield from annotations(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from annotations(inner)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_variable_is_read_or_is_told_to_have_no_effect(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"\b((?:AGENT_INJECT|SEALER)_[A-Z_]*[A-Z])\b", text))
    # "…VAULT_NAMESPACE" after a whole name leaves the prefix out; "AGENT_INJECT_CPU_…" stands for several.
    named |= {f"AGENT_INJECT_{rest}" for rest in re.findall(r"`…([A-Z_]+[A-Z])`", text)}
    families = tuple({f"{prefix}_" for prefix in re.findall(r"(AGENT_INJECT_[A-Z_]*[A-Z])_…", text)})
    for name in named - KNOWN - WITHOUT_EFFECT:
        assert any(known.endswith(name.removeprefix("AGENT_INJECT_")) for known in KNOWN) or f"{name}_" in families
    for family in families:
        assert any(known.startswith(family) for known in KNOWN), family


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_annotation_is_one(page: Path) -> None:
    for key in {key for block in blocks(page) for key in annotations(block)}:
        table = {VAULT.prefix: VAULT, OWN.prefix: OWN}[key.partition("/")[0] + "/"]
        assert table.find(key.removeprefix(table.prefix)) is not None, key


def test_the_defaults_of_a_namespace_can_be_used_as_they_stand() -> None:
    pages = [block for page in PAGES for block in blocks(page) if isinstance(block, dict)]
    (found,) = [block["data"] for block in pages if block.get("kind") == "ConfigMap"]
    read = namespace_defaults.read(found)
    assert read.problems == ()
    assert len(read.annotations) == len(found)


def test_a_variable_that_nobody_reads_is_found() -> None:
    assert "AGENT_INJECT_NO_SUCH_THING" not in KNOWN | WITHOUT_EFFECT
