"""Sprig's maths: integers of 64 bits that wrap around, exact decimals for the `…f` family, and IEEE rounding.

Sources: Sprig's "Integer Math Functions" and "Float Math Functions"; Go's math.Pow, whose results differ from libm's in
the last bit; shopspring/decimal, which divides to 16 places.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import strconv
from sealer.gotemplate.sprig.cast import to_float64, to_int64
from sealer.gotemplate.sprig.texts import printed

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_DIVISION_PLACES: Final = 10**16
_MAX_EXPONENT: Final = 1 << 12


@FUNCTIONS.add("int", "func(any) int")
@FUNCTIONS.add("int64", "func(any) int64")
def _int64(value: Any) -> int:
    return to_int64(value)


FUNCTIONS.add("float64", "func(any) float64")(to_float64)
FUNCTIONS.add("atoi", "func(string) int")(strconv.atoi)


@FUNCTIONS.add("toDecimal", "func(any) int64", context=True)
def _to_decimal(context: Context, value: Any) -> int:
    """Read digits as an octal number, as Unix modes are written."""
    return strconv.parse_int(printed(context, value), 8) or 0


@FUNCTIONS.add("add1", "func(any) int64")
def _add1(value: Any) -> int:
    return to_int64(value) + 1


@FUNCTIONS.add("add", "func(...any) int64")
def _add(*items: Any) -> int:
    return sum(map(to_int64, items))


@FUNCTIONS.add("sub", "func(any, any) int64")
def _sub(first: Any, second: Any) -> int:
    return to_int64(first) - to_int64(second)


@FUNCTIONS.add("mul", "func(any, ...any) int64")
def _mul(first: Any, *others: Any) -> int:
    product = to_int64(first)
    for other in others:
        product = product * to_int64(other) & 0xFFFF_FFFF_FFFF_FFFF
    return product


@FUNCTIONS.add("div", "func(any, any) int64")
def _div(first: Any, second: Any) -> int:
    dividend, divisor = to_int64(first), _divisor(second)
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


@FUNCTIONS.add("mod", "func(any, any) int64")
def _mod(first: Any, second: Any) -> int:
    dividend, divisor = to_int64(first), _divisor(second)
    remainder = abs(dividend) % abs(divisor)
    return -remainder if dividend < 0 else remainder


def _divisor(value: Any) -> int:
    divisor = to_int64(value)
    if not divisor:
        raise FunctionError("runtime error: integer divide by zero")
    return divisor


@FUNCTIONS.add("max", "biggest", "func(any, ...any) int64")
def _max(first: Any, *others: Any) -> int:
    return max(map(to_int64, (first, *others)))


@FUNCTIONS.add("min", "func(any, ...any) int64")
def _min(first: Any, *others: Any) -> int:
    return min(map(to_int64, (first, *others)))


@FUNCTIONS.add("maxf", "func(any, ...any) float64")
def _maxf(first: Any, *others: Any) -> float:
    return _extreme(first, others, math.inf)


@FUNCTIONS.add("minf", "func(any, ...any) float64")
def _minf(first: Any, *others: Any) -> float:
    return _extreme(first, others, -math.inf)


def _extreme(first: Any, others: tuple[Any, ...], towards: float) -> float:
    # math.Max and math.Min: an infinity on their side wins over NaN, NaN over all else, and -0 is less than 0.
    found = to_float64(first)
    for other in map(to_float64, others):
        if towards in (found, other):
            found = towards
        elif math.isnan(found) or math.isnan(other):
            found = math.nan
        elif found == other:
            found = max(found, other, key=lambda zero: math.copysign(1, zero) * towards)
        elif (other > found) == (towards > 0):
            found = other
    return found


def _decimal(value: Any) -> Fraction:
    number = to_float64(value)
    if not math.isfinite(number):
        raise FunctionError("Cannot create a Decimal from a value that is not finite")
    return Fraction(repr(number))  # the shortest digits that give this float64, as Go's decimal takes it


def _float(number: Fraction) -> float:
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _fold(first: Any, others: tuple[Any, ...], operate: Callable[[Fraction, Fraction], Fraction]) -> float:
    number = _decimal(first)
    for other in others:
        number = operate(number, _decimal(other))
    return _float(number)


@FUNCTIONS.add("add1f", "func(any) float64")
def _add1f(value: Any) -> float:
    return _float(_decimal(value) + 1)


@FUNCTIONS.add("addf", "func(...any) float64")
def _addf(*items: Any) -> float:
    return _fold(0.0, items, Fraction.__add__)


@FUNCTIONS.add("subf", "func(any, ...any) float64")
def _subf(first: Any, *others: Any) -> float:
    return _fold(first, others, Fraction.__sub__)


@FUNCTIONS.add("mulf", "func(any, ...any) float64")
def _mulf(first: Any, *others: Any) -> float:
    return _fold(first, others, Fraction.__mul__)


@FUNCTIONS.add("divf", "func(any, ...any) float64")
def _divf(first: Any, *others: Any) -> float:
    return _fold(first, others, _divide)


def _divide(first: Fraction, second: Fraction) -> Fraction:
    if not second:
        raise FunctionError("decimal division by 0")
    scaled = abs(first / second) * _DIVISION_PLACES
    rounded = int(scaled + Fraction(1, 2))  # half away from zero
    return Fraction(rounded if (first < 0) == (second < 0) else -rounded, _DIVISION_PLACES)


@FUNCTIONS.add("floor", "func(any) float64")
def _floor(value: Any) -> float:
    return _to_whole(to_float64(value), math.floor)


@FUNCTIONS.add("ceil", "func(any) float64")
def _ceil(value: Any) -> float:
    return _to_whole(to_float64(value), math.ceil)


def _to_whole(number: float, rounding: Callable[[float], int]) -> float:
    return math.copysign(float(rounding(number)), number) if math.isfinite(number) and number else number


@FUNCTIONS.add("round", "func(any, int, ...float64) float64")
def _round(value: Any, places: int, *threshold: float) -> float:
    """Round: up where the part behind the point reaches the threshold (0.5), so negative numbers go down."""
    scale = _power_of_ten(places)
    digit = scale * to_float64(value)
    part = math.modf(digit)[0] if math.isfinite(digit) else math.nan
    rounding = math.ceil if part >= (threshold[0] if threshold else 0.5) else math.floor
    return _quotient(_to_whole(digit, rounding), scale)


def _quotient(dividend: float, divisor: float) -> float:
    if divisor:
        return dividend / divisor
    return math.nan if not dividend or math.isnan(dividend) else math.copysign(math.inf, dividend)


def _power_of_ten(exponent: int) -> float:
    # Go's math.Pow multiplies successive squares of the mantissa; libm rounds correctly and so differs from it.
    if exponent in (0, 1):
        return float(10**exponent)
    power, power_exponent = 1.0, 0
    square, square_exponent = math.frexp(10.0)
    left = abs(exponent)
    while left:
        if abs(square_exponent) > _MAX_EXPONENT:
            power_exponent += square_exponent
            break
        if left & 1:
            power *= square
            power_exponent += square_exponent
        square *= square
        square_exponent *= 2
        if square < 0.5:  # noqa: PLR2004 - keep it normalised
            square += square
            square_exponent -= 1
        left >>= 1
    if exponent < 0:
        power, power_exponent = 1 / power, -power_exponent
    try:
        return math.ldexp(power, power_exponent)
    except OverflowError:
        return math.inf


@FUNCTIONS.add("until", "func(int) []int", context=True)
def _until(context: Context, count: int) -> list[int]:
    return count_up(context, 0, count, -1 if count < 0 else 1)


@FUNCTIONS.add("untilStep", "func(int, int, int) []int", context=True)
def count_up(context: Context, start: int, stop: int, step: int) -> list[int]:
    """Integers from `start` to before `stop`; none where the step does not lead there.

    Raises:
        LimitError: There are too many.

    """
    if not step or (stop < start) != (step < 0):
        return []
    length = max(0, -((start - stop) // step))
    wraps = length > 0 and not strconv.MIN_INT64 <= start + length * step <= strconv.MAX_INT64
    # Where the next step wraps around, Go goes on from the other end, practically for ever.
    context.reserve(16 * (strconv.MAX_INT64 if wraps else length))
    context.spend(length // 8)
    return list(range(start, stop, step))


@FUNCTIONS.add("seq", "func(...int) string", context=True)
def _seq(context: Context, *params: int) -> str:
    """Integers to and with the last, like the command of this name."""
    if len(params) not in {1, 2, 3}:
        return ""
    start = params[0] if len(params) > 1 else 1
    end = params[-1]
    towards = -1 if end < start else 1
    step = params[1] if len(params) == 3 else towards  # noqa: PLR2004 - first, step and last
    if end < start and step > 0:
        return ""
    return " ".join(map(str, count_up(context, start, values.integer(end + towards, types.INT), step)))
