"""Sprig's regular expressions, in RE2's syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.regexp import Regexp, compile_regexp, quote_meta

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()


def _compiled(context: Context, pattern: str) -> Regexp:
    """Compile as `regexp.MustCompile` does, with its wording."""
    try:
        return compile_regexp(context, pattern)
    except FunctionError as error:
        raise FunctionError(f"regexp: Compile: {error}") from None


@FUNCTIONS.add("mustRegexMatch", "func(string, string) (bool, error)", context=True)
def _must_match(context: Context, pattern: str, text: str) -> bool:
    return compile_regexp(context, pattern).match(text)


@FUNCTIONS.add("regexMatch", "func(string, string) bool", context=True)
def _match(context: Context, pattern: str, text: str) -> bool:
    try:
        return _must_match(context, pattern, text)
    except FunctionError:
        return False  # Sprig swallows the error


@FUNCTIONS.add("mustRegexFind", "func(string, string) (string, error)", context=True)
def _must_find(context: Context, pattern: str, text: str) -> str:
    return compile_regexp(context, pattern).find(text)


@FUNCTIONS.add("regexFind", "func(string, string) string", context=True)
def _find(context: Context, pattern: str, text: str) -> str:
    return _compiled(context, pattern).find(text)


@FUNCTIONS.add("mustRegexFindAll", "func(string, string, int) ([]string, error)", context=True)
def _must_find_all(context: Context, pattern: str, text: str, most: int) -> list[str] | None:
    return compile_regexp(context, pattern).find_all(text, most)


@FUNCTIONS.add("regexFindAll", "func(string, string, int) []string", context=True)
def _find_all(context: Context, pattern: str, text: str, most: int) -> list[str] | None:
    return _compiled(context, pattern).find_all(text, most)


@FUNCTIONS.add("mustRegexReplaceAll", "func(string, string, string) (string, error)", context=True)
def _must_replace_all(context: Context, pattern: str, text: str, replacement: str) -> str:
    return compile_regexp(context, pattern).replace_all(text, replacement)


@FUNCTIONS.add("regexReplaceAll", "func(string, string, string) string", context=True)
def _replace_all(context: Context, pattern: str, text: str, replacement: str) -> str:
    return _compiled(context, pattern).replace_all(text, replacement)


@FUNCTIONS.add("mustRegexReplaceAllLiteral", "func(string, string, string) (string, error)", context=True)
def _must_replace_all_literal(context: Context, pattern: str, text: str, replacement: str) -> str:
    return compile_regexp(context, pattern).replace_all_literal(text, replacement)


@FUNCTIONS.add("regexReplaceAllLiteral", "func(string, string, string) string", context=True)
def _replace_all_literal(context: Context, pattern: str, text: str, replacement: str) -> str:
    return _compiled(context, pattern).replace_all_literal(text, replacement)


@FUNCTIONS.add("mustRegexSplit", "func(string, string, int) ([]string, error)", context=True)
def _must_split(context: Context, pattern: str, text: str, most: int) -> list[str] | None:
    return compile_regexp(context, pattern).split(text, most)


@FUNCTIONS.add("regexSplit", "func(string, string, int) []string", context=True)
def _split(context: Context, pattern: str, text: str, most: int) -> list[str] | None:
    return _compiled(context, pattern).split(text, most)


FUNCTIONS.add("regexQuoteMeta", "func(string) string")(quote_meta)
