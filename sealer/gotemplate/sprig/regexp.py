"""Go's package regexp on RE2, which it is a descendant of: linear in time, leftmost-first, no backtracking.

The binding is imported where the first expression is compiled, so that programs without templates never load it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import text as gotext
from sealer.gotemplate.characters import is_digit, is_letter
from sealer.gotemplate.errors import FunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sealer.gotemplate.limits import Context

    Span = tuple[int, int]

MAX_PATTERN: Final = 10_000  # bytes: the work for one character of a text grows with the pattern
MAX_MEMORY: Final = 8 << 20
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_GROUP_LIMIT: Final = 10**8
_BYTES_A_STEP: Final = 32
_FIRST_CONTINUATION, _FIRST_LEADING, _FIRST_OF_THREE, _FIRST_OF_FOUR = 0x80, 0xC0, 0xE0, 0xF0  # bytes of UTF-8
# RE2's words and Go's for one mistake (regexp/syntax, ErrorCode).
_ERRORS: Final = (
    ("invalid escape sequence", "invalid escape sequence"),
    ("invalid character class range", "invalid character class range"),
    ("invalid character class", "invalid character class"),
    ("missing ]", "missing closing ]"),
    ("missing )", "missing closing )"),
    ("unexpected )", "unexpected )"),
    ("trailing \\", "trailing backslash at end of expression"),
    ("no argument for repetition operator", "missing argument to repetition operator"),
    ("invalid repetition size", "invalid repeat count"),
    ("bad repetition operator", "invalid nested repetition operator"),
    ("invalid perl operator", "invalid or unsupported Perl syntax"),
    ("invalid UTF-8", "invalid UTF-8"),
    ("invalid named capture group", "invalid named capture"),
)


class Regexp:
    """A compiled expression.

    Args:
        engine: RE2's object.
        context: The rendering, which is charged for searching.

    """

    def __init__(self, engine: Any, context: Context) -> None:
        self._engine = engine
        self._context = context
        self._weight = max(1, engine.programsize // 64)
        self._names: dict[bytes, int] = engine.groupindex

    def match(self, text: str) -> bool:
        """Whether the expression matches anywhere (`MatchString`)."""
        return self._search(_subject(text), 0) is not None

    def find(self, text: str) -> str:
        """The leftmost match, or an empty string (`FindString`)."""
        subject = _subject(text)
        found = self._search(subject, 0)
        return "" if found is None else subject.text(found[0])

    def find_all(self, text: str, most: int) -> list[str] | None:
        """Matches from left to right (`FindAllString`).

        Args:
            text: What is searched.
            most: How many at most; negative for all.

        Returns:
            The matches; None if there are none.

        """
        subject = _subject(text)
        return [subject.text(span) for span in self._spans(subject, most)] or None

    def split(self, text: str, most: int) -> list[str] | None:
        """Parts between matches (`Split`).

        Args:
            text: What is split.
            most: How many parts at most; negative for all, 0 for none.

        """
        if most == 0:
            return None
        subject = _subject(text)
        if self._engine.pattern and not subject.data:
            return [""]
        parts: list[str] = []
        begin = end = 0
        for first, last in self._spans(subject, most):
            if most > 0 and len(parts) == most - 1:
                break
            end = first
            if last:
                parts.append(subject.text((begin, end)))
            begin = last
        if end != len(subject.data):
            parts.append(subject.text((begin, len(subject.data))))
        return parts

    def replace_all(self, text: str, replacement: str) -> str:
        """Replace each match (`ReplaceAllString`).

        Args:
            text: What is searched.
            replacement: In it `$1`, `${1}` and `${name}` stand for groups and `$$` for a dollar sign.

        """
        pieces = _template(replacement)
        return self._replace(_subject(text), lambda subject, groups: self._expand(pieces, subject, groups))

    def replace_all_literal(self, text: str, replacement: str) -> str:
        """Replace each match by a text as it is (`ReplaceAllLiteralString`)."""
        data = gotext.encode(replacement)
        return self._replace(_subject(text), lambda _subject, _groups: data)

    def _search(self, subject: _Subject, start: int) -> list[Span] | None:
        while True:
            self._context.spend(1 + (len(subject.data) - start) * self._weight // _BYTES_A_STEP)
            found = self._engine.search(subject.data, start)
            if found is None:
                return None
            start = found.start()
            if subject.is_boundary(start):
                return [found.span(group) for group in range(self._engine.groups + 1)]
            start += 1  # RE2 finds emptiness between the bytes of one character as well, Go does not

    def _spans(self, subject: _Subject, most: int) -> Iterator[Span]:
        # An empty match right behind another match does not count.
        at, previous_end, left = 0, -1, most
        while left != 0 and at <= len(subject.data):
            found = self._search(subject, at)
            if found is None:
                return
            first, last = found[0]
            counts = True
            if last == at:
                counts = first != previous_end
                at += subject.width(at)
            else:
                at = last
            previous_end = last
            if counts:
                left -= 1
                yield first, last

    def _replace(self, subject: _Subject, replacement: Callable[[_Subject, list[Span]], bytes]) -> str:
        pieces: list[bytes] = []
        size = at = copied_to = 0
        while at <= len(subject.data):
            groups = self._search(subject, at)
            if groups is None:
                break
            first, last = groups[0]
            pieces.append(subject.cut((copied_to, first)))
            if last > copied_to or first == 0:
                pieces.append(replacement(subject, groups))
            size += len(pieces[-1]) + first - copied_to
            self._context.reserve(size)
            copied_to = last
            at = max(at + subject.width(at), last)
        pieces.append(subject.cut((copied_to, len(subject.data))))
        return gotext.decode(b"".join(pieces))

    def _expand(self, pieces: list[bytes | int | str], subject: _Subject, groups: list[Span]) -> bytes:
        written: list[bytes] = []
        for piece in pieces:
            if isinstance(piece, bytes):
                written.append(piece)
                continue
            group = self._names.get(piece.encode(), -1) if isinstance(piece, str) else piece
            first, last = groups[group] if 0 <= group < len(groups) else (-1, -1)
            if first >= 0:
                written.append(subject.cut((first, last)))
        self._context.spend(len(pieces))
        return b"".join(written)


def compile_regexp(context: Context, pattern: str) -> Regexp:
    """Compile an expression.

    Args:
        context: The rendering; it keeps what it has compiled, and is charged for searching.
        pattern: In the syntax of RE2.

    Raises:
        FunctionError: It is not in that syntax, or too large.

    """
    compiled = context.store("regexp", dict[str, Regexp])
    if pattern not in compiled:
        context.spend(100)
        compiled[pattern] = Regexp(engine(pattern), context)
    return compiled[pattern]


def engine(pattern: str) -> Any:
    """RE2's own object for an expression, which works on UTF-8.

    Raises:
        FunctionError: It is not in RE2's syntax, or too large.

    """
    import re2  # noqa: PLC0415 - only templates with a regular expression need it

    if _NOT_UTF8.search(pattern):
        raise FunctionError("error parsing regexp: invalid UTF-8")
    data = gotext.encode(pattern)
    if len(data) > MAX_PATTERN:
        raise FunctionError("error parsing regexp: expression too large")
    if rb"\C" in data.replace(rb"\\", b""):
        raise FunctionError("error parsing regexp: invalid escape sequence")  # one byte: RE2 knows it, Go does not
    options = re2.Options()
    options.log_errors = False  # they would print the pattern to standard error
    options.max_mem = MAX_MEMORY
    try:
        compiled = re2.compile(data, options)
    except re2.error as error:
        raise FunctionError(f"error parsing regexp: {_reason(error)}") from None
    if not all(map(bytes.isascii, compiled.groupindex)):
        raise FunctionError("error parsing regexp: invalid named capture")  # RE2 takes any letter
    return compiled


def _reason(error: Exception) -> str:
    # RE2's own text goes on with the piece of the pattern, which may come from the data.
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return next((ours for theirs, ours in _ERRORS if said.startswith(theirs)), "expression too large")


@dataclass(frozen=True, slots=True)
class _Subject:
    """A text that is searched.

    Go reads a byte that is not UTF-8 as U+FFFD, which `.` matches; RE2 would match it with nothing. So RE2 searches
    `data`, where U+FFFD stands for each such byte, and what is found is cut out of `original`.

    Attributes:
        data: The text as UTF-8.
        original: The text's own bytes.
        origin: For each offset in `data` the one in `original`; empty where both are the same.

    """

    data: bytes
    original: bytes
    origin: tuple[int, ...] = ()

    def cut(self, span: Span) -> bytes:
        """Bytes between two offsets in `data`."""
        first, last = span
        return self.original[self.origin[first] : self.origin[last]] if self.origin else self.data[first:last]

    def text(self, span: Span) -> str:
        """Text between two offsets in `data`."""
        return gotext.decode(self.cut(span))

    def is_boundary(self, at: int) -> bool:
        """Whether an offset lies before a character or at the end."""
        return at >= len(self.data) or not _FIRST_CONTINUATION <= self.data[at] < _FIRST_LEADING

    def width(self, at: int) -> int:
        """Bytes of the character at an offset; 1 behind the end."""
        if at >= len(self.data):
            return 1
        first = self.data[at]
        return 1 + (first >= _FIRST_LEADING) + (first >= _FIRST_OF_THREE) + (first >= _FIRST_OF_FOUR)


def _subject(text: str) -> _Subject:
    original = gotext.encode(text)
    if text.isascii() or not _NOT_UTF8.search(text):
        return _Subject(original, original)
    origin: list[int] = []
    at = 0
    for character in text:
        size = 1 if _NOT_UTF8.match(character) else len(character.encode())
        origin += [at] * len(gotext.valid(character).encode())
        at += size
    return _Subject(gotext.valid(text).encode(), original, (*origin, at))


def _template(replacement: str) -> list[bytes | int | str]:
    """Pieces of a replacement: literal bytes, numbers of groups, names of groups."""
    pieces: list[bytes | int | str] = []
    at = 0
    while at < len(replacement):
        dollar = replacement.find("$", at)
        if dollar < 0:
            break
        pieces.append(gotext.encode(replacement[at:dollar]))
        if replacement[dollar + 1 : dollar + 2] == "$":
            pieces.append(b"$")
            at = dollar + 2
            continue
        group, end = _group(replacement, dollar)
        if group is None:
            pieces.append(b"$")  # not a name: the dollar sign itself
        else:
            pieces.append(group)
        at = end
    pieces.append(gotext.encode(replacement[at:]))
    return pieces


def _group(replacement: str, dollar: int) -> tuple[int | str | None, int]:
    """The group that is named behind a dollar sign, and where the text goes on."""
    braced = replacement[dollar + 1 : dollar + 2] == "{"
    begin = end = dollar + 1 + braced
    while end < len(replacement) and _is_word(replacement[end]):
        end += 1
    name = replacement[begin:end]
    if not name or (braced and replacement[end : end + 1] != "}"):
        return None, dollar + 1
    end += braced
    if not name.isascii() or name.strip("0123456789") or (name[0] == "0" and len(name) > 1):
        return name, end
    return (int(name) if len(name) <= len(str(_GROUP_LIMIT)) else _GROUP_LIMIT), end


def _is_word(character: str) -> bool:
    return character == "_" or is_letter(character) or is_digit(character)


def quote_meta(text: str) -> str:
    """Escape what has a meaning in an expression (`QuoteMeta`)."""
    return _META.sub(r"\\\g<0>", text)
