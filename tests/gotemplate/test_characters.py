"""Go and Sealer agree about every character."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sealer.gotemplate import characters
from tests.gotemplate.cases import Case, from_go

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = {"printable": characters.is_print, "letter": characters.is_letter, "digit": characters.is_digit}


@pytest.mark.real
@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_characters_are_those_of_go(name: str) -> None:
    (answer,) = from_go([Case("characters", f"{{{{{name}}}}}".encode(), functions="values")])
    assert changes(CLASSES[name]) == answer.output.decode()


def changes(holds: Callable[[str], bool]) -> str:
    """Each character at which a class begins or ends."""
    found, inside = [], False
    for character in map(chr, range(sys.maxunicode + 1)):
        if holds(character) != inside:
            inside = not inside
            found.append(character)
    return "".join(found)
