"""Sprig's string functions that stand on Go's package strings.

Strings are searched as text. That equals Go's search in bytes as long as what is looked for is UTF-8; the other case
goes through bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import text, values
from sealer.gotemplate.characters import is_digit, is_letter
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.quoting import quote
from sealer.gotemplate.sprig import letters
from sealer.gotemplate.sprig.texts import join_all, printed, strval, to_strings

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_BYTES_NOT_UTF8: Final = text.REPLACEMENT + "".join(map(chr, range(0xDC80, 0xDD00)))


@FUNCTIONS.add("hello", "func() string")
def _hello() -> str:
    return "Hello!"


@FUNCTIONS.add("trim", "func(string) string")
def _trim(value: str) -> str:
    return value.strip(letters.SPACE_CHARACTERS)


@FUNCTIONS.add("trimAll", "trimall", "func(string, string) string")
def _trim_all(cutset: str, value: str) -> str:
    # In a cutset each byte that is not UTF-8 reads as U+FFFD, and so does each such byte of the value.
    everything = cutset + _BYTES_NOT_UTF8 if re.search("[\udc80-\udcff\ufffd]", cutset) else cutset
    return value.strip(everything)


@FUNCTIONS.add("trimPrefix", "func(string, string) string")
def _trim_prefix(prefix: str, value: str) -> str:
    if _NOT_UTF8.search(prefix):
        return text.decode(text.encode(value).removeprefix(text.encode(prefix)))
    return value.removeprefix(prefix)


@FUNCTIONS.add("trimSuffix", "func(string, string) string")
def _trim_suffix(suffix: str, value: str) -> str:
    if _NOT_UTF8.search(suffix):
        return text.decode(text.encode(value).removesuffix(text.encode(suffix)))
    return value.removesuffix(suffix)


FUNCTIONS.add("upper", "func(string) string")(letters.upper)
FUNCTIONS.add("lower", "func(string) string")(letters.lower)


@FUNCTIONS.add("title", "func(string) string")
def _title(value: str) -> str:
    previous = " "
    pieces: list[str] = []
    for character in text.valid(value):
        pieces.append(letters.to_title(character) if _is_separator(previous) else character)
        previous = character
    return "".join(pieces)


def _is_separator(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not (is_letter(character) or is_digit(character)) and character in letters.SPACES


@FUNCTIONS.add("contains", "func(string, string) bool")
def _contains(part: str, value: str) -> bool:
    return text.encode(part) in text.encode(value) if _NOT_UTF8.search(part) else part in value


@FUNCTIONS.add("hasPrefix", "func(string, string) bool")
def _has_prefix(prefix: str, value: str) -> bool:
    if _NOT_UTF8.search(prefix):
        return text.encode(value).startswith(text.encode(prefix))
    return value.startswith(prefix)


@FUNCTIONS.add("hasSuffix", "func(string, string) bool")
def _has_suffix(suffix: str, value: str) -> bool:
    if _NOT_UTF8.search(suffix):
        return text.encode(value).endswith(text.encode(suffix))
    return value.endswith(suffix)


@FUNCTIONS.add("repeat", "func(int, string) string", context=True)
def _repeat(context: Context, count: int, value: str) -> str:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    context.reserve(count * text.size(value))
    return value * count if value else ""


@FUNCTIONS.add("replace", "func(string, string, string) string", context=True)
def _replace(context: Context, old: str, new: str, value: str) -> str:
    if _NOT_UTF8.search(old):
        return _replace_bytes(context, text.encode(old), text.encode(new), text.encode(value))
    found = value.count(old)
    context.reserve(text.size(value) + found * text.size(new))
    return value.replace(old, new)


def _replace_bytes(context: Context, old: bytes, new: bytes, value: bytes) -> str:
    context.reserve(len(value) + value.count(old) * len(new))
    return text.decode(value.replace(old, new))


@FUNCTIONS.add("quote", "func(...any) string", context=True)
def _quote(context: Context, *items: Any) -> str:
    return " ".join(quote(strval(context, item)) for item in items if item is not None)


@FUNCTIONS.add("squote", "func(...any) string", context=True)
def _squote(context: Context, *items: Any) -> str:
    return " ".join(f"'{printed(context, item)}'" for item in items if item is not None)


@FUNCTIONS.add("cat", "func(...any) string", context=True)
def _cat(context: Context, *items: Any) -> str:
    return " ".join(printed(context, item) for item in items if item is not None)


def indent(context: Context, spaces: int, value: str) -> str:
    """Put so many spaces before each line.

    Raises:
        FunctionError: The number is negative.
        LimitError: The result is too large.

    """
    if spaces < 0:
        raise FunctionError("strings: negative Repeat count")
    context.reserve(spaces * (value.count("\n") + 1) + text.size(value))
    pad = " " * spaces
    return pad + value.replace("\n", f"\n{pad}")


FUNCTIONS.add("indent", "func(int, string) string", context=True)(indent)


@FUNCTIONS.add("nindent", "func(int, string) string", context=True)
def _nindent(context: Context, spaces: int, value: str) -> str:
    return "\n" + indent(context, spaces, value)


@FUNCTIONS.add("plural", "func(string, string, int) string")
def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


FUNCTIONS.add("toString", "func(any) string", context=True)(strval)
FUNCTIONS.add("toStrings", "func(any) []string", context=True)(to_strings)


@FUNCTIONS.add("join", "func(string, any) string", context=True)
def _join(context: Context, separator: str, items: Any) -> str:
    return join_all(context, separator, to_strings(context, items))


@FUNCTIONS.add("sortAlpha", "func(any) []string", context=True)
def _sort_alpha(context: Context, items: Any) -> values.Slice:
    if values.kind_of(values.indirect(items)) not in {"slice", "array"}:
        return values.strings([strval(context, items)])
    found = to_strings(context, items)
    context.spend(len(found))
    found.sort(key=text.encode)  # in place: a []string is sorted where it is, as in Go
    return found


def split(value: str, separator: str, limit: int = -1) -> list[str]:
    """`strings.SplitN`.

    Args:
        value: What is split.
        separator: Where; an empty one splits into characters.
        limit: How many parts at most; negative for all.

    """
    if limit == 0:
        return []
    if not separator:
        parts = list(value)
        return [*parts[: limit - 1], "".join(parts[limit - 1 :])] if 0 < limit < len(parts) else parts
    most = limit - 1 if limit > 0 else -1
    if _NOT_UTF8.search(separator):
        return [text.decode(part) for part in text.encode(value).split(text.encode(separator), most)]
    return value.split(separator, most)


@FUNCTIONS.add("splitList", "func(string, string) []string")
def _split_list(separator: str, value: str) -> list[str]:
    return split(value, separator)


@FUNCTIONS.add("split", "func(string, string) map[string]string")
def _split(separator: str, value: str) -> dict[str, str]:
    return _numbered(split(value, separator))


@FUNCTIONS.add("splitn", "func(string, int, string) map[string]string")
def _splitn(separator: str, limit: int, value: str) -> dict[str, str]:
    return _numbered(split(value, separator, limit))


def _numbered(parts: list[str]) -> dict[str, str]:
    return {f"_{at}": part for at, part in enumerate(parts)}
