"""The reference pages of the command line are what the command line says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from sealer import errors
from sealer.cli.main import COMMANDS
from tests.support.cli_reference import FOLDER, help_of, usage_in
from tests.support.vectors import load

REFERENCE: Final = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command_shows_its_help(name: str) -> None:
    """Bring it up to date with `python -m tests.support.cli_reference`."""
    assert usage_in(FOLDER / f"{name}.md") == help_of(name)


def test_every_command_and_no_other_has_a_page_that_the_index_links() -> None:
    pages = {page.stem for page in FOLDER.glob("*.md")} - {"README"}
    assert pages == set(COMMANDS)
    assert set(re.findall(r"\]\((\w+)\.md\)", (FOLDER / "README.md").read_text())) == pages


def test_every_exit_code_is_listed() -> None:
    listed = {
        int(code) for code in re.findall(r"^\| (\d+) \|", (REFERENCE / "exit-codes.md").read_text(), re.MULTILINE)
    }
    raised = {errors.SealerError.exit_code, *(kind.exit_code for kind in errors.SealerError.__subclasses__())}
    assert listed == {0, 130, 141, *raised}


def test_every_maker_of_a_vector_is_told() -> None:
    text = (REFERENCE / "vectors.md").read_text()
    vectors = [vector for kind in ("values", "manifests", "certificates") for vector in load(kind)]
    for vector in vectors:
        assert f"| `{vector.header['made-by']}` |" in text
        assert set(vector.header) - {"encoding"} <= set(re.findall(r"`([a-z-]+)`", text))
