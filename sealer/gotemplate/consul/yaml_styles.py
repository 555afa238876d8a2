"""How a string may be written in YAML: plain, quoted or as a literal block (libyaml's analysis, as yaml.v2 has it)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sealer.gotemplate.consul.yaml_scalars import stays_text

BREAKS: Final = "\r\n\x85\u2028\u2029"
BOM: Final = "\ufeff"
UNPRINTABLE: Final = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BREAK: Final = re.compile(f"[{BREAKS}]")
_BREAK_SPACE: Final = re.compile(f"[{BREAKS}] ")
_SPACE_BREAK: Final = re.compile(f" [{BREAKS}]")
_DOCUMENT_MARKS: Final = ("---", "...")
_FIRST: Final = frozenset("#,[]{}&*!|>'\"%@`")
_FIRST_BEFORE_BLANK: Final = frozenset("?:-")
# `: ` and ` #` end a plain word. A NUL counts as white space before `#`, as libyaml has it.
_INSIDE: Final = re.compile(rf".:(?=[ \t]|\Z)|[ \t{BREAKS}\0]#", re.DOTALL)
_SIMPLE_KEY_BYTES: Final = 128


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a string allows.

    Attributes:
        multiline: It has a line break of any kind.
        plain: It can stand without quotes.
        single_quoted: It can stand in single quotes.
        literal: It can be a literal block.

    """

    multiline: bool
    plain: bool
    single_quoted: bool
    literal: bool


def analyse(value: str) -> Analysis:
    """Find out in which styles a string may be written in block context.

    Args:
        value: Valid UTF-8.

    """
    if not value:
        return Analysis(multiline=False, plain=True, single_quoted=True, literal=False)
    special = bool(UNPRINTABLE.search(value) or _SPACE_BREAK.search(value))
    break_space = bool(_BREAK_SPACE.search(value))
    multiline = bool(_BREAK.search(value))
    edges = value[0] in " " + BREAKS or value[-1] in " " + BREAKS
    plain = not (special or break_space or multiline or edges or _indicates(value))
    return Analysis(
        multiline=multiline,
        plain=plain,
        single_quoted=not (special or break_space),
        literal=not (special or value[-1] == " "),
    )


def _indicates(value: str) -> bool:
    """Whether a part of the string means something to YAML in block context."""
    if value.startswith(_DOCUMENT_MARKS) or value[0] in _FIRST:
        return True
    if value[0] in _FIRST_BEFORE_BLANK and (len(value) == 1 or value[1] in " \t"):
        return True
    return _INSIDE.search(value) is not None


def style_of(value: str, analysis: Analysis, *, simple_key: bool) -> str:
    """Choose the style that yaml.v2 writes a string in.

    Returns:
        `plain`, `single`, `double` or `literal`.

    """
    if "\n" in value:
        return "literal" if analysis.literal and not simple_key else "double"
    if not stays_text(value):
        return "double"
    if analysis.plain and value:
        return "plain"
    return "single" if analysis.single_quoted else "double"


def is_simple_key(value: str, analysis: Analysis, tag: str) -> bool:
    """Whether a key fits on the line of its value; others are written behind a `?`."""
    return not analysis.multiline and len(value.encode()) + len(tag) <= _SIMPLE_KEY_BYTES
