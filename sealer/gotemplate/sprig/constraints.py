"""Constraints on semantic versions as package Masterminds/semver (v3.3) reads and checks them.

The package defines their syntax by regular expressions with its own odd corners, so these are its expressions, run by
RE2: they would backtrack without bound in Python's engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.sprig.regexp import engine
from sealer.gotemplate.sprig.versions import Version, compare_pre, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.gotemplate.limits import Context

_OPERATORS: Final = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_PATTERN: Final = (
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_ONE: Final = rf"^\s*({_OPERATORS})\s*({_PATTERN})\s*$"
_RANGE: Final = rf"\s*({_PATTERN})\s+-\s+({_PATTERN})\s*"
_EACH: Final = rf"({_OPERATORS})\s*({_PATTERN})"
_ALL: Final = rf"^(\s*({_OPERATORS})\s*({_PATTERN})\s*)((?:\s+|,\s*)({_OPERATORS})\s*({_PATTERN})\s*)*$"
_UPPER_OF_RANGE: Final = 11
_BYTES_A_STEP: Final = 16
_WILDCARDS: Final = frozenset({b"x", b"X", b"*", b""})


@dataclass(frozen=True, slots=True)
class Constraint:
    """One comparison.

    Attributes:
        operator: `=`, `!=`, `>`, …; empty for none.
        version: What is compared with.
        dirty: Whether a part of it is missing or `x`.
        minor_dirty: Whether that is the minor version.
        patch_dirty: Whether that is the patch.

    """

    operator: str
    version: Version
    dirty: bool = False
    minor_dirty: bool = False
    patch_dirty: bool = False

    def allows(self, version: Version) -> bool:
        """Whether a version satisfies it. A pre-release satisfies only what names a pre-release."""
        strict_equality = self.operator == "!=" and not self.dirty
        if not strict_equality and version.pre and not self.version.pre:
            return False
        return _CHECKS[self.operator](self, version)


def _not_equal(constraint: Constraint, version: Version) -> bool:
    wanted = constraint.version
    if constraint.dirty:
        if wanted.major != version.major:
            return True
        if wanted.minor != version.minor and not constraint.minor_dirty:
            return True
        if constraint.minor_dirty:
            return False
        if wanted.patch != version.patch and not constraint.patch_dirty:
            return True
        if constraint.patch_dirty:
            return bool(version.pre or wanted.pre) and compare_pre(version.pre, wanted.pre) != 0
    return version.compare(wanted) != 0


def _greater(constraint: Constraint, version: Version) -> bool:
    wanted = constraint.version
    if not constraint.dirty or version.major != wanted.major:
        return version.compare(wanted) > 0 if not constraint.dirty else version.major > wanted.major
    if constraint.minor_dirty:
        return False
    return version.minor > wanted.minor if constraint.patch_dirty else version.compare(wanted) > 0


def _less_or_equal(constraint: Constraint, version: Version) -> bool:
    wanted = constraint.version
    if not constraint.dirty:
        return version.compare(wanted) <= 0
    if version.major > wanted.major:
        return False
    return not (version.major == wanted.major and version.minor > wanted.minor and not constraint.minor_dirty)


def _tilde(constraint: Constraint, version: Version) -> bool:
    wanted = constraint.version
    if version.compare(wanted) < 0:
        return False
    if wanted.numbers == (0, 0, 0) and not constraint.minor_dirty and not constraint.patch_dirty:
        return True
    return version.major == wanted.major and (version.minor == wanted.minor or constraint.minor_dirty)


def _tilde_or_equal(constraint: Constraint, version: Version) -> bool:
    return _tilde(constraint, version) if constraint.dirty else version.compare(constraint.version) == 0


def _caret(constraint: Constraint, version: Version) -> bool:
    wanted = constraint.version
    if version.compare(wanted) < 0 or version.major != wanted.major:
        return False
    if wanted.major > 0 or constraint.minor_dirty:
        return True
    if wanted.minor > 0 or constraint.patch_dirty:
        return version.minor == wanted.minor
    return version.minor == 0 and version.patch == wanted.patch


def _less(constraint: Constraint, version: Version) -> bool:
    return version.compare(constraint.version) < 0


def _greater_or_equal(constraint: Constraint, version: Version) -> bool:
    return version.compare(constraint.version) >= 0


_CHECKS: Final[dict[str, Callable[[Constraint, Version], bool]]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _greater_or_equal,
    "=>": _greater_or_equal,
    "<=": _less_or_equal,
    "=<": _less_or_equal,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}


def parse_constraints(context: Context, written: str) -> list[list[Constraint]]:
    """Read constraints.

    Args:
        context: The rendering, which is charged.
        written: Comparisons apart by spaces or commas must all hold; of several apart by `||` one has to.

    Returns:
        The alternatives, each with its comparisons.

    Raises:
        FunctionError: They are not constraints.

    """
    data = text.encode(text.valid(written))
    context.spend(50 + len(data) // _BYTES_A_STEP)
    return [_alternative(part) for part in _without_ranges(data).split(b"||")]


def _without_ranges(data: bytes) -> bytes:
    rewritten = data
    for found in _expression(_RANGE).finditer(data):
        comparisons = b">= %b, <= %b " % (found[1], found[_UPPER_OF_RANGE])
        rewritten = rewritten.replace(found[0], comparisons, 1)
    return rewritten


def _alternative(part: bytes) -> list[Constraint]:
    if _expression(_ALL).search(part) is None:
        raise FunctionError("improper constraint")
    return [_constraint(found[0]) for found in _expression(_EACH).finditer(part)]


def _constraint(written: bytes) -> Constraint:
    found = _expression(_ONE).search(written)
    if found is None:
        raise FunctionError("improper constraint")
    version, major, minor, patch, pre = (found[group] or b"" for group in range(2, 7))
    operator = text.decode(found[1])
    if major in _WILDCARDS:
        return Constraint(operator, _version(b"0.0.0" + pre), dirty=True)
    if minor.removeprefix(b".") in _WILDCARDS:
        return Constraint(operator, _version(major + b".0.0" + pre), dirty=True, minor_dirty=True)
    if patch.removeprefix(b".") in _WILDCARDS:
        return Constraint(operator, _version(major + minor + b".0" + pre), dirty=True, patch_dirty=True)
    return Constraint(operator, _version(version))


def _version(written: bytes) -> Version:
    try:
        return parse_version(text.decode(written))
    except FunctionError:
        raise FunctionError("constraint Parser Error") from None


@lru_cache
def _expression(pattern: str) -> Any:
    return engine(pattern)
