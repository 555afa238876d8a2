"""Methods of the types that are always there: errors and encoding/json's Number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate import constants, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.values import ErrorString, JSONNumber

_ERROR: Final = Registry()
_NUMBER: Final = Registry()


@_ERROR.add("Error", "func() string")
def _error(error: ErrorString) -> str:
    return str(error.s)


@_NUMBER.add("String", "func() string")
def _string(number: JSONNumber) -> str:
    return str.__str__(number)


@_NUMBER.add("Int64", "func() (int64, error)")
def _int64(number: JSONNumber) -> int:
    digits = number.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise FunctionError("strconv.ParseInt: parsing a number: invalid syntax")
    value = int(number)
    if value != values.integer(value, values.Int64.go_type):
        raise FunctionError("strconv.ParseInt: parsing a number: value out of range")
    return value


@_NUMBER.add("Float64", "func() (float64, error)")
def _float64(number: JSONNumber) -> float:
    value = constants.parse_float(number)
    if value is None:
        raise FunctionError("strconv.ParseFloat: parsing a number: invalid syntax or out of range")
    return value


def define() -> None:
    """Give these types their methods."""
    values.ErrorString.go_type.define(methods=_ERROR, text=lambda error: str(error.s), is_error=True)
    values.JSONNumber.go_type.define(methods=_NUMBER, text=str.__str__)
