"""What is random has the right shape, comes from the given source, and leaves no value out."""

from __future__ import annotations

import base64
import re
import uuid
from collections import Counter

import pytest

from sealer.gotemplate import ExecError
from tests.gotemplate.sprig.rendering import render, steady


@pytest.mark.parametrize(
    ("function", "characters"),
    [
        ("randAlphaNum", "[A-Za-z0-9]"),
        ("randAlpha", "[A-Za-z]"),
        ("randNumeric", "[0-9]"),
        ("randAscii", "[ -~]"),
    ],
)
def test_random_text_has_the_length_and_the_characters_that_are_asked_for(function: str, characters: str) -> None:
    written = render(f"{{{{ {function} 3000 }}}}")
    assert re.fullmatch(f"{characters}{{3000}}", written)
    assert render(f"{{{{ {function} 3000 }}}}") != written


@pytest.mark.parametrize(
    ("function", "count"), [("randAlphaNum", 62), ("randAlpha", 52), ("randNumeric", 10), ("randAscii", 95)]
)
def test_every_character_is_about_as_likely_as_any_other(function: str, count: int) -> None:
    found = Counter(render(f"{{{{ {function} 100000 }}}}"))
    assert len(found) == count
    assert min(found.values()) > 0.7 * 100_000 / count
    assert max(found.values()) < 1.3 * 100_000 / count


def test_random_bytes_are_base64() -> None:
    assert len(base64.b64decode(render("{{ randBytes 33 }}"), validate=True)) == 33


def test_a_random_number_is_at_least_the_first_and_below_the_second() -> None:
    numbers = Counter(render("{{ range until 2000 }}{{ randInt -2 3 }} {{ end }}").split())
    assert set(numbers) == {"-2", "-1", "0", "1", "2"}


def test_a_uuid_is_of_version_4() -> None:
    found = uuid.UUID(render("{{ uuidv4 }}"))
    assert (found.version, found.variant) == (4, uuid.RFC_4122)


def test_shuffling_keeps_all_characters() -> None:
    assert sorted(render('{{ shuffle "abcdefghijé" }}')) == sorted("abcdefghijé")
    assert len({render('{{ shuffle "abcdefghij" }}') for _ in range(5)}) > 1


@pytest.mark.parametrize(
    "template",
    [
        "{{ randAlphaNum 20 }}{{ randAscii 9 }}{{ randBytes 9 }}{{ randInt 0 1000000 }}{{ uuidv4 }}",
        '{{ shuffle "abcdefghij" }}',
        '{{ encryptAES "k" "text" }}',
        '{{ bcrypt "password" }}',
        "{{ now }}",
    ],
)
def test_the_same_randomness_gives_the_same_output(template: str) -> None:
    assert render(template, services=steady()) == render(template, services=steady())


def test_time_is_that_of_the_given_clock() -> None:
    template = '{{ now }}|{{ date "2006" now }}|{{ ago 1699999000 }}|{{ htmlDate "x" }}'
    assert render(template, services=steady()) == "2023-11-14 22:13:20 +0000 UTC|2023|16m40s|2023-11-14"
    assert render('{{ durationRound (toDate "2006" "2000") }}', services=steady()) == "23y"


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ExecError, match="error calling randInt: invalid argument to Intn"):
        render("{{ randInt 3 3 }}")
