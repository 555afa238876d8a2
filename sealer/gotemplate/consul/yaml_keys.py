"""The order in which gopkg.in/yaml.v2 writes the keys of a map: numbers inside of words count as numbers."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import takewhile
from typing import Any

from sealer.gotemplate import text, types, values
from sealer.gotemplate.characters import is_digit, is_letter

# Kinds in the order of reflect.Kind's numbers, for keys of different kinds
_KINDS = (
    "invalid", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
    "uintptr", "float32", "float64", "complex64", "complex128", "array", "chan", "func", "interface", "map", "ptr",
    "slice", "string", "struct",
)  # fmt: skip
_NUMERIC = types.INTEGERS | types.FLOATS | {"bool"}
_SIGN = 1 << 63


def sorted_keys(mapping: dict[Any, Any]) -> list[Any]:
    """Keys of a map in the order in which they are written."""
    if all(type(key) is str and key.isascii() and key.isalpha() for key in mapping):
        return sorted(mapping)  # letters alone have no numbers in them
    # Sorting asks only whether one comes before another.
    return sorted(mapping, key=cmp_to_key(lambda one, other: -_less(one, other)))


def _less(one: Any, other: Any) -> bool:
    if type(one) is str and type(other) is str:
        return _text_less(text.valid(one), text.valid(other))
    one, other = values.indirect(one), values.indirect(other)
    kind, other_kind = _kind(one), _kind(other)
    if kind in _NUMERIC and other_kind in _NUMERIC:
        if float(one) != float(other):
            return float(one) < float(other)
        return bool(one < other) if kind == other_kind else _KINDS.index(kind) < _KINDS.index(other_kind)
    if kind != "string" or other_kind != "string":
        return _KINDS.index(kind) < _KINDS.index(other_kind)
    return _text_less(text.valid(str.__str__(one)), text.valid(str.__str__(other)))


def _kind(key: Any) -> str:
    return "interface" if key is None else values.kind_of(key)  # a nil key is a nil interface, which has this kind


def _text_less(one: str, other: str) -> bool:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left == right:
            continue
        left_letter, right_letter = is_letter(left), is_letter(right)
        if left_letter and right_letter:
            return left < right
        if left_letter or right_letter:
            return right_letter
        return _numbers_less(one, other, at)
    return len(one) < len(other)


def _numbers_less(one: str, other: str, at: int) -> bool:
    # Where a zero differs, the digits before it decide whether the zeros lead.
    inside = "0" in {one[at], other[at]} and _counts_before(one, at)
    left, left_digits = _number(one, at, int(inside))
    right, right_digits = _number(other, at, int(inside))
    if left != right:
        return left < right
    return left_digits < right_digits if left_digits != right_digits else one[at] < other[at]


def _counts_before(word: str, at: int) -> bool:
    return any(digit != "0" for digit in takewhile(is_digit, reversed(word[:at])))


def _number(word: str, at: int, start: int) -> tuple[int, int]:
    digits = list(takewhile(is_digit, word[at:]))
    found = start
    for digit in digits:
        found = (found * 10 + ord(digit) - ord("0") + _SIGN) % (2 * _SIGN) - _SIGN  # int64 wraps around
    return found, len(digits)
