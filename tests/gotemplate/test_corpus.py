"""Every case of the corpus gives what Go gives; golden files keep what that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.gotemplate import corpus
from tests.gotemplate.cases import from_go, from_us, same

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = [path for area in ("language", "fmt") for path in corpus.files(area)]
LEAST: Final = 3000


def name(path: Path) -> str:
    return str(path.relative_to(corpus.CORPUS))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_sealer_does_what_the_golden_file_says(path: Path) -> None:
    pairs = zip(corpus.read(path), corpus.read_golden(path), strict=True)
    different = [(case.template, go, ours) for case, go in pairs if not same(go, ours := from_us(case))]
    assert not different


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert sum(len(corpus.read(path)) for path in FILES) >= LEAST


@pytest.mark.real
@pytest.mark.parametrize("path", FILES, ids=name)
def test_golden_files_say_what_go_does(path: Path) -> None:
    assert from_go(corpus.read(path)) == corpus.read_golden(path)
