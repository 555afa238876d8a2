"""Verbs of integers, floating-point and complex numbers (package fmt)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.gotemplate import quoting, text
from sealer.gotemplate.characters import is_print
from sealer.gotemplate.fmt.floats import format_float

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.gotemplate.fmt.flags import Flags

_WORD: Final = (1 << 64) - 1
_BASES: Final[Mapping[str, str]] = {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES: Final[Mapping[str, str]] = {"b": "0b", "x": "0x", "X": "0X"}
INTEGER_VERBS: Final = frozenset("vdboOxXcqU")
FLOAT_VERBS: Final = frozenset("vbgGxXfFeE")
_DEFAULT_PRECISION: Final = {"f": 6, "e": 6, "E": 6}
_SHARP_DIGITS: Final = 6


def integer(value: int, flags: Flags, verb: str) -> str:
    """Write an integer with one of INTEGER_VERBS."""
    if verb in "cqU":
        return _character(value & _WORD, flags, verb)
    return whole(value, flags, _BASES[verb], sharp=flags.sharp, octal_prefix=verb == "O")


def whole(value: int, flags: Flags, base: str, *, sharp: bool, octal_prefix: bool = False) -> str:
    """Write an integer in a base.

    Args:
        value: The integer, with its sign.
        flags: Flags of the verb.
        base: `d`, `b`, `o`, `x` or `X`.
        sharp: Whether the base is written before the digits.
        octal_prefix: Whether `0o` is written before the digits.

    """
    if flags.precision == 0 and value == 0:
        return " " * (flags.width or 0)
    digits = format(abs(value), base).rjust(_least_digits(flags, negative=value < 0), "0")
    if sharp:
        digits = ("" if base != "o" or digits[0] == "0" else "0") + _PREFIXES.get(base, "") + digits
    if octal_prefix:
        digits = f"0o{digits}"
    sign = "-" if value < 0 else "+" if flags.plus else " " if flags.space else ""
    return flags.pad(sign + digits, zero=False)


def _least_digits(flags: Flags, *, negative: bool) -> int:
    if flags.precision is not None:
        return flags.precision
    if flags.zero and not flags.minus and flags.width is not None:
        return flags.width - (negative or flags.plus or flags.space)
    return 0


def _character(code: int, flags: Flags, verb: str) -> str:
    if verb == "U":
        digits = format(code, "X").rjust(max(flags.precision or 0, 4), "0")
        shown = f" '{chr(code)}'" if flags.sharp and code <= text.MAX_RUNE and is_print(chr(code)) else ""
        return flags.pad(f"U+{digits}{shown}", zero=False)
    character = text.rune(code)
    return flags.pad(quoting.quote(character, "'", ascii_only=flags.plus) if verb == "q" else character)


def real(value: float, flags: Flags, verb: str, bits: int = 64) -> str:
    """Write a floating-point number with one of FLOAT_VERBS."""
    layout = {"v": "g", "F": "f"}.get(verb, verb)
    precision = _DEFAULT_PRECISION.get(layout, -1) if flags.precision is None else flags.precision
    written = format_float(value, layout, precision, bits)
    if written[0] not in "+-":
        written = f"+{written}"
    if flags.space and written[0] == "+" and not flags.plus:
        written = f" {written[1:]}"
    if written[1] in "IN":
        return _special(written, flags)
    if flags.sharp and verb != "b":
        written = _with_point(written, layout, precision)
    if not flags.plus and written[0] == "+":
        return flags.pad(written[1:])
    if flags.zero and not flags.minus and flags.width is not None and flags.width > len(written):
        return written[0] + "0" * (flags.width - len(written)) + written[1:]
    return flags.pad(written)


def _special(written: str, flags: Flags) -> str:
    if written[1] == "N" and not flags.space and not flags.plus:
        written = written[1:]
    return flags.pad(written, zero=False)


def _with_point(written: str, layout: str, precision: int) -> str:
    """Keep the point and trailing zeros: what the sharp flag asks for."""
    wanted = (_SHARP_DIGITS if precision == -1 else precision) if layout in "gGx" else 0
    end = next((at for at, character in enumerate(written) if _ends(character, layout)), len(written))
    number = written[1:end]
    present = len(number.replace(".", "").lstrip("0"))  # an x counts too, and so do the zeros after it
    if "." not in number:
        present += number == "0"
        number += "."
    return f"{written[0]}{number}{'0' * max(wanted - present, 0)}{written[end:]}"


def _ends(character: str, layout: str) -> bool:
    return character in "pP" or (character in "eE" and layout not in "xX")


def complex_number(value: complex, flags: Flags, verb: str, bits: int = 128) -> str:
    """Write a complex number with one of FLOAT_VERBS."""
    first = real(value.real, flags, verb, bits // 2)
    plus, flags.plus = flags.plus, True  # the imaginary part always has a sign
    second = real(value.imag, flags, verb, bits // 2)
    flags.plus = plus
    return f"({first}{second}i)"
