"""Functions that make values of many Go types, and that take them, as tests/gotemplate/oracle/values.go does."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sealer.gotemplate import FunctionError, Registry, fmt, ordering, text, types, values
from sealer.gotemplate.functions import Function
from sealer.gotemplate.signature import parse_signature

VALUES: Final = Registry()
_METHODS: Final = Registry()


class Sample(values.Struct):
    __slots__ = ("Any", "Count", "List", "Name", "hidden")
    go_type = types.named("main.Sample", "struct")
    fields: ClassVar = (
        ("Name", types.STRING),
        ("Count", types.INT),
        ("Any", types.ANY),
        ("List", types.STRINGS),
        ("hidden", types.STRING),
    )

    def __init__(self, name: str, count: int, items: Any = None) -> None:
        self.Name = name
        self.Count = count
        self.Any = None
        self.List = items
        self.hidden = "no"


@_METHODS.add("Greet", "func(string) string")
def greet(self: Sample, who: str) -> str:
    return f"hello {who} from {self.Name}"


@_METHODS.add("Sum", "func(...int) int")
def method_sum(self: Sample, *numbers: int) -> int:
    return self.Count + sum(numbers)


@_METHODS.add("Fail", "func() (string, error)")
def method_fail(_self: Sample) -> str:
    raise FunctionError("sample failed")


Sample.go_type.define(methods=_METHODS)


class Level(values.GoValue, int):
    go_type = types.named("main.Level", "int")


Level.go_type.define(text=lambda level: f"level-{int(level)}")

_KINDS: Final = {**types.BASIC_TYPES, "level": Level.go_type}


@VALUES.add("as", "func(string, any) (any, error)")
def as_(kind: str, value: Any) -> Any:
    if kind not in _KINDS or _KINDS[kind].kind in types.COMPLEX | {"bool", "string"} or type(value) not in {int, float}:
        raise FunctionError("cannot convert")
    wanted = _KINDS[kind]
    if wanted.kind == "float32":
        return values.single(float(value))
    if wanted.kind == "float64":
        return float(value)
    return Level(value) if kind == "level" else values.integer(int(value), wanted)


_NILS: Final = {
    "[]string": types.STRINGS,
    "[]any": types.ANYS,
    "map[string]string": types.STRING_MAP,
    "map[string]any": types.ANY_MAP,
    "[]byte": types.BYTES,
    "*Sample": types.pointer_to(Sample.go_type),
    "*int": types.pointer_to(types.INT),
}


@VALUES.add("nilOf", "func(string) any")
def nil_of(kind: str) -> Any:
    return values.nil_of(_NILS[kind]) if kind in _NILS else None


@VALUES.add("strs", "func(...string) []string")
@VALUES.add("anys", "func(...any) []any")
@VALUES.add("ints", "func(...int) []int")
@VALUES.add("floats", "func(...float64) []float64")
@VALUES.add("nested", "func(...[]string) [][]string")
def items_(*items: Any) -> Any:
    return list(items)


@VALUES.add("texts", "func(...string) map[string]string")
def texts(*flat: str) -> Any:
    return dict(zip(flat[::2], flat[1::2], strict=False))


@VALUES.add("integers", "func(...any) map[int]string")
def integers(*flat: Any) -> Any:
    pairs = zip(flat[::2], flat[1::2], strict=False)
    return {key: value for key, value in pairs if type(key) is int and type(value) is str}


@VALUES.add("bools", "func() map[bool]int")
def bools() -> Any:
    return {True: 1, False: 0}


@VALUES.add("reals", "func() map[float64]string")
def reals() -> Any:
    return {2.5: "b", -1.0: "a", 10.0: "c"}


@VALUES.add("mixed", "func() map[any]any")
def mixed() -> Any:
    return {"k": 1, 2: "two"}


@VALUES.add("bytes", "func(string) []byte")
def bytes_(value: str) -> bytes:
    return text.encode(value)


@VALUES.add("raw", "func(...int) string")
def raw(*numbers: int) -> str:
    return text.decode(bytes(number & 255 for number in numbers))


@VALUES.add("pointer", "func(any) any")
def pointer(value: Any) -> Any:
    return None if value is None else values.Pointer(value)


@VALUES.add("sample", "func(string, int) main.Sample")
def sample(name: str, count: int) -> Sample:
    return Sample(name, count, values.strings(["a", "b"]))


@VALUES.add("samplePointer", "func(string, int) *main.Sample")
def sample_pointer(name: str, count: int) -> values.Pointer:
    return values.Pointer(sample(name, count))


@VALUES.add("number", "func(string) json.Number")
def number(value: str) -> values.JSONNumber:
    return values.JSONNumber(value)


@VALUES.add("failure", "func(string) any")
def failure(message: str) -> Any:
    return values.GoError(message)


@VALUES.add("fail", "func(string) (string, error)")
def fail(message: str) -> str:
    raise FunctionError(message)


@VALUES.add("counted", "func(int64) <-chan int64")
def counted(n: int) -> values.Channel:
    if n < 0:
        raise FunctionError("makechan: size out of range")
    return values.Channel(map(values.Int64, range(n)), types.INT64)


@VALUES.add("nothing", "func() any")
def nothing() -> None:
    return None


@VALUES.add("identity", "func(any) any")
def identity(value: Any) -> Any:
    return value


@VALUES.add("upper", "func(string) string")
def upper(value: str) -> str:
    return text.valid(value).upper()


@VALUES.add("joined", "func(string, ...string) string")
def joined(separator: str, *items: str) -> str:
    return separator.join(items)


@VALUES.add("total", "func(...int) int")
def total(*numbers: int) -> int:
    return sum(numbers)


@VALUES.add("callable", "func(string) any")
def callable_(name: str) -> Any:
    return _CALLABLE.get(name)


def _two(value: str, count: int) -> str:
    return fmt.sprint((value, values.Int64(count)))


def _failing() -> str:
    raise FunctionError("callable failed")


_CALLABLE: Final = {
    name: Function(name, parse_signature(signature), call)
    for name, signature, call in (
        ("upper", "func(string) string", upper),
        ("total", "func(...int) int", total),
        ("two", "func(string, int64) (string, error)", _two),
        ("fail", "func() (string, error)", _failing),
    )
}

_TAKING: Final = (
    ("takeInt", "int", "int %d"),
    ("takeInt8", "int8", "int8 %d"),
    ("takeInt64", "int64", "int64 %d"),
    ("takeUint8", "uint8", "uint8 %d"),
    ("takeUint", "uint", "uint %d"),
    ("takeFloat", "float64", "float64 %g"),
    ("takeSingle", "float32", "float32 %g"),
    ("takeComplex", "complex128", "complex128 %g"),
    ("takeBool", "bool", "bool %t"),
    ("takeText", "string", "string %s"),
    ("takeMap", "map[string]any", "map %v"),
    ("takeTexts", "map[string]string", "texts %v"),
    ("takeList", "[]any", "list %v"),
    ("takeBytes", "[]byte", "bytes %x"),
    ("takeAny", "any", "any %T"),
)
for _name, _parameter, _format in _TAKING:
    VALUES.add(_name, f"func({_parameter}) string")(lambda value, written=_format: fmt.sprintf(written, (value,)))


@VALUES.add("takeStrs", "func([]string) string")
def take_strs(value: Any) -> str:
    return fmt.sprintf("strs %v %t", (value, values.is_nil(value)))


@VALUES.add("takeError", "func(error) string")
def take_error(_value: Any) -> str:
    return "error"


@VALUES.add("takeSample", "func(main.Sample) string")
def take_sample(value: Sample) -> str:
    return f"sample {value.Name}"


@VALUES.add("takeTwo", "func(string, int) string")
def take_two(first: str, second: int) -> str:
    return f"two {first} {second}"


@VALUES.add("takeMany", "func(string, ...int) string")
def take_many(first: str, *rest: int) -> str:
    return f"many {first} [{' '.join(map(str, rest))}]"


@VALUES.add("typeOf", "func(any) string")
def type_of(value: Any) -> str:
    return fmt.sprintf("%T", (value,))


@VALUES.add("kindOf", "func(any) string")
def kind_of(value: Any) -> str:
    return values.kind_of(value)


@VALUES.add("deepEqual", "func(any, any) bool")
def deep_equal(one: Any, other: Any) -> bool:
    return ordering.deep_equal(one, other)


# Only the oracle can tell; tests compare its answer with sealer.gotemplate.characters.
@VALUES.add("printable", "letter", "digit", "func() string")
def characters() -> str:
    return ""
