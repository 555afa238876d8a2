"""Semantic versions as package Masterminds/semver (v3.3) reads and orders them."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import ClassVar, Final

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gojson

METHODS: Final = Registry()
_MAX_SEGMENT: Final = (1 << 64) - 1
_IDENTIFIERS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION: Final = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?")
UINT64: Final = types.BASIC_TYPES["uint64"]


class Version(values.Struct):
    """Go's semver.Version.

    Args:
        numbers: Major, minor and patch.
        pre: Pre-release identifiers, without the hyphen.
        metadata: Build metadata, without the plus sign.
        original: As it was written.

    """

    __slots__ = ("major", "metadata", "minor", "original", "patch", "pre")
    go_type: ClassVar[types.GoType] = types.named("semver.Version", "struct")
    fields = (
        ("major", UINT64), ("minor", UINT64), ("patch", UINT64),
        ("pre", types.STRING), ("metadata", types.STRING), ("original", types.STRING),
    )  # fmt: skip

    def __init__(self, numbers: tuple[int, int, int], pre: str, metadata: str, original: str) -> None:
        self.major, self.minor, self.patch = map(values.Uint64, numbers)
        self.pre = pre
        self.metadata = metadata
        self.original = original

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return int(self.major), int(self.minor), int(self.patch)

    def text(self) -> str:
        """The version in its full form."""
        pre = f"-{self.pre}" if self.pre else ""
        metadata = f"+{self.metadata}" if self.metadata else ""
        return f"{self.major:d}.{self.minor:d}.{self.patch:d}{pre}{metadata}"

    def next(self, numbers: tuple[int, int, int]) -> Version:
        """A release of these numbers, written with a `v` where this version was."""
        made = Version(numbers, "", "", "")
        made.original = ("v" if self.original.startswith("v") else "") + made.text()
        return made

    def compare(self, other: Version) -> int:
        """-1, 0 or 1 as this version comes before, with or after the other; metadata does not count."""
        if self.numbers != other.numbers:
            return -1 if self.numbers < other.numbers else 1
        if not self.pre or not other.pre:
            return bool(other.pre) - bool(self.pre)
        return compare_pre(self.pre, other.pre)


ZERO_VERSION: Final = Version((0, 0, 0), "", "", "")


def compare_pre(first: str, second: str) -> int:
    """Order of two pre-releases: identifier by identifier, numbers before names."""
    for one, other in zip_longest(first.split("."), second.split("."), fillvalue=""):
        if one != other:
            return -1 if _identifier(one) < _identifier(other) else 1
    return 0


def _identifier(written: str) -> tuple[int, int, bytes]:
    if not written:
        return 0, 0, b""
    is_number = written.isdigit() and int(written[:32]) <= _MAX_SEGMENT
    return (1, int(written), b"") if is_number else (2, 0, text.encode(written))


def parse_version(written: str) -> Version:
    """Read a version; minor and patch may be missing, and a `v` may stand before it (`NewVersion`).

    Raises:
        FunctionError: It is not one.

    """
    found = _VERSION.fullmatch(written)
    if found is None:
        raise FunctionError("Invalid Semantic Version")
    pre, metadata = found[4] or "", found[5] or ""
    numbers = _segment(found[1]), _segment(found[2] or "0"), _segment(found[3] or "0")
    for identifier in pre.split("."):
        if identifier.isdigit() and len(identifier) > 1 and identifier[0] == "0":
            raise FunctionError("Version segment starts with 0")
    return Version(numbers, pre, metadata, written)


def _segment(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    if len(significant) > len(str(_MAX_SEGMENT)) or int(significant) > _MAX_SEGMENT:
        raise FunctionError("Error parsing version segment: value out of range")
    return int(significant)


@METHODS.add("String", "func() string")
def _string(version: Version) -> str:
    return version.text()


@METHODS.add("Original", "func() string")
def _original(version: Version) -> str:
    return version.original


@METHODS.add("Major", "func() uint64")
def _major(version: Version) -> int:
    return version.major


@METHODS.add("Minor", "func() uint64")
def _minor(version: Version) -> int:
    return version.minor


@METHODS.add("Patch", "func() uint64")
def _patch(version: Version) -> int:
    return version.patch


@METHODS.add("Prerelease", "func() string")
def _prerelease(version: Version) -> str:
    return version.pre


@METHODS.add("Metadata", "func() string")
def _metadata(version: Version) -> str:
    return version.metadata


@METHODS.add("IncMajor", "func() semver.Version")
def _inc_major(version: Version) -> Version:
    return version.next((version.numbers[0] + 1, 0, 0))


@METHODS.add("IncMinor", "func() semver.Version")
def _inc_minor(version: Version) -> Version:
    return version.next((version.numbers[0], version.numbers[1] + 1, 0))


@METHODS.add("IncPatch", "func() semver.Version")
def _inc_patch(version: Version) -> Version:
    major, minor, patch = version.numbers
    return version.next((major, minor, patch if version.pre else patch + 1))  # a pre-release comes before its release


@METHODS.add("Compare", "func(*semver.Version) int")
def _compare(version: Version, other: values.Pointer) -> int:
    return version.compare(_target(other))


@METHODS.add("Equal", "func(*semver.Version) bool")
def _equal(version: Version, other: values.Pointer) -> bool:
    return other.target is not None and version.compare(other.target) == 0


@METHODS.add("LessThan", "func(*semver.Version) bool")
def _less_than(version: Version, other: values.Pointer) -> bool:
    return version.compare(_target(other)) < 0


@METHODS.add("LessThanEqual", "func(*semver.Version) bool")
def _less_than_equal(version: Version, other: values.Pointer) -> bool:
    return version.compare(_target(other)) <= 0


@METHODS.add("GreaterThan", "func(*semver.Version) bool")
def _greater_than(version: Version, other: values.Pointer) -> bool:
    return version.compare(_target(other)) > 0


@METHODS.add("GreaterThanEqual", "func(*semver.Version) bool")
def _greater_than_equal(version: Version, other: values.Pointer) -> bool:
    return version.compare(_target(other)) >= 0


def _target(pointer: values.Pointer) -> Version:
    if not isinstance(pointer.target, Version):
        raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
    return pointer.target


Version.go_type.define(methods=METHODS, text=_string)
gojson.MARSHALERS[Version.go_type] = _string
