"""Words with a capital, as golang.org/x/text/cases writes them for no language in particular and without lowering."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Final

from sealer.gotemplate.consul import word_tables

# A word goes on behind one of these, and ends at two in a row.
_MIDDLE: Final = frozenset("'.:\xb7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a")


@lru_cache(maxsize=2)
def _edges(table: str) -> tuple[int, ...]:
    return tuple(accumulate(map(int, table.split())))


def _inside(table: str, character: str) -> bool:
    return bisect_right(_edges(table), ord(character)) % 2 == 1


def title(value: str) -> str:
    """Write the first letter with a case of each word as a capital and leave all else."""
    pieces: list[str] = []
    in_word = after_middle = False
    for character in value:
        middle = character in _MIDDLE
        if after_middle and middle:
            in_word = False
        if _inside(word_tables.CASED, character):
            pieces.append(character if in_word else character.title())
            in_word = True
        else:
            pieces.append(character)
            in_word = in_word and (middle or _inside(word_tables.JOINING, character))
        after_middle = middle
    return "".join(pieces)
