"""Sprig's functions for semantic versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate import values
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.constraints import parse_constraints
from sealer.gotemplate.sprig.versions import parse_version

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("semver", "func(string) (*semver.Version, error)")
def _semver(written: str) -> values.Pointer:
    return values.Pointer(parse_version(written))


@FUNCTIONS.add("semverCompare", "func(string, string) (bool, error)", context=True)
def _semver_compare(context: Context, constraint: str, written: str) -> bool:
    alternatives = parse_constraints(context, constraint)
    version = parse_version(written)
    return any(all(comparison.allows(version) for comparison in comparisons) for comparisons in alternatives)
