"""Cut a template into tokens (package text/template/parse, as text/template documents the language)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.characters import ASCII_END, is_digit, is_letter, is_print
from sealer.gotemplate.quoting import quote
from sealer.gotemplate.tokens import KEYWORDS, SPACES, Kind, Token

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT: Final = "{{"
RIGHT: Final = "}}"
_COMMENT_BEGIN: Final = "/*"
_COMMENT_END: Final = "*/"
_TRIM_LENGTH: Final = 2  # a minus sign and the space beside it
_TRIM_LEFT: Final = re.compile(r"-[ \t\r\n]")
_TRIM_RIGHT: Final = re.compile(r"[ \t\r\n]-")
_SPACE_RUN: Final = re.compile(r"[ \t\r\n]*")
_WORD: Final = re.compile(r"[A-Za-z0-9_]*")
# A number as Go's lexer takes it, which is more than a number; reading it will tell.
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_QUOTED: Final[Mapping[str, re.Pattern[str]]] = {
    '"': re.compile(r'"(?:[^"\\\n]|\\[^\n])*"', re.DOTALL),
    "'": re.compile(r"'(?:[^'\\\n]|\\[^\n])*'", re.DOTALL),
    "`": re.compile(r"`[^`]*`"),
}
_QUOTED_KINDS: Final = {
    '"': (Kind.STRING, "unterminated quoted string"),
    "'": (Kind.CHAR_CONSTANT, "unterminated character constant"),
    "`": (Kind.RAW_STRING, "unterminated raw quoted string"),
}
_SINGLE: Final = {"=": Kind.ASSIGN, "|": Kind.PIPE}
_TERMINATORS: Final = frozenset(f"{SPACES}.,|:)(")


def is_alphanumeric(character: str) -> bool:
    """Whether a character may stand in a name; the empty text, which is the end of input, may not."""
    if character < ASCII_END:
        return character.isalnum() or character == "_"
    return is_letter(character) or is_digit(character)


def _begins_number(character: str, following: str) -> bool:
    """Whether a number begins here; a point at the very end counts as one."""
    if character == ".":
        return not following or "0" <= following <= "9"
    return character in "+-" or "0" <= character <= "9"


class Lexer:
    """Gives one token after another.

    Args:
        text: The template.
        left: Left delimiter.
        right: Right delimiter.
        words: Which of the words `break` and `continue` are keywords; they are not where a function has that name.

    """

    def __init__(self, text: str, left: str, right: str, words: frozenset[str]) -> None:
        self.text = text
        self.left = left or LEFT
        self.right = right or RIGHT
        self.words = words
        self.at = 0
        self.line = 1
        self.parens = 0
        self.inside = False

    def next(self) -> Token:
        """The next token; after the end, and after an error, EOF."""
        if self.inside:
            return self._inside_action()
        while True:
            token = self._outside()
            if token is not None:
                return token

    def _take(self, kind: Kind, end: int) -> Token:
        """The token from here to `end`."""
        token = Token(kind, self.at, self.text[self.at : end], self.line)
        self._skip(end)
        return token

    def _skip(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def _error(self, message: str, at: int | None = None) -> Token:
        token = Token(Kind.ERROR, self.at if at is None else at, message, self.line)
        self.text, self.at, self.inside = "", 0, False
        return token

    def _outside(self) -> Token | None:
        """Text up to a delimiter, the delimiter, or the end; None for what is passed over."""
        found = self.text.find(self.left, self.at)
        if found < 0:
            kind = Kind.TEXT if self.at < len(self.text) else Kind.EOF
            return self._take(kind, len(self.text))
        if found > self.at:
            trimmed = bool(_TRIM_LEFT.match(self.text, found + len(self.left)))
            end = self.at + len(self.text[self.at : found].rstrip(SPACES)) if trimmed else found
            token = self._take(Kind.TEXT, end)
            self._skip(found)
            if token.text:
                return token
        return self._left_delimiter()

    def _left_delimiter(self) -> Token | None:
        after = self.at + len(self.left)
        begin = after + (_TRIM_LENGTH if _TRIM_LEFT.match(self.text, after) else 0)
        if self.text.startswith(_COMMENT_BEGIN, begin):
            self._skip(begin)
            return self._comment()
        token = self._take(Kind.LEFT_DELIM, after)
        self._skip(begin)
        self.inside, self.parens = True, 0
        return token

    def _comment(self) -> Token | None:
        end = self.text.find(_COMMENT_END, self.at + len(_COMMENT_BEGIN))
        if end < 0:
            return self._error("unclosed comment")
        end += len(_COMMENT_END)
        trim = self._right_delimiter_at(end)
        if trim is None:
            return self._error("comment ends before closing delimiter")
        end += trim + len(self.right)
        self._skip(self._after_spaces(end) if trim else end)
        return None

    def _after_spaces(self, at: int) -> int:
        found = _SPACE_RUN.match(self.text, at)
        return found.end() if found else at

    def _right_delimiter_at(self, at: int) -> int | None:
        """Length of the trim marker before a right delimiter here, 0 without one; None where there is no delimiter."""
        if _TRIM_RIGHT.match(self.text, at) and self.text.startswith(self.right, at + _TRIM_LENGTH):
            return _TRIM_LENGTH
        return 0 if self.text.startswith(self.right, at) else None

    def _right_delimiter(self, trim: int) -> Token:
        self._skip(self.at + trim)
        token = self._take(Kind.RIGHT_DELIM, self.at + len(self.right))
        if trim:
            self._skip(self._after_spaces(self.at))
        self.inside = False
        return token

    def _inside_action(self) -> Token:
        trim = self._right_delimiter_at(self.at)
        if trim is not None:
            return self._error("unclosed left paren") if self.parens else self._right_delimiter(trim)
        character, following = self.text[self.at : self.at + 1], self.text[self.at + 1 : self.at + 2]
        if not character:
            return self._error("unclosed action")
        if character in SPACES:
            return self._spaces()
        if character in _QUOTED:
            return self._quoted(character)
        if _begins_number(character, following):
            return self._number()
        return self._word(character, following)

    def _word(self, character: str, following: str) -> Token:
        if character in ".$":
            return self._field_or_variable(Kind.FIELD if character == "." else Kind.VARIABLE)
        return self._identifier() if is_alphanumeric(character) else self._mark(character, following)

    def _mark(self, character: str, following: str) -> Token:
        if character in _SINGLE:
            return self._take(_SINGLE[character], self.at + 1)
        if character in "()":
            return self._paren(character)
        if character == ":":
            return self._take(Kind.DECLARE, self.at + 2) if following == "=" else self._error("expected :=")
        if character < ASCII_END and is_print(character):
            return self._take(Kind.CHAR, self.at + 1)
        return self._error(f"unrecognized character in action: {unicode_name(character)}")

    def _paren(self, character: str) -> Token:
        self.parens += 1 if character == "(" else -1
        if self.parens < 0:
            return self._error("unexpected right paren")
        return self._take(Kind.LEFT_PAREN if character == "(" else Kind.RIGHT_PAREN, self.at + 1)

    def _spaces(self) -> Token:
        end = self._after_spaces(self.at)
        # The last space may belong to a trim marker. With it alone there is no space before the delimiter.
        if self._right_delimiter_at(end - 1) == _TRIM_LENGTH:
            end -= 1
            if end == self.at:
                return self._right_delimiter(_TRIM_LENGTH)
        return self._take(Kind.SPACE, end)

    def _quoted(self, mark: str) -> Token:
        kind, message = _QUOTED_KINDS[mark]
        found = _QUOTED[mark].match(self.text, self.at)
        return self._take(kind, found.end()) if found else self._error(message)

    def _number(self) -> Token:
        first = _NUMBER.match(self.text, self.at)
        end = first.end() if first else self.at
        if is_alphanumeric(self.text[end : end + 1]):
            return self._bad_number(end + 1)
        if self.text[end : end + 1] not in {"+", "-"}:
            return self._take(Kind.NUMBER, end)
        second = _NUMBER.match(self.text, end)
        end = second.end() if second else end
        if is_alphanumeric(self.text[end : end + 1]):
            return self._bad_number(end + 1)
        return self._take(Kind.COMPLEX, end) if self.text[end - 1] == "i" else self._bad_number(end)

    def _bad_number(self, end: int) -> Token:
        return self._error(f"bad number syntax: {quote(self.text[self.at : end])}")

    def _word_end(self, at: int) -> int:
        while True:
            found = _WORD.match(self.text, at)
            at = found.end() if found else at
            if not is_alphanumeric(self.text[at : at + 1]):
                return at
            at += 1

    def _terminated(self, at: int) -> bool:
        """Whether a name may end here."""
        following = self.text[at : at + 1]
        return not following or following in _TERMINATORS or self.text.startswith(self.right, at)

    def _field_or_variable(self, kind: Kind) -> Token:
        if self._terminated(self.at + 1):
            return self._take(Kind.DOT if kind is Kind.FIELD else kind, self.at + 1)
        end = self._word_end(self.at + 1)
        return self._take(kind, end) if self._terminated(end) else self._bad_character(end)

    def _identifier(self) -> Token:
        end = self._word_end(self.at)
        if not self._terminated(end):
            return self._bad_character(end)
        word = self.text[self.at : end]
        if word in KEYWORDS and (word not in {"break", "continue"} or word in self.words):
            return self._take(KEYWORDS[word], end)
        return self._take(Kind.BOOL if word in {"true", "false"} else Kind.IDENTIFIER, end)

    def _bad_character(self, at: int) -> Token:
        return self._error(f"bad character {unicode_name(self.text[at : at + 1])}")


def unicode_name(character: str) -> str:
    """A character as `%#U` prints it; of a byte that is not UTF-8, as U+FFFD."""
    character = "\ufffd" if "\udc80" <= character <= "\udcff" else character
    shown = f" '{character}'" if is_print(character) else ""
    return f"U+{ord(character):04X}{shown}"
