"""Every case of the corpus gives what Sprig 3.3.0 gives under Go; golden files keep what that is."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Final

import pytest

from sealer.gotemplate import GoTemplateError, ParseError, decode, encode, from_json, parse
from sealer.gotemplate.sprig import SPRIG
from tests.gotemplate import corpus
from tests.gotemplate.cases import Answer, from_go
from tests.gotemplate.sprig.calls import Calls
from tests.gotemplate.sprig.wording import without_values

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gotemplate.cases import Case

FILES: Final = corpus.files("sprig")
CALLS: Final = 3_000


def answer(case: Case) -> Answer:
    """Render a case with the limits that users have: password functions cost much."""
    try:
        template = parse(case.name, decode(case.template), functions=SPRIG, missingkey=case.missingkey)
        return Answer(encode(template.render(from_json(json.loads(case.data)) if case.data else None)))
    except GoTemplateError as error:
        kind = "parse" if isinstance(error, ParseError) else "exec"
        return Answer(b"", kind, error.message, error.line or 0, error.column)


def differs(case: Case, go: Answer) -> str:
    """How Sealer's answer differs in output or in kind and place of the error; nothing where it does not."""
    ours = answer(case)
    if go.kind == "timeout" or (go.output, go.place) == (ours.output, ours.place):
        return ""
    return f"{case.template.decode(errors='replace')}: Go {go.place} {go.message or go.output!r}, Sealer {ours}"


def is_worded_otherwise(case: Case, go: Answer) -> bool:
    """Whether the error says something else, but for values."""
    return without_values(go.message) != without_values(answer(case).message)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_case_gives_what_sprig_gives(path: Path) -> None:
    cases, goldens = corpus.read(path), corpus.read_golden(path)
    assert len(cases) == len(goldens)
    assert not list(filter(None, map(differs, cases, goldens)))
    failing = [(case, golden) for case, golden in zip(cases, goldens, strict=True) if golden.kind]
    assert not [golden for case, golden in failing if is_worded_otherwise(case, golden)]


def test_there_are_enough_cases_and_none_twice() -> None:
    cases = [case for path in FILES for case in corpus.read(path)]
    assert len(cases) >= 1_300
    assert len({(case.template, case.data, case.missingkey) for case in cases}) == len(cases)


@pytest.mark.real
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_golden_files_are_what_go_says(path: Path) -> None:
    said = from_go(corpus.read(path))
    goldens = corpus.read_golden(path)
    assert [answer for answer, golden in zip(said, goldens, strict=True) if answer != golden] == []


@pytest.mark.real
@pytest.mark.parametrize("seed", [20261121, 3])
def test_random_calls_give_what_go_gives(seed: int) -> None:
    cases = list(Calls(random.Random(seed)).cases(CALLS))  # noqa: S311 - the same calls each time
    different = map(differs, cases, from_go(cases))
    # Go has no budget; what it does at length is refused here.
    assert not [text for text in different if text and "makes more than" not in text and "steps" not in text]
