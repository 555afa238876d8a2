"""snakecase, kebabcase and camelcase as package huandu/xstrings makes them, its odd cases with numbers included."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.characters import is_letter
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import letters

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS: Final = Registry()
# Ideographs have no case and do not join what is before and after them.
_IDEOGRAPHS: Final = (("\u4e00", "\u9fcc"), ("\u3400", "\u4d85"), ("\U00020000", "\U0002b81d"))


class _Kind(Enum):
    INVALID = auto()
    NUMBER = auto()
    UPPER = auto()
    ALPHABET = auto()
    CONNECTOR = auto()
    PUNCTUATION = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class _Word:
    kind: _Kind
    value: str


_END: Final = _Word(_Kind.INVALID, "")
_JOINS_NUMBER: Final = frozenset({_Kind.ALPHABET, _Kind.NUMBER})
_SEPARATES: Final = frozenset({_Kind.PUNCTUATION, _Kind.CONNECTOR})


def _is_connector(character: str) -> bool:
    return character in "-_" or character in letters.SPACES


def _is_alphabet(character: str) -> bool:
    return is_letter(character) and not any(first <= character <= last for first, last in _IDEOGRAPHS)


def _is_invalid(character: str) -> bool:
    return character == text.REPLACEMENT or "\udc80" <= character <= "\udcff"


class _Scanner:
    """Takes words off a text. What is not UTF-8 is skipped within a word, as if it were not there."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.at = 0

    def next(self) -> _Word:
        if self.at >= len(self.value):
            return _END
        begin = self.at
        first, size = self._valid(begin, text.REPLACEMENT)
        self.at += size
        kind = _Kind.INVALID if _is_invalid(first) else self._rest(first)
        return _Word(kind, self.value[begin : self.at])

    def _valid(self, at: int, previous: str) -> tuple[str, int]:
        """The next valid character and how far behind it `at` is; at the end the previous one counts again."""
        for end in range(at, len(self.value)):
            if not _is_invalid(self.value[end]):
                return self.value[end], end + 1 - at
        return previous, len(self.value) - at

    def _while(self, previous: str, belongs: Callable[[str], bool]) -> str:
        """Take characters as long as they belong; return the one at which it stops."""
        while self.at < len(self.value):
            previous, size = self._valid(self.at, previous)
            if not belongs(previous):
                break
            self.at += size
        return previous

    def _rest(self, first: str) -> _Kind:
        if letters.is_upper(first) and not _is_connector(first):
            return self._upper(first)
        for kind, belongs in _CLASSES:
            if belongs(first):
                self._while(first, _is_lowercase if kind is _Kind.ALPHABET else belongs)
                return kind
        self._while(first, _is_other)
        return _Kind.OTHER

    def _upper(self, first: str) -> _Kind:
        if self.at >= len(self.value):
            return _Kind.UPPER
        second, size = self._valid(self.at, first)
        if letters.is_upper(second):
            last_size = size
            self.at += size
            stopped = second
            while self.at < len(self.value):
                stopped, size = self._valid(self.at, stopped)
                if not letters.is_upper(stopped):
                    break
                last_size = size
                self.at += size
            if self.at < len(self.value) and _is_alphabet(stopped):
                self.at -= last_size  # in HTTPStatus the S begins the next word
        elif _is_alphabet(second):
            self.at += size
            self._while(second, _is_lowercase)
        return _Kind.UPPER


def _is_lowercase(character: str) -> bool:
    return _is_alphabet(character) and not letters.is_upper(character)


def _is_other(character: str) -> bool:
    return not (
        _is_connector(character)
        or _is_alphabet(character)
        or letters.is_number(character)
        or letters.is_punctuation(character)
    )


_CLASSES: Final = (
    (_Kind.CONNECTOR, _is_connector),
    (_Kind.PUNCTUATION, letters.is_punctuation),
    (_Kind.ALPHABET, _is_alphabet),
    (_Kind.NUMBER, letters.is_number),
)


class _Lowering:
    def __init__(self, value: str, connector: str) -> None:
        self.scanner = _Scanner(value)
        self.connector = connector
        self.pieces: list[str] = []
        self.word = self.scanner.next()

    def run(self) -> str:
        while self.scanner.at < len(self.scanner.value):
            if self.word.kind is not _Kind.CONNECTOR:
                self._write(self.word)
            previous = self.word
            self.word = self.scanner.next()
            self._between(previous)
        self._write(self.word)
        return "".join(self.pieces)

    def _between(self, previous: _Word) -> None:
        if previous.kind is _Kind.NUMBER:
            self._after_number()
        elif previous.kind is _Kind.CONNECTOR:
            self._write(previous)
        elif previous.kind is not _Kind.PUNCTUATION:
            self._after_letters()

    def _after_number(self) -> None:
        while self.word.kind in _JOINS_NUMBER:
            self._write(self.word)
            self.word = self.scanner.next()
        if self.word.kind is not _Kind.INVALID:
            self._connect()

    def _after_letters(self) -> None:
        if self.word.kind is not _Kind.NUMBER:
            self._connect()
            return
        if self.scanner.at >= len(self.scanner.value):
            return
        number = self.word
        self.word = self.scanner.next()
        if self.word.kind is not _Kind.ALPHABET:
            self._write(number)  # a part of the word before: Bld4Floor is bld4_floor
            self._connect()
            return
        self.pieces.append(self.connector)  # a word of its own with the letters behind it: HTTP2xx is http_2xx
        self._write(number)
        self._after_number()

    def _connect(self) -> None:
        if self.word.kind not in _SEPARATES:
            self.pieces.append(self.connector)

    def _write(self, word: _Word) -> None:
        if word.kind not in {_Kind.UPPER, _Kind.CONNECTOR}:
            self.pieces.append(word.value)
            return
        for character in text.valid(word.value):
            if _is_connector(character):
                self.pieces.append(self.connector)
            else:
                self.pieces.append(letters.to_lower(character) if letters.is_upper(character) else character)


@FUNCTIONS.add("snakecase", "func(string) string")
def _snakecase(value: str) -> str:
    return _Lowering(value, "_").run() if value else ""


@FUNCTIONS.add("kebabcase", "func(string) string")
def _kebabcase(value: str) -> str:
    return _Lowering(value, "-").run() if value else ""


@FUNCTIONS.add("camelcase", "func(string) string")
def _camelcase(value: str) -> str:
    """Upper camel case; connectors before the first word and all but one of several stay."""
    characters = text.valid(value)
    begin = next((at for at, character in enumerate(characters) if not _is_connector(character)), None)
    if begin is None:
        return characters + characters[-1:]  # the last one twice, as xstrings has it
    return characters[:begin] + _joined(characters[begin:])


def _joined(characters: str) -> str:
    pieces: list[str] = []
    first_is_upper = letters.is_upper(characters[0])
    held = letters.to_upper(characters[0])
    for character in characters[1:]:
        previous, held = held, character
        if _is_connector(character) and _is_connector(previous):
            pieces.append(previous)
        elif _is_connector(previous):
            first_is_upper = letters.is_upper(character)
            held = letters.to_upper(character)
        else:
            if first_is_upper:
                first_is_upper = letters.is_upper(character)
                held = letters.to_lower(character) if first_is_upper else character
            pieces.append(previous)
    return "".join(pieces) + held
