from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.vault.verbatim import Number, decode

NUMBERS = st.one_of(st.integers().map(str), st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: f"{d:f}"))


@pytest.mark.parametrize("text", ["12345678901234567890", "1.50", "-0", "-0.0", "1e5", "1E+5", "0", "1e-999"])
def test_a_number_keeps_its_text(text: str) -> None:
    assert decode(text) == Number(text)
    assert str(decode(text)) == text


@given(NUMBERS)
def test_any_number_keeps_its_text(text: str) -> None:
    assert str(decode(f'{{"n": [{text}]}}')["n"][0]) == text  # type: ignore[index,call-overload]  # known by construction


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)))
def test_everything_else_is_what_the_standard_library_reads(value: object) -> None:
    assert decode(json.dumps(value)) == value


def test_unpaired_surrogates_become_the_replacement_character_as_in_go() -> None:
    assert decode('{"\\ud800": ["a\\udfffb", "\\ud83e\\udd80"]}') == {"\ufffd": ["a\ufffdb", "🦀"]}


def test_a_number_does_not_show_its_value() -> None:
    assert "4711" not in repr(Number("4711"))
    assert "4711" not in repr({"pin": decode("4711")})


@pytest.mark.parametrize("text", ["{", "canary", '{"a": NaN}', "Infinity", "", "[" * 100_000, '{"canary": 1} x'])
def test_an_error_says_nothing_of_the_content(text: str) -> None:
    with pytest.raises(ValueError, match="not JSON") as caught:
        decode(text)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
