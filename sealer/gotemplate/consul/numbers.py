"""consul-template's arithmetic and its numbers from text. The piped value is the left operand: `5 | subtract 2` is 3.

Two integers, of which one is signed, give an int64, two unsigned ones a uint64, anything with a float a float64; a
number of Vault (`json.Number`) is text and has to be parsed first.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import strconv

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS: Final = Registry()
_BINARY: Final = "func(any, any) (any, error)"
_UNSIGNED: Final = types.UNSIGNED - {"uintptr"}
_UINT64: Final = types.BASIC_TYPES["uint64"]
_DIGITS: Final = re.compile("[0-9]+")
_INTEGER: Final = re.compile("[-+]?[0-9]+")
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?0[xX].*")
_BOOLS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("", "0", "f", "F", "FALSE", "false", "False"), False),
}


def _refused(what: str, *, is_number: bool) -> FunctionError:
    return FunctionError(f"parse{what}: strconv.Parse{what}: {'value out of range' if is_number else 'invalid syntax'}")


def _sort(value: Any, name: str, *, floats: bool = True) -> str:
    kind = values.kind_of(value)
    if kind in types.SIGNED:
        return "int"
    if kind in _UNSIGNED:
        return "uint"
    if kind in types.FLOATS and floats:
        return "float"
    found = values.type_of(value)
    raise FunctionError(f"{name}: unknown type for {'<nil>' if found is None else found.name}")


def _result(first: Any, second: Any, name: str) -> types.GoType:
    """Type of what is calculated of two numbers."""
    sorts = {_sort(first, name), _sort(second, name)}
    if "float" in sorts:
        return types.FLOAT64
    return _UINT64 if sorts == {"uint"} else types.INT64


def _calculate(first: Any, second: Any, name: str, operate: Callable[[Any, Any], Any]) -> Any:
    wanted = _result(first, second, name)
    if wanted is types.FLOAT64:
        return operate(float(first), float(second))
    one, other = values.integer(int(first), wanted), values.integer(int(second), wanted)
    return values.integer(operate(int(one), int(other)), wanted)


@FUNCTIONS.add("add", _BINARY)
def _add(second: Any, first: Any) -> Any:
    return _calculate(first, second, "add", lambda one, other: one + other)


@FUNCTIONS.add("subtract", _BINARY)
def _subtract(second: Any, first: Any) -> Any:
    return _calculate(first, second, "subtract", lambda one, other: one - other)


@FUNCTIONS.add("multiply", _BINARY)
def _multiply(second: Any, first: Any) -> Any:
    return _calculate(first, second, "multiply", lambda one, other: one * other)


@FUNCTIONS.add("divide", _BINARY)
def _divide(second: Any, first: Any) -> Any:
    return _calculate(first, second, "divide", _quotient)


def _quotient(one: Any, other: Any) -> Any:
    if isinstance(one, float):
        return _float_quotient(one, other)
    if other == 0:
        raise FunctionError("runtime error: integer divide by zero")
    whole = abs(one) // abs(other)  # Go rounds towards zero
    return whole if (one < 0) == (other < 0) else -whole


def _float_quotient(one: float, other: float) -> float:
    if other != 0:
        return one / other
    if one == 0 or math.isnan(one):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1, other)


@FUNCTIONS.add("modulo", _BINARY)
def _modulo(second: Any, first: Any) -> Any:
    _sort(first, "modulo", floats=False)
    _sort(second, "modulo", floats=False)
    return _calculate(first, second, "modulo", lambda one, other: one - other * _quotient(one, other))


@FUNCTIONS.add("minimum", _BINARY)
def _minimum(second: Any, first: Any) -> Any:
    return _plain(first if _compared(first, second, "minimum", lambda one, other: one < other) else second)


@FUNCTIONS.add("maximum", _BINARY)
def _maximum(second: Any, first: Any) -> Any:
    return _plain(first if _compared(first, second, "maximum", lambda one, other: one > other) else second)


def _compared(first: Any, second: Any, name: str, compare: Callable[[Any, Any], bool]) -> bool:
    wanted = _result(first, second, name)
    if wanted is types.FLOAT64:
        return compare(float(first), float(second))
    return compare(int(values.integer(int(first), wanted)), int(values.integer(int(second), wanted)))


def _plain(value: Any) -> Any:
    """The number as its widest type: int64, uint64 or float64."""
    kind = values.kind_of(value)
    if kind in types.FLOATS:
        return float(value)
    return values.integer(int(value), types.INT64 if kind in types.SIGNED else _UINT64)


@FUNCTIONS.add("parseBool", "func(string) (bool, error)")
def _parse_bool(written: str) -> bool:
    if written not in _BOOLS:
        raise FunctionError("parseBool: strconv.ParseBool: invalid syntax")
    return _BOOLS[written]


@FUNCTIONS.add("parseFloat", "func(string) (float64, error)")
def _parse_float(written: str) -> float:
    found = strconv.parse_float(written) if written else 0.0
    if found is None:
        raise _refused("Float", is_number=_NUMBER.fullmatch(written) is not None)
    return found


@FUNCTIONS.add("parseInt", "func(string) (int64, error)")
def parse_int(written: str) -> int:
    """Read a decimal int64; nothing at all is 0.

    Raises:
        FunctionError: It is none, or has more than 64 bits.

    """
    found = strconv.parse_int(written, 10) if written else 0
    if found is None:
        raise _refused("Int", is_number=_INTEGER.fullmatch(written) is not None)
    return found


@FUNCTIONS.add("parseUint", "func(string) (uint64, error)")
def _parse_uint(written: str) -> int:
    if not written:
        return 0
    digits = written.lstrip("0") or "0"
    # Longer than any uint64 is refused before Python would have to convert it.
    found = int(digits) if _DIGITS.fullmatch(written) and len(digits) <= len(str(1 << 64)) else -1
    if not 0 <= found < 1 << 64:
        raise _refused("Uint", is_number=_DIGITS.fullmatch(written) is not None)
    return found
