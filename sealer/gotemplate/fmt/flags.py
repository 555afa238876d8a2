"""What stands between `%` and the verb, and padding by it (package fmt, "Printing")."""

from __future__ import annotations

from dataclasses import dataclass

from sealer.gotemplate import quoting


@dataclass(slots=True)
class Flags:
    """Flags, width and precision of one verb.

    Attributes:
        minus: Pad on the right.
        plus: Always a sign; ASCII only for `%q`.
        sharp: Alternate form.
        space: A space for a sign left out; spaces between bytes in hexadecimal.
        zero: Pad with zeros.
        plus_v: The verb is `%+v`.
        sharp_v: The verb is `%#v`.
        width: Least number of characters; None where it is not given.
        precision: None where it is not given.

    """

    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    plus_v: bool = False
    sharp_v: bool = False
    width: int | None = None
    precision: int | None = None

    def pad(self, written: str, *, zero: bool | None = None) -> str:
        """Pad to the width.

        Args:
            written: What is padded; one character is one column.
            zero: Whether zeros may be used; what the flag says where None.

        """
        if not self.width:
            return written
        zero = self.zero if zero is None else zero
        if self.minus:
            return written.ljust(self.width)
        return written.rjust(self.width, "0" if zero else " ")

    def padding(self, count: int) -> str:
        """So many characters of padding."""
        return ("0" if self.zero and not self.minus else " ") * count

    def truncate(self, written: str) -> str:
        """Cut to the precision, in characters."""
        return written if self.precision is None else written[: self.precision]


def quoted(value: str, flags: Flags) -> str:
    """`%q` of a string."""
    value = flags.truncate(value)
    if flags.sharp and quoting.can_backquote(value):
        return flags.pad(f"`{value}`")
    return flags.pad(quoting.quote(value, ascii_only=flags.plus))


def hexadecimal(data: bytes, flags: Flags, *, upper: bool) -> str:
    """`%x` or `%X` of the bytes of a string or slice."""
    data = data if flags.precision is None else data[: flags.precision]
    if not data:
        return flags.padding(flags.width or 0)
    digits, prefix = ("%02X", "0X") if upper else ("%02x", "0x")
    prefix = prefix if flags.sharp else ""
    separator = f" {prefix}" if flags.space else ""
    written = prefix + separator.join(digits % byte for byte in data)
    missing = flags.padding((flags.width or 0) - len(written))
    return written + missing if flags.minus else missing + written
