"""JSON as Go's encoding/json writes and reads it.

Writing keeps its own stack, so a value nested however deep meets no limit of Python's; the caller's budget bounds it.
"""

from __future__ import annotations

import base64
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.fmt.floats import format_float
from sealer.gotemplate.ordering import sorted_items
from sealer.gotemplate.quoting import ESCAPED_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sealer.gotemplate.types import GoType

MAX_NESTING: Final = 200  # Go has 10,000; Python's decoder recurses and shares the stack with the template

# Types that write themselves as a string (`json.Marshaler`), each with what it writes.
MARSHALERS: Final[dict[GoType, Callable[[Any], str]]] = {}

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_PLAIN: Final = re.compile('[\x00-\x1f"\\\\\u2028\u2029\udc80-\udcff]')
_HTML: Final = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\udc80-\udcff]')
_SHORT: Final = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)
_SMALLEST, _LARGEST = 1e-6, 1e21  # outside of these encoding/json writes an exponent, as ECMAScript does


def encode(value: Any, spend: Callable[[int], None], *, escape_html: bool = True, indent: str = "") -> str:
    """Write a value as `json.Marshal`, `json.MarshalIndent` or a `json.Encoder` does, without a newline at the end.

    Args:
        value: A Go value.
        spend: Called with a number of steps for what is written; raises where it is too much.
        escape_html: Whether `<`, `>` and `&` become escapes.
        indent: What one level of indentation is; empty for all on one line.

    Raises:
        FunctionError: JSON has no form for a value in it, or the value is within itself.

    """
    return _Writer(spend, escape_html=escape_html, indent=indent).write(value)


class _Open:
    """A list or an object that is being written."""

    __slots__ = ("close", "count", "identity", "items")

    def __init__(self, items: Iterator[tuple[str | None, Any]], close: str, identity: int) -> None:
        self.items = items
        self.close = close
        self.identity = identity
        self.count = 0


class _Writer:
    def __init__(self, spend: Callable[[int], None], *, escape_html: bool, indent: str) -> None:
        self.spend = spend
        self.escape_html = escape_html
        self.indent = indent
        self.pieces: list[str] = []
        self.open: list[_Open] = []
        self.identities: set[int] = set()

    def write(self, value: Any) -> str:
        self._begin(value)
        while self.open:
            top = self.open[-1]
            for key, item in top.items:
                self._separate(top, key)
                self._begin(item)
                break
            else:
                self._end()
        return "".join(self.pieces)

    def _separate(self, top: _Open, key: str | None) -> None:
        if top.count:
            self.pieces.append(",")
        top.count += 1
        self._newline()
        if key is not None:
            self.pieces.append(quote(key, escape_html=self.escape_html))
            self.pieces.append(": " if self.indent else ":")

    def _newline(self) -> None:
        if self.indent:
            self.pieces.append("\n" + self.indent * len(self.open))

    def _begin(self, value: Any) -> None:
        self.spend(3)
        value = values.indirect(value)
        container = _container(value)
        if container is None:
            written = _scalar(value, escape_html=self.escape_html)
            self.spend(len(written) >> 6)
            self.pieces.append(written)
            return
        if id(value) in self.identities:
            raise FunctionError("json: unsupported value: encountered a cycle")
        self.identities.add(id(value))
        items, marks = container
        self.pieces.append(marks[0])
        self.open.append(_Open(items, marks[1], id(value)))

    def _end(self) -> None:
        done = self.open.pop()
        self.identities.discard(done.identity)
        if done.count:
            self._newline()
        self.pieces.append(done.close)


def _container(value: Any) -> tuple[Iterator[tuple[str | None, Any]], str] | None:
    if values.is_nil(value) or isinstance(value, (str, bytes)):
        return None
    if isinstance(value, dict):
        return _entries(value), "{}"
    if isinstance(value, list):
        return ((None, item) for item in value), "[]"
    if isinstance(value, values.Struct) and value.go_type not in MARSHALERS:
        return ((name, value.field(name)) for name, _ in value.fields), "{}"
    return None


def _entries(mapping: dict[Any, Any]) -> Iterator[tuple[str | None, Any]]:
    found = values.type_of(mapping)
    kind = found.key.kind if found is not None and found.key is not None else ""
    if kind == "string":
        return iter(sorted_items(mapping))
    if kind not in types.INTEGERS:
        raise _unsupported(mapping)
    return iter(sorted((str(int(key)), item) for key, item in mapping.items()))


def _scalar(value: Any, *, escape_html: bool) -> str:
    if values.is_nil(value):
        return "null"
    if type(value) is str:
        return quote(value, escape_html=escape_html)
    marshal = MARSHALERS.get(value.go_type) if isinstance(value, values.GoValue) else None
    if marshal is not None:
        return quote(marshal(value), escape_html=escape_html)
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    return _basic(value, values.kind_of(value), escape_html=escape_html)


def _basic(value: Any, kind: str, *, escape_html: bool) -> str:
    if kind == "string":
        return number(value) if isinstance(value, values.JSONNumber) else quote(value, escape_html=escape_html)
    if kind == "bool":
        return "true" if value else "false"
    if kind in types.INTEGERS:
        return str(int(value))
    if kind in types.FLOATS:
        return real(float(value), 32 if kind == "float32" else 64)
    raise _unsupported(value)


def _unsupported(value: Any) -> FunctionError:
    found = values.type_of(value)
    return FunctionError(f"json: unsupported type: {'nil' if found is None else found.name}")


def real(value: float, bits: int = 64) -> str:
    """Write a floating-point number as encoding/json does.

    Raises:
        FunctionError: It is not finite.

    """
    if not math.isfinite(value):
        raise FunctionError("json: unsupported value: not a finite number")
    if value and not _SMALLEST <= abs(value) < _LARGEST:
        # e-09 becomes e-9; e+09 is not possible here
        return re.sub(r"e-0(\d)$", r"e-\1", format_float(value, "e", -1, bits))
    return format_float(value, "f", -1, bits)


def number(written: str) -> str:
    """Write a `json.Number`: its own text.

    Raises:
        FunctionError: The text is no number of JSON.

    """
    written = str.__str__(written)
    if not written:
        return "0"
    if not _NUMBER.fullmatch(written):
        raise FunctionError("json: invalid number literal")
    return written


def quote(value: str, *, escape_html: bool = True) -> str:
    """Write a string."""
    return f'"{(_HTML if escape_html else _PLAIN).sub(_escape, str.__str__(value))}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return r"\ufffd" if code in ESCAPED_BYTES else f"\\u{code:04x}"


def decode(written: str) -> Any:
    """Read JSON as `json.Unmarshal` does into an `interface{}`: numbers become float64.

    Args:
        written: One JSON document; bytes that are not UTF-8 become U+FFFD.

    Raises:
        FunctionError: It is not JSON, holds a number that float64 has no room for, or is nested too deep.

    """
    source = text.valid(written)
    if source.count("[") + source.count("{") > MAX_NESTING and _nesting(source) > MAX_NESTING:
        raise FunctionError("exceeded max depth")
    try:
        found = json.loads(source, parse_int=_float, parse_float=_float, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        # `from None`: the decoder's error carries the whole document, which may be a secret.
        at_end = error.pos >= len(source.rstrip(" \t\r\n"))
        raise FunctionError("unexpected end of JSON input" if at_end else "invalid character in JSON") from None
    return _without_surrogates(found) if _ESCAPED_SURROGATE.search(source) else found


def _nesting(source: str) -> int:
    depth = deepest = 0
    for mark in _STRUCTURE.finditer(source):
        if mark[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark[0] in "]}":
            depth -= 1
    return deepest


def _float(written: str) -> float:
    found = float(written)
    if math.isinf(found):
        raise FunctionError("json: cannot unmarshal number into Go value of type float64")
    return found


def _refuse(_constant: str) -> NoReturn:
    raise json.JSONDecodeError("NaN and Infinity are not JSON", "", -1)


def _without_surrogates(value: Any) -> Any:
    if type(value) is str:
        return text.from_python(value)  # UTF-8 has no form for an unpaired surrogate
    if type(value) is list:
        return [_without_surrogates(item) for item in value]
    if type(value) is dict:
        return {text.from_python(key): _without_surrogates(item) for key, item in value.items()}
    return value
