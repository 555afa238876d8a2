"""Classes of characters as Go has them (package unicode: IsPrint, IsLetter, IsDigit)."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Final

from sealer.gotemplate import unicode_tables

ASCII_END: Final = "\x80"
_ASCII_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ASCII_DIGITS: Final = frozenset("0123456789")


@lru_cache(maxsize=3)
def _edges(table: str) -> tuple[int, ...]:
    return tuple(accumulate(map(int, table.split())))


def _inside(table: str, character: str) -> bool:
    return bisect_right(_edges(table), ord(character)) % 2 == 1


def is_print(character: str) -> bool:
    """Whether Go prints a character as it is; a byte that is not UTF-8 is not printed so."""
    if character < ASCII_END:
        return " " <= character <= "~"
    return _inside(unicode_tables.PRINT, character)


def is_letter(character: str) -> bool:
    """Whether Go counts a character as a letter."""
    if character < ASCII_END:
        return character in _ASCII_LETTERS
    return _inside(unicode_tables.LETTER, character)


def is_digit(character: str) -> bool:
    """Whether Go counts a character as a decimal digit."""
    if character < ASCII_END:
        return character in _ASCII_DIGITS
    return _inside(unicode_tables.DIGIT, character)
