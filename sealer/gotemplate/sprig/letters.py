"""Letters as Go sees them: the simple case mappings of Unicode, one character to one, and its classes.

The classes and mappings come from Python's `unicodedata`; a character that is newer than the Unicode 15.0 of Go 1.26
may differ.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from sealer.gotemplate import text

SPACES: Final = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
)
SPACE_CHARACTERS: Final = "".join(sorted(SPACES))


def is_upper(character: str) -> bool:
    """Whether a character is an upper-case letter (category Lu)."""
    return unicodedata.category(character) == "Lu"


def is_lower(character: str) -> bool:
    """Whether a character is a lower-case letter (category Ll)."""
    return unicodedata.category(character) == "Ll"


def is_title(character: str) -> bool:
    """Whether a character is a title-case letter (category Lt)."""
    return unicodedata.category(character) == "Lt"


def is_punctuation(character: str) -> bool:
    """Whether a character is punctuation (categories P…)."""
    return unicodedata.category(character)[0] == "P"


def is_number(character: str) -> bool:
    """Whether a character is a number (categories N…)."""
    return unicodedata.category(character)[0] == "N"


def to_upper(character: str) -> str:
    """The upper-case form of one character, one character as well (`unicode.ToUpper`)."""
    upper = character.upper()
    if len(upper) == 1:
        return upper
    # Python knows the full mapping; where that is several letters, the simple one is the title-case form, if any.
    title = character.title()
    return title if len(title) == 1 else character


def to_lower(character: str) -> str:
    """The lower-case form of one character, one character as well (`unicode.ToLower`)."""
    lower = character.lower()
    return lower if len(lower) == 1 else lower[0]


def to_title(character: str) -> str:
    """The title-case form of one character, one character as well (`unicode.ToTitle`)."""
    title = character.title()
    return title if len(title) == 1 else character


def upper(value: str) -> str:
    """`strings.ToUpper`."""
    return value.upper() if value.isascii() else "".join(map(to_upper, text.valid(value)))


def lower(value: str) -> str:
    """`strings.ToLower`."""
    return value.lower() if value.isascii() else "".join(map(to_lower, text.valid(value)))
