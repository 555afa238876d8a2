"""Read Go's own notation of types and functions, so that a function states its signature as Go's documentation does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sealer.gotemplate import types

if TYPE_CHECKING:
    from sealer.gotemplate.types import GoType

_WORD: Final = re.compile(r"\s*(\.\.\.|<-chan|chan<-|chan\b|interface ?\{\}|[A-Za-z_][\w.]*|\d+|[\[\]()*,])")


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters and result of a function.

    Attributes:
        params: Types of the parameters; the last is the element type where the function is variadic.
        variadic: Whether the last parameter takes any number of arguments.
        result: Type of the first result.
        fallible: Whether a second result is an error.
        go_type: The function's own type.

    """

    params: tuple[GoType, ...]
    variadic: bool
    result: GoType
    fallible: bool
    go_type: GoType

    @property
    def fixed(self) -> int:
        """Number of the parameters that are not variadic."""
        return len(self.params) - self.variadic


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words = _WORD.findall(text)
        if "".join(self.words).replace(" ", "") != re.sub(r"\s", "", text):
            raise ValueError(f"not a Go type or signature: {text}")
        self.at = 0

    def take(self, *expected: str) -> str:
        word = self.peek()
        if expected and word not in expected:
            raise ValueError(f"expected {' or '.join(expected)} in {self.text}, found {word!r}")
        self.at += 1
        return word

    def peek(self) -> str:
        return str(self.words[self.at]) if self.at < len(self.words) else ""

    def type(self) -> GoType:
        word = self.take()
        if word == "[":
            length = self.take() if self.peek() != "]" else ""
            self.take("]")
            return types.array_of(int(length), self.type()) if length else types.slice_of(self.type())
        if word == "*":
            return types.pointer_to(self.type())
        if word.replace("<-", "") == "chan":
            return types.channel_of(self.type(), word)
        if word == "map":
            self.take("[")
            key = self.type()
            self.take("]")
            return types.map_of(key, self.type())
        return types.ANY if word.startswith("interface") else types.lookup(word)

    def params(self) -> tuple[tuple[GoType, ...], bool]:
        found: list[GoType] = []
        variadic = False
        self.take("(")
        while self.peek() != ")":
            if self.peek() == "...":
                self.take()
                variadic = True
            found.append(self.type())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return tuple(found), variadic

    def result(self) -> tuple[GoType, bool]:
        if self.peek() != "(":
            return self.type(), False
        self.take("(")
        result = self.type()
        self.take(",")
        self.take("error")
        self.take(")")
        return result, True


def parse_type(text: str) -> GoType:
    """Read a type, such as `map[string][]*dep.Secret`.

    Raises:
        ValueError: It is not a type.
        KeyError: A named type in it has not been made.

    """
    return _Reader(text).type()


def parse_signature(text: str) -> Signature:
    """Read a signature, such as `func(int, ...any) (string, error)`.

    Raises:
        ValueError: It is not a signature with one result, or two of which the second is an error.
        KeyError: A named type in it has not been made.

    """
    reader = _Reader(text)
    reader.take("func")
    params, variadic = reader.params()
    result, fallible = reader.result()
    names = [param.name for param in params]
    if variadic:
        names[-1] = f"...{names[-1]}"
    go_type = types.function_type(names, f"({result.name}, error)" if fallible else result.name)
    return Signature(params, variadic, result, fallible, go_type)
