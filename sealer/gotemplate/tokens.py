"""The words of a template (package text/template/parse)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

SPACES: Final = " \t\r\n"
_SHOWN: Final = 10


class Kind(Enum):
    """What a token is."""

    ERROR = auto()
    BOOL = auto()
    CHAR = auto()
    CHAR_CONSTANT = auto()
    COMPLEX = auto()
    ASSIGN = auto()
    DECLARE = auto()
    EOF = auto()
    FIELD = auto()
    IDENTIFIER = auto()
    LEFT_DELIM = auto()
    LEFT_PAREN = auto()
    NUMBER = auto()
    PIPE = auto()
    RAW_STRING = auto()
    RIGHT_DELIM = auto()
    RIGHT_PAREN = auto()
    SPACE = auto()
    STRING = auto()
    TEXT = auto()
    VARIABLE = auto()
    BLOCK = auto()
    BREAK = auto()
    CONTINUE = auto()
    DOT = auto()
    DEFINE = auto()
    ELSE = auto()
    END = auto()
    IF = auto()
    NIL = auto()
    RANGE = auto()
    TEMPLATE = auto()
    WITH = auto()


KEYWORDS: Final[Mapping[str, Kind]] = {
    ".": Kind.DOT,
    "block": Kind.BLOCK,
    "break": Kind.BREAK,
    "continue": Kind.CONTINUE,
    "define": Kind.DEFINE,
    "else": Kind.ELSE,
    "end": Kind.END,
    "if": Kind.IF,
    "range": Kind.RANGE,
    "nil": Kind.NIL,
    "template": Kind.TEMPLATE,
    "with": Kind.WITH,
}
_KEYWORD_KINDS: Final = frozenset(KEYWORDS.values())


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    Attributes:
        kind: What it is.
        at: Where it begins, in characters.
        text: Its text; of an ERROR, the message.
        line: Line where it begins, from 1.

    """

    kind: Kind
    at: int
    text: str
    line: int

    def __str__(self) -> str:
        """As Go names it in errors."""
        if self.kind is Kind.EOF:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.text
        if self.kind in _KEYWORD_KINDS:
            return f"<{self.text}>"
        return quote(self.text) if _bytes(self.text) <= _SHOWN else f"{quote(self.text[:_SHOWN])}..."


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
