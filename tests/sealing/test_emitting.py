"""What we write, any reader takes for what we meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer import documents

text = st.text(st.characters(codec="utf-8"), max_size=20) | st.text(
    "\n\r\t \x85\u2028'\"#:-|>ab{}[]&*!%@`\x7f", max_size=8
)
manifest_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(text, children, max_size=3),
    max_leaves=6,
)
manifests = st.dictionaries(text, manifest_values, max_size=4)


@given(st.lists(manifests, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_yaml_comes_back_as_it_was(values: list[dict[str, Any]]) -> None:
    written = documents.write_yaml(values)
    assert [document.value for document in documents.read(written.encode(), "f")] == values
    assert list(yaml.safe_load_all(written)) == values


@given(st.lists(manifests, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_json_comes_back_as_it_was(values: list[dict[str, Any]]) -> None:
    written = documents.write_json(values)
    assert [document.value for document in documents.read(written.encode(), "f")] == values
    assert written.endswith("}\n")


AMBIGUOUS = [
    *("y", "Y", "n", "N", "yes", "No", "on", "OFF", "true", "False", "null", "~", "", "=", "<<"),
    *("1", "1e3", "1E3", "0o17", "010", "0x1f", "0b1", "1:30", "1_000", "-1", "+1", ".5", ".inf", "-.INF", ".nan"),
    *("2020-01-01", "1.30", "12e03", "-.5"),
]


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_what_some_reader_takes_for_something_else_is_quoted(word: str) -> None:
    written = documents.write_yaml([{word: word}])
    quoted = json.dumps(word)
    assert written == f"---\n{quoted}: {quoted}\n"


def test_base64_stays_on_one_line_and_lines_stay_readable() -> None:
    written = documents.write_yaml([{"a": "A" * 3000 + "=", "b": "one\ntwo\n", "c": "a b " * 100 + "c"}])
    assert written.splitlines()[1] == "a: " + "A" * 3000 + "="
    assert "b: |\n  one\n  two\n" in written
    assert len(written.splitlines()) == 6


def test_one_value_in_two_places_becomes_no_alias() -> None:
    shared = {"a": "b"}
    assert "*" not in documents.write_yaml([{"one": shared, "two": shared}])


def test_order_stays_and_unicode_is_readable() -> None:
    assert documents.write_yaml([{"b": "ä", "a": "é"}]) == "---\nb: ä\na: é\n"
    assert documents.write_json([{"b": "ä", "a": 1}]) == '{\n  "b": "ä",\n  "a": 1\n}\n'
