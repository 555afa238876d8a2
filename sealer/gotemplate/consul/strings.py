"""consul-template's functions on strings (reference, vault-agent-injector 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate import text
from sealer.gotemplate.consul.titles import title
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import letters
from sealer.gotemplate.sprig import strings as sprig
from sealer.gotemplate.sprig.texts import join_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_PAIR: Final = "func(string, string) (string, error)"

FUNCTIONS.add("toLower", "func(string) (string, error)")(letters.lower)
FUNCTIONS.add("toUpper", "func(string) (string, error)")(letters.upper)
FUNCTIONS.add("trim", _PAIR)(sprig.FUNCTIONS["trimAll"].call)
FUNCTIONS.add("trimPrefix", _PAIR)(sprig.FUNCTIONS["trimPrefix"].call)
FUNCTIONS.add("trimSuffix", _PAIR)(sprig.FUNCTIONS["trimSuffix"].call)
FUNCTIONS.add("replaceAll", "func(string, string, string) (string, error)", context=True)(
    sprig.FUNCTIONS["replace"].call
)


@FUNCTIONS.add("toTitle", "func(string) (string, error)", context=True)
def _title(context: Context, value: str) -> str:
    context.spend(len(value))
    return title(value)


@FUNCTIONS.add("trimSpace", "func(string) (string, error)")
def _trim_space(value: str) -> str:
    return value.strip(letters.SPACE_CHARACTERS)


@FUNCTIONS.add("join", "func(string, []string) (string, error)", context=True)
def _join(context: Context, separator: str, items: Sequence[str]) -> str:
    return join_all(context, separator, items)


@FUNCTIONS.add("split", "func(string, string) ([]string, error)", context=True)
def _split(context: Context, separator: str, value: str) -> list[str]:
    value = _trim_space(value)
    return split_within_limits(context, value, separator) if value else []


@FUNCTIONS.add("splitToMap", "func(string, string, string) (map[string]string, error)", context=True)
def _split_to_map(context: Context, between: str, within: str, value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _split(context, between, value):
        key, separator, item = _cut(pair, within)
        if separator:
            found[key] = item
    return found


def _cut(value: str, separator: str) -> tuple[str, bool, str]:
    if not separator:
        return "", True, value
    key, found, item = value.partition(separator)
    return key, bool(found), item


def split_within_limits(context: Context, value: str, separator: str) -> list[str]:
    """`strings.Split`, charged for.

    Raises:
        LimitError: There are too many parts.

    """
    parts = value.count(separator) + 1 if separator else len(value)
    context.spend(parts >> 3)
    context.reserve(16 * parts)
    return sprig.split(value, separator)


@FUNCTIONS.add("indent", "func(int, string) (string, error)", context=True)
def _indent(context: Context, spaces: int, value: str) -> str:
    """Indent the lines that have content; only a line feed ends a line."""
    if spaces < 0:
        raise FunctionError("indent value must be a positive integer")
    lines = value.split("\n")
    context.spend(len(lines) >> 3)
    context.reserve(text.size(value) + spaces * sum(map(bool, lines)))
    prefix = " " * spaces
    return "\n".join(prefix + line if line else line for line in lines)


@FUNCTIONS.add("regexReplaceAll", "func(string, string, string) (string, error)", context=True)
def _regex_replace_all(context: Context, pattern: str, replacement: str, value: str) -> str:
    from sealer.gotemplate.sprig import regexp  # noqa: PLC0415 - RE2 is loaded where a pattern is used

    return regexp.compile_regexp(context, pattern).replace_all(value, replacement)


@FUNCTIONS.add("regexMatch", "func(string, string) (bool, error)", context=True)
def _regex_match(context: Context, pattern: str, value: str) -> bool:
    from sealer.gotemplate.sprig import regexp  # noqa: PLC0415 - see above

    return regexp.compile_regexp(context, pattern).match(value)
