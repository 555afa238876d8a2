"""Print values as Go's fmt does, nested ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sealer.gotemplate import text, types
from sealer.gotemplate.fmt import numbers
from sealer.gotemplate.fmt.flags import Flags, hexadecimal, quoted
from sealer.gotemplate.ordering import sorted_items
from sealer.gotemplate.values import Map, Pointer, Slice, Struct, elements, is_nil, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.gotemplate.types import GoType

NIL: Final = "<nil>"
# Go prints an address; a value of ours has none that would say anything, and one that changes with each run at that.
ADDRESS: Final = 0xC000000000
_TEXT_VERBS: Final = frozenset("vsxXq")
_BYTE_VERBS: Final = frozenset("sqxX")
_POINTER_VERBS: Final = frozenset("bodxX")


class Printer:
    """Output that grows, and the flags of the verb at hand.

    Args:
        check: Called with the size in bytes from time to time; raises where it is too large.

    """

    def __init__(self, check: Callable[[int], None] | None = None) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.flags = Flags()
        self.erroring = False
        self._check = check
        self._check_at = 4096

    def write(self, piece: str) -> None:
        """Add to the output."""
        self.pieces.append(piece)
        self.size += len(piece)
        if self.size > self._check_at and self._check is not None:
            self._check(self.size)
            self._check_at = self.size + 4096

    def reserve(self, count: int) -> None:
        """Make sure that so many characters may be added, before they are made."""
        if self._check is not None and self.size + count > self._check_at:
            self._check(self.size + count)

    def result(self) -> str:
        """All output."""
        return text.canonical("".join(self.pieces))

    def print(self, value: Any, verb: str) -> None:
        """Print an operand: a plain value, None for nil."""
        if type(value) is str:
            self._string(value, verb, types.STRING)
        elif value is None:
            if verb in "Tv":
                self.write(self.flags.pad(NIL))
            else:
                self.bad_verb(verb, None)
        elif verb == "T":
            self._plain(_known(value).name)
        elif verb == "p":
            self._pointer(value, verb)
        elif type_of(value) is types.BYTES or not self._by_method(value, verb):
            self.value(value, verb, 0)

    def bad_verb(self, verb: str, value: Any) -> None:
        """Print what Go prints for a verb that does not fit the operand."""
        self.erroring = True
        self.write(f"%!{verb}(")
        if value is None:
            self.write(NIL)
        else:
            self.write(f"{_known(value).name}=")
            self.value(value, "v", 0)
        self.write(")")
        self.erroring = False

    def value(self, value: Any, verb: str, depth: int) -> None:
        """Print a value that is not nil, without regard to its methods at depth 0."""
        if depth > 0 and self._by_method(value, verb):
            return
        found = _known(value)
        self._BY_KIND[found.kind](self, value, verb, depth, found)

    def element(self, value: Any, elem: GoType, verb: str, depth: int) -> None:
        """Print what a container holds; its element type decides how nil looks."""
        if value is None:
            self.write(f"{elem.name}(nil)" if self.flags.sharp_v else NIL)
        else:
            self.value(value, verb, depth + (elem.kind == "interface"))

    def _plain(self, written: str) -> None:
        self.write(self.flags.pad(self.flags.truncate(written)))

    def _by_method(self, value: Any, verb: str) -> bool:
        """Print by the value's own `Error` or `String` where the verb takes text; whether that was done."""
        if verb == "w" and not self.erroring:
            self.bad_verb(verb, value)
            return True
        if self.erroring or self.flags.sharp_v or verb not in _TEXT_VERBS:
            return False
        found = _known(value)
        method = found.text
        if method is None and found.kind == "ptr" and found.elem is not None:
            method, value = found.elem.text, value.target
            if method is not None and value is None:
                self.write(NIL)
                return True
        if method is None:
            return False
        self._string(method(value), verb, found)
        return True

    def _string(self, value: str, verb: str, found: GoType) -> None:
        flags = self.flags
        if verb == "s" or (verb == "v" and not flags.sharp_v):
            if flags.width is None and flags.precision is None:
                self.write(value)
            else:
                self._plain(value)
        elif verb in "vq":
            self.write(quoted(value, flags))
        elif verb in "xX":
            self.reserve(6 * len(value))
            self.write(hexadecimal(text.encode(value), flags, upper=verb == "X"))
        elif verb == "T":
            self._plain(found.name)
        else:
            self.bad_verb(verb, value)

    def _text(self, value: str, verb: str, _depth: int, found: GoType) -> None:
        self._string(str.__str__(value), verb, found) if verb in _TEXT_VERBS else self.bad_verb(verb, value)

    def _boolean(self, value: bool, verb: str, _depth: int, _found: GoType) -> None:
        if verb in "tv":
            self.write(self.flags.pad("true" if value else "false"))
        else:
            self.bad_verb(verb, value)

    def _integer(self, value: int, verb: str, _depth: int, found: GoType) -> None:
        if verb == "v" and self.flags.sharp_v and found.kind in types.UNSIGNED:
            self.write(numbers.whole(int(value), self.flags, "x", sharp=True))
        elif verb in numbers.INTEGER_VERBS:
            self.write(numbers.integer(int(value), self.flags, verb))
        else:
            self.bad_verb(verb, value)

    def _real(self, value: float, verb: str, _depth: int, found: GoType) -> None:
        if verb in numbers.FLOAT_VERBS:
            self.write(numbers.real(float(value), self.flags, verb, 32 if found.kind == "float32" else 64))
        else:
            self.bad_verb(verb, value)

    def _complex(self, value: complex, verb: str, _depth: int, found: GoType) -> None:
        if verb in numbers.FLOAT_VERBS:
            bits = 64 if found.kind == "complex64" else 128
            self.write(numbers.complex_number(complex(value), self.flags, verb, bits))
        else:
            self.bad_verb(verb, value)

    def _map(self, value: Mapping[Any, Any], verb: str, depth: int, found: GoType) -> None:
        if self._opened(value, found.name, "map["):
            return
        sharp = self.flags.sharp_v
        key_type = found.key or types.STRING
        for at, (key, item) in enumerate(sorted_items(value)):
            if at:
                self.write(", " if sharp else " ")
            self.element(key, key_type, verb, depth + 1)
            self.write(":")
            self.element(item, found.element, verb, depth + 1)
        self.write("}" if sharp else "]")

    def _opened(self, value: Any, name: str, opening: str) -> bool:
        """Begin a container; whether that was all of it."""
        if not self.flags.sharp_v:
            self.write(opening)
            return False
        self.write(name)
        empty = isinstance(value, (Slice, Map)) and value.is_nil
        self.write("(nil)" if empty else "{")
        return empty

    def _slice(self, value: Any, verb: str, depth: int, found: GoType) -> None:
        if found.element.kind == "uint8" and verb in _BYTE_VERBS:
            self._bytes(bytes(value), verb)
            return
        name = "[]byte" if depth == 0 and found is types.BYTES and verb in "vd" else found.name
        if self._opened(value, name, "["):
            return
        separator = ", " if self.flags.sharp_v else " "
        for at, item in enumerate(elements(value)):
            if at:
                self.write(separator)
            self.element(item, found.element, verb, depth + 1)
        self.write("}" if self.flags.sharp_v else "]")

    def _bytes(self, value: bytes, verb: str) -> None:
        if verb == "s":
            self._plain(text.decode(value))
        elif verb == "q":
            self.write(quoted(text.decode(value), self.flags))
        else:
            self.write(hexadecimal(value, self.flags, upper=verb == "X"))

    def _struct(self, value: Struct, verb: str, depth: int, found: GoType) -> None:
        flags = self.flags
        self.write(f"{found.name}{{" if flags.sharp_v else "{")
        for at, (name, field_type) in enumerate(value.fields):
            if at:
                self.write(", " if flags.sharp_v else " ")
            if flags.plus_v or flags.sharp_v:
                self.write(f"{name}:")
            self.element(value.field(name), field_type, verb, depth + 1)
        self.write("}")

    def _pointer_to(self, value: Pointer, verb: str, depth: int, _found: GoType) -> None:
        target = _known(value.target).kind if value.target is not None else ""
        if depth == 0 and target in {"array", "slice", "struct", "map"}:
            self.write("&")
            self.value(value.target, verb, depth + 1)
        else:
            self._pointer(value, verb)

    def _pointer(self, value: Any, verb: str, _depth: int = 0, _found: GoType | None = None) -> None:
        found = _known(value)
        address = 0 if is_nil(value) else ADDRESS
        if found.kind not in {"chan", "func", "map", "ptr", "slice"}:
            self.bad_verb(verb, value)
        elif verb == "v" and self.flags.sharp_v:
            shown = numbers.whole(address, self.flags, "x", sharp=True) if address else "nil"
            self.write(f"({found.name})({shown})")
        elif verb == "v" and not address:
            self.write(self.flags.pad(NIL))
        elif verb in "vp":
            self.write(numbers.whole(address, self.flags, "x", sharp=not self.flags.sharp))
        elif verb in _POINTER_VERBS:
            self.write(numbers.integer(address, self.flags, verb))
        else:
            self.bad_verb(verb, value)

    _BY_KIND: ClassVar[Mapping[str, Callable[[Printer, Any, str, int, GoType], None]]] = {
        **dict.fromkeys(types.INTEGERS, _integer),
        **dict.fromkeys(types.FLOATS, _real),
        **dict.fromkeys(types.COMPLEX, _complex),
        "bool": _boolean,
        "string": _text,
        "map": _map,
        "slice": _slice,
        "array": _slice,
        "struct": _struct,
        "ptr": _pointer_to,
        "chan": _pointer,
        "func": _pointer,
    }


def _known(value: Any) -> GoType:
    found = type_of(value)
    assert found is not None  # noqa: S101 - callers have dealt with nil
    return found
