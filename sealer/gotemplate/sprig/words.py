"""Sprig's functions for words and widths: abbreviations, initials, wrapping, case by word.

Sources: Masterminds/goutils (of which Sprig takes these), with its habit of counting bytes and reading each byte as a
character of Latin-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import letters

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_MARK: Final = b"..."
_LEAST_WIDTH: Final = 4
_LEAST_WIDTH_WITH_OFFSET: Final = 7


@FUNCTIONS.add("abbrev", "func(int, string) string")
def _abbrev(width: int, value: str) -> str:
    if width < _LEAST_WIDTH:
        return value
    return text.decode(_abbreviate(text.encode(value), 0, width))


@FUNCTIONS.add("abbrevboth", "func(int, int, string) string")
def _abbrev_both(left: int, right: int, value: str) -> str:
    if right < _LEAST_WIDTH or (left > 0 and right < _LEAST_WIDTH_WITH_OFFSET):
        return value
    return text.decode(_abbreviate(text.encode(value), left, right))


def _abbreviate(value: bytes, offset: int, width: int) -> bytes:
    if len(value) <= width or width < _LEAST_WIDTH:
        return value if len(value) <= width else b""
    room = width - len(_MARK)
    offset = min(offset, len(value))
    if len(value) - offset < room:
        offset = len(value) - room
    if offset <= _LEAST_WIDTH:
        return value[:room] + _MARK
    if width < _LEAST_WIDTH_WITH_OFFSET:
        return b""
    if offset + room < len(value):
        return _MARK + _abbreviate(value[offset:], 0, room)
    return _MARK + value[-room:]


@FUNCTIONS.add("trunc", "func(int, string) string")
def _trunc(size: int, value: str) -> str:
    """The first bytes, or with a negative size the last."""
    data = text.encode(value)
    if size < 0:
        return text.decode(data[size:]) if len(data) + size > 0 else value
    return text.decode(data[:size])


@FUNCTIONS.add("substr", "func(int, int, string) string")
def _substr(start: int, end: int, value: str) -> str:
    data = text.encode(value)
    if start < 0:
        if not 0 <= end <= len(data):
            raise FunctionError("runtime error: slice bounds out of range")
        return text.decode(data[:end])
    end = len(data) if end < 0 or end > len(data) else end
    if start > end:
        raise FunctionError("runtime error: slice bounds out of range")
    return text.decode(data[start:end])


@FUNCTIONS.add("nospace", "func(string) string")
def _nospace(value: str) -> str:
    latin = text.encode(value).decode("latin-1")
    kept = "".join(character for character in latin if character not in letters.SPACES)
    return value if len(kept) == len(latin) else kept


@FUNCTIONS.add("initials", "func(string) string")
def _initials(value: str) -> str:
    found: list[str] = []
    after_gap = True
    for character in text.encode(value).decode("latin-1"):
        if character in letters.SPACES:
            after_gap = True
        elif after_gap:
            found.append(character)
            after_gap = False
    return "".join(found)


@FUNCTIONS.add("untitle", "func(string) string")
def _untitle(value: str) -> str:
    pieces: list[str] = []
    begins = True
    for character in text.valid(value):
        if character in letters.SPACES:
            pieces.append(character)
            begins = True
        else:
            pieces.append(letters.to_lower(character) if begins else character)
            begins = False
    return "".join(pieces)


@FUNCTIONS.add("swapcase", "func(string) string")
def _swapcase(value: str) -> str:
    pieces: list[str] = []
    begins = True
    for character in text.valid(value):
        if letters.is_upper(character) or letters.is_title(character):
            pieces.append(letters.to_lower(character))
            begins = False
        elif letters.is_lower(character):
            pieces.append(letters.to_title(character) if begins else letters.to_upper(character))
            begins = False
        else:
            pieces.append(character)
            begins = character in letters.SPACES
    return "".join(pieces)


@FUNCTIONS.add("wrap", "func(int, string) string", context=True)
def _wrap(context: Context, width: int, value: str) -> str:
    return _wrapped(context, text.encode(value), width, b"\n", break_words=False)


@FUNCTIONS.add("wrapWith", "func(int, string, string) string", context=True)
def _wrap_with(context: Context, width: int, separator: str, value: str) -> str:
    return _wrapped(context, text.encode(value), width, text.encode(separator) or b"\n", break_words=True)


def _wrapped(context: Context, data: bytes, width: int, newline: bytes, *, break_words: bool) -> str:
    width = max(width, 1)
    context.reserve(len(data) + len(data) // width * len(newline))
    context.spend(len(data) // width)
    pieces: list[bytes] = []
    at = 0
    while len(data) - at > width:
        if data[at] == ord(" "):
            at += 1
            continue
        end, following = _line_end(data, at, width, break_words=break_words)
        pieces.append(data[at:end])
        at = following
        if end < len(data):
            pieces.append(newline)
    pieces.append(data[at:])
    return text.decode(b"".join(pieces))


def _line_end(data: bytes, at: int, width: int, *, break_words: bool) -> tuple[int, int]:
    """Where a line ends and where the next begins."""
    space = data.rfind(b" ", at, at + width + 1)
    if space >= 0:
        return space, space + 1
    if break_words:
        return at + width, at + width
    space = data.find(b" ", at + width)
    return (len(data), len(data)) if space < 0 else (space, space + 1)
