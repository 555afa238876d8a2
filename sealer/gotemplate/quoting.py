"""Go's string and character literals: write them and read them (package strconv: Quote, Unquote, UnquoteChar)."""

from __future__ import annotations

import re
from typing import Final

from sealer.gotemplate import text
from sealer.gotemplate.characters import is_print

_SIMPLE: Final = re.compile(r"[ !#-\[\]-~]*\Z")
_SHORT: Final = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\",
}  # fmt: skip
_ESCAPE: Final = re.compile(
    r"\\(?:(?P<short>[abfnrtv\\'\"])|x(?P<x>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})"
    r"|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8}))"
)
_MEANING: Final = {escape[1]: character for character, escape in _SHORT.items()} | {"'": "'", '"': '"'}
ESCAPED_BYTES: Final = range(0xDC80, 0xDD00)
_BYTES: Final = 256
_PLANE: Final = 0x10000


def quote(value: str, mark: str = '"', *, ascii_only: bool = False) -> str:
    r"""Write a string as a literal.

    Args:
        value: The string; bytes that are not UTF-8 become `\x..`.
        mark: The quotation mark, which is escaped.
        ascii_only: Whether to escape all that is not ASCII.

    """
    if mark == '"' and _SIMPLE.match(value):
        return f'"{value}"'
    return mark + "".join(_escape(character, mark, ascii_only=ascii_only) for character in value) + mark


def _escape(character: str, mark: str, *, ascii_only: bool) -> str:
    if character == mark:
        return f"\\{mark}"
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code in ESCAPED_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if is_print(character) and (character.isascii() or not ascii_only):
        return character
    if character.isascii():
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _PLANE else f"\\U{code:08x}"


def can_backquote(value: str) -> bool:
    """Whether a string can be a raw literal on one line."""
    return not any(
        character in "`\x7f\ufeff" or (character < " " and character != "\t") or ord(character) in ESCAPED_BYTES
        for character in value
    )


def unquote(literal: str) -> str:
    """Read a string literal, quoted or raw.

    Args:
        literal: With its quotation marks.

    Raises:
        ValueError: It is not one.

    """
    mark, inner = literal[0], literal[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    # What is not UTF-8 becomes U+FFFD here, and only here: so Go reads its own literals.
    inner = text.valid(inner)
    if "\\" not in inner:
        return inner
    pieces: list[bytes] = []
    at = 0
    while at < len(inner):
        piece, at = _unescape(inner, at, mark)
        pieces.append(piece)
    return text.decode(b"".join(pieces))


def _unescape(inner: str, at: int, mark: str) -> tuple[bytes, int]:
    if inner[at] != "\\":
        end = inner.find("\\", at)
        end = len(inner) if end < 0 else end
        return inner[at:end].encode(), end
    found = _ESCAPE.match(inner, at)
    if found is None or (found["short"] in {"'", '"'} and found["short"] != mark):
        raise ValueError("invalid syntax")
    return _meaning(found), found.end()


def _meaning(found: re.Match[str]) -> bytes:
    if found["short"]:
        return _MEANING[found["short"]].encode()
    if found["x"] or found["octal"]:
        code = int(found["x"], 16) if found["x"] else int(found["octal"], 8)
        if code >= _BYTES:
            raise ValueError("invalid syntax")
        return bytes([code])
    code = int(found["u"] or found["U"], 16)
    if code > text.MAX_RUNE or (text.rune(code) == text.REPLACEMENT and code != ord(text.REPLACEMENT)):
        raise ValueError("invalid syntax")
    return chr(code).encode()


def unquote_character(literal: str) -> int:
    """Read a character literal.

    Args:
        literal: With its quotation marks.

    Returns:
        The code point; of an escaped byte, the byte.

    Raises:
        ValueError: It is not one. The message is Go's.

    """
    inner = literal[1:]
    if inner[0] in "'\n":
        raise ValueError("invalid syntax")
    if inner[0] != "\\":
        code, size = ord(text.valid(inner[0])), 1
    else:
        found = _ESCAPE.match(inner)
        if found is None or found["short"] == '"':
            raise ValueError("invalid syntax")
        meaning = _meaning(found)
        is_byte = bool(found["x"] or found["octal"])
        code, size = meaning[0] if is_byte else ord(meaning.decode()), found.end()
    if inner[size:] != "'":
        raise ValueError(f"malformed character constant: {literal}")
    return code
