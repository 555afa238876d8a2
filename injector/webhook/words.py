"""The words after ``sealer-injector``, as the existing injector's Deployments have them, made ours (pure).

Those Deployments start with ``agent-inject`` and ``2>&1``: the sub-command of another program, and a redirection that
no shell ever sees. Their flags are Go's: one dash or two, and a boolean may stand without a value (reference 4.1).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_COMMAND: Final = "agent-inject"
_REDIRECTION: Final = "2>&1"
_BOOLEANS: Final = frozenset({"true", "false", "1", "0", "t", "f", "yes", "no", "y", "n", "on", "off"})


def normal(words: Sequence[str], flags: Collection[str], booleans: Collection[str]) -> list[str]:
    """Give the words as our own command line reads them.

    Args:
        words: Without the program's name.
        flags: The flags that there are, with two dashes.
        booleans: Those among them that are true or false.

    """
    rest = [word for word in words if word != _REDIRECTION]
    if rest[:1] == [_COMMAND]:
        del rest[0]
    result = []
    for word, after in zip_longest(rest, rest[1:], fillvalue=""):
        given, equals, value = word.partition("=")
        flag = f"-{given}" if f"-{given}" in flags else given
        bare = flag in booleans and not equals and after.lower() not in _BOOLEANS
        result.append(f"{flag}=true" if bare else f"{flag}{equals}{value}")
    return result


def split(words: Sequence[str], passed_over: Collection[str]) -> tuple[list[str], list[str]]:
    """Part the words of our own command line from the flags that have no effect here.

    Args:
        words: What `normal` gave.
        passed_over: Names of such flags, without dashes.

    Returns:
        The words that are left, and the names of the flags that were among them.

    """
    kept: list[str] = []
    found: list[str] = []
    value_follows = False
    for word in words:
        given, equals, _ = word.partition("=")
        name = given.lstrip("-")
        if given.startswith("-") and name in passed_over:
            found.append(name)
            value_follows = not equals
        elif not value_follows or word.startswith("-"):
            kept.append(word)
            value_follows = False
        else:
            value_follows = False
    return kept, found
