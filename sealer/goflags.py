"""The command line as Go's pflag reads it (https://pkg.go.dev/github.com/spf13/pflag, "Command line flag syntax").

Words in, flags out: what a flag means is the caller's business. Scripts and Deployments that are written for programs
of Go have to go on working with the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class Given(NamedTuple):
    """A flag, or another word, as it was given.

    Attributes:
        name: The flag's name without dashes; None for a word that is no flag.
        text: The text of its value, or the word itself; never shown, as it may be a token.
        written: How the flag was written, for messages: ``--cert``, ``-n``.

    """

    name: str | None
    text: str
    written: str


class UnknownFlagError(ConfigError):
    """There is no such flag.

    Attributes:
        written: The flag as it was written, with its dashes and without a value.

    """

    def __init__(self, written: str, message: str) -> None:
        super().__init__(message)
        self.written = written


class MissingValueError(ConfigError):
    """A flag that takes a value is the last word.

    Attributes:
        name: The flag's name, without dashes.

    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def scan(
    arguments: Sequence[str], flags: Mapping[str, bool], shorthands: Mapping[str, str] | None = None
) -> Iterator[Given]:
    """Yield flags and other words in their order.

    ``--flag value``, ``--flag=value``, ``-f value``, ``-fvalue`` and ``-f=value`` are the same; a flag that is true or
    false takes a value after ``=`` only. After ``--`` nothing is a flag.

    Args:
        arguments: The words after the program's name.
        flags: Every flag's name, to whether it takes a value.
        shorthands: Letter to name, for flags that have one.

    Raises:
        UnknownFlagError: There is no such flag, or what is written is none.
        MissingValueError: The value is missing.

    """
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            break
        if argument.startswith("--"):
            yield _long(argument, rest, flags)
        elif argument.startswith("-") and argument != "-":
            yield from _short(argument, rest, flags, shorthands or {})
        else:
            yield Given(None, argument, argument)
    for argument in rest:
        yield Given(None, argument, argument)


def _long(argument: str, rest: Iterator[str], flags: Mapping[str, bool]) -> Given:
    name, equals, text = argument[2:].partition("=")
    written = f"--{name}"
    if not name or name.startswith("-"):
        raise UnknownFlagError(written, f"bad flag syntax: {written}")
    if name not in flags:
        raise UnknownFlagError(written, f"unknown flag: {written}")
    if equals:
        return Given(name, text, written)
    if not flags[name]:
        return Given(name, "true", written)
    following = next(rest, None)
    if following is None:
        raise MissingValueError(name, f"flag needs an argument: {written}")
    return Given(name, following, written)


def _short(
    argument: str, rest: Iterator[str], flags: Mapping[str, bool], shorthands: Mapping[str, str]
) -> Iterator[Given]:
    letters = argument[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        written, name = f"-{letter}", shorthands.get(letter)
        if name is None:
            whole = f"-{letter}{letters}".partition("=")[0]  # what stands after = may be a token
            raise UnknownFlagError(whole, f"unknown shorthand flag: {letter!r} in {whole}")
        if letters.startswith("=") and letters != "=":  # a bare = is a value, as pflag has it
            yield Given(name, letters[1:], written)
            return
        if flags[name]:
            text = letters or next(rest, None)
            if text is None:
                raise MissingValueError(name, f"flag needs an argument: {letter!r} in {written}")
            yield Given(name, text, written)
            return
        yield Given(name, "true", written)


def read_bool(text: str) -> bool:
    """Return the truth value that Go reads (https://pkg.go.dev/strconv#ParseBool).

    Raises:
        ConfigError: It is none.

    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ConfigError(f"{text!r} is neither true nor false")


def read_list(text: str) -> tuple[str, ...]:
    """Return the fields of one line of comma-separated values, as Go's encoding/csv reads them.

    Raises:
        ConfigError: A quote is where none may be.

    """
    if '"' not in text and "\n" not in text:
        return tuple(text.split(",")) if text else ()
    fields: list[str] = []
    rest = text
    while True:
        value, rest = _quoted(rest) if rest.startswith('"') else _bare(rest)
        fields.append(value)
        if not rest:
            return tuple(fields)
        rest = rest[1:]


def _bare(text: str) -> tuple[str, str]:
    value, _, _ = text.partition(",")
    if '"' in value or "\n" in value:
        raise ConfigError('bare " in non-quoted-field')
    return value, text[len(value) :]


def _quoted(text: str) -> tuple[str, str]:
    end = 1
    while (found := text.find('"', end)) >= 0:
        if text.startswith('""', found):
            end = found + 2
            continue
        rest = text[found + 1 :]
        if rest and not rest.startswith(","):
            break
        return text[1:found].replace('""', '"'), rest
    raise ConfigError('extraneous or missing " in quoted-field')
