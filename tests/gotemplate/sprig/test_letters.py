"""Letters have the case that they have in Go."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from tests.gotemplate.sprig.rendering import render, render_by_go

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
CASED = [one for one in CHARACTERS if one.upper() != one or one.lower() != one or unicodedata.category(one) == "Lt"]


@pytest.mark.real
@pytest.mark.parametrize("function", ["upper", "lower", "title", "untitle", "swapcase", "camelcase", "snakecase"])
def test_every_letter_with_case_is_changed_as_in_go(function: str) -> None:
    data = {"words": [f"{letter}a{letter}" for letter in CASED]}
    template = f"{{{{ range .words }}}}{{{{ {function} . }}}}\n{{{{ end }}}}"
    assert render(template, data).splitlines() == render_by_go(template, data).splitlines()


@pytest.mark.real
def test_spaces_are_those_of_go() -> None:
    data = {"all": [f"{chr(code)}x" for code in range(0x10000) if not 0xD800 <= code < 0xE000]}
    template = "{{ range .all }}{{ len (trim .) }}{{ end }}"
    assert render(template, data) == render_by_go(template, data)
