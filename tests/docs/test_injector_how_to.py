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


def annotated(value: Any) -> Iterator[str]:
    """Yield every key below an ``annotations``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "annotations" and isinstance(inner, dict):
                yield from inner
            yield from annotated(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from annotated(inner)


def stands_for(name: str) -> set[str]:
    """Return the variables that a page means: an ellipsis stands for a beginning or for ends."""
    if name in WITHOUT_EFFECT:
        return {name}
    pattern = re.compile(".*".join(map(re.escape, name.split("…"))))
    return {known for known in KNOWN if pattern.fullmatch(known)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_variable_is_read_or_is_told_to_have_no_effect(page: Path) -> None:
    for name in re.findall(r"(?:AGENT_INJECT_|SEALER_|(?<=`)…)[A-Z_…]*[A-Z…]", page.read_text()):
        assert stands_for(name), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_annotation_is_one(page: Path) -> None:
    for key in {key for block in blocks(page) for key in annotated(block)}:
        table = next(table for table in (VAULT, OWN) if key.startswith(table.prefix))
        assert table.find(key.removeprefix(table.prefix)) is not None, key


def test_the_defaults_of_a_namespace_can_be_used_as_they_stand() -> None:
    pages = [block for page in PAGES for block in blocks(page) if isinstance(block, dict)]
    (found,) = [block["data"] for block in pages if block.get("kind") == "ConfigMap"]
    read = namespace_defaults.read(found)
    assert read.problems == ()
    assert len(read.annotations) == len(found)


def test_a_variable_that_nobody_reads_is_found() -> None:
    assert not stands_for("AGENT_INJECT_NO_SUCH_THING")
    assert not stands_for("…NO_SUCH_THING")
    assert stands_for("…LOG_LEVEL") == {"AGENT_INJECT_LOG_LEVEL"}
