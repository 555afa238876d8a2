"""Every case of the corpus gives what consul-template 0.42.1 gives; golden files keep what that is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.gotemplate import corpus
from tests.gotemplate.cases import Answer, from_go
from tests.gotemplate.consul import world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gotemplate.cases import Case

FILES: Final = corpus.files("consul")

# What the real one writes with a value in it, and how it reads without.
_QUOTED: Final = r'"(?:\\.|[^"\\])*"'
WITHOUT_VALUES: Final = (
    (rf"unknown type for (?:{_QUOTED}|%!q\(.*?\)) \((.*)\)", r"unknown type for \1"),
    (rf"not a map: {_QUOTED}: {_QUOTED} already has value {_QUOTED}", "not a map: already has value"),
    (rf"(error calling \w+: ){_QUOTED} is not a map", r"\1is not a map"),
    (r"index out of range \[-1\]", "index out of range"),
    (rf"parsing {_QUOTED}: ", ""),
    (rf"not k=v pair {_QUOTED}", "not k=v pair"),
    (rf"parse {_QUOTED}: invalid URL escape {_QUOTED}", "the path has an invalid URL escape"),
    (r"error calling pkiCert: vault\.read: ", "error calling pkiCert: vault.pki: "),
    (r"required environment variable \w+ is empty", "required environment variable is empty"),
    (rf"template: no template {_QUOTED} associated with template \"\"", "no such template"),
    (r"unsupported value: [-+]?(?:Inf|NaN)", "unsupported value: not a finite number"),
    (r"invalid character '.*?' (?:after|looking|in) .*", "invalid character in JSON"),
    (r"cannot unmarshal number \S+ into", "cannot unmarshal number into"),
    (r"cannot decode (!!\w+) `[^`]*` as", r"cannot decode \1 as"),
    (r"unknown anchor '[^']*' referenced", "unknown anchor referenced"),
    (r"anchor '[^']*' value contains itself", "anchor value contains itself"),
    (r"invalid map key: .*", "invalid map key"),
    (rf"unable to convert {_QUOTED} to", "unable to convert a number to"),
    (r"toTOML: reflect: call of reflect.Value.Type on zero Value", "toTOML: toTOML: toml: cannot encode nil"),
    (r"(error parsing regexp: .*): `.*`", r"\1"),
    (r"illegal base64 data at input byte \d+", "illegal base64 data"),
    # The two translations of libyaml word a few mistakes in other ways.
    (r"(error calling parseYAML: yaml: )(?:line \d+: )?(?:did not|found|mapping|could not|block) .*", r"\1"),
)  # fmt: skip


def without_values(message: str) -> str:
    for pattern, replacement in WITHOUT_VALUES:
        message = re.sub(pattern, replacement, message, flags=re.DOTALL)
    return message


def differs(case: Case, go: Answer) -> str:
    """How Sealer's answer differs; nothing where it does not."""
    ours = world.answer(case)
    if go.kind == "missing":
        return "" if ours.kind == "missing" else f"{case.name}: {ours}"
    if (go.output, go.place, without_values(go.message)) == (ours.output, ours.place, without_values(ours.message)):
        return ""
    return f"{case.name}: consul-template {go.place} {go.message or go.output!r}, Sealer {ours}"


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_case_gives_what_consul_template_gives(path: Path) -> None:
    cases, goldens = corpus.read(path), corpus.read_golden(path)
    assert len(cases) == len(goldens)
    assert not list(filter(None, map(differs, cases, goldens)))


def test_there_are_enough_cases_and_none_twice() -> None:
    cases = [case for path in FILES for case in corpus.read(path)]
    assert len(cases) >= 250
    assert len({(case.template, case.data, case.missingkey) for case in cases}) == len(cases)


@pytest.mark.real
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_golden_files_are_what_consul_template_says(path: Path) -> None:
    said = from_go(corpus.read(path))
    goldens = corpus.read_golden(path)
    assert [answer for answer, golden in zip(said, goldens, strict=True) if answer != golden] == []
