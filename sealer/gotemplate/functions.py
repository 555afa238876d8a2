"""Functions that templates may call: each states its Go signature, and a registry holds them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from sealer.gotemplate import text, types, values
from sealer.gotemplate.signature import Signature, parse_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sealer.gotemplate.types import GoType

Implementation = TypeVar("Implementation", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Function(values.GoValue):
    """A function of Go, written in Python; as a value it is what `call` takes.

    Attributes:
        name: What templates call it.
        signature: Its parameters and result.
        call: The Python function. It gets plain values, a `reflect.Value` as the evaluator holds it.
        context: Whether its first argument is the Context of the rendering.

    """

    name: str
    signature: Signature
    call: Callable[..., Any] = field(repr=False)
    context: bool = False

    @property
    def go_type(self) -> GoType:  # type: ignore[override] # of the instance: each signature is a type
        """The function's own type."""
        return self.signature.go_type


class Registry(Mapping[str, Function]):
    """Functions by name. Those that `join`, `without` and `prefixed` return cannot be added to."""

    def __init__(self, functions: Mapping[str, Function] | None = None) -> None:
        self._functions: dict[str, Function] = dict(functions or {})
        self._frozen = functions is not None

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def add(self, *names_and_signature: str, context: bool = False) -> Callable[[Implementation], Implementation]:
        """Decorator: add a function.

        Args:
            *names_and_signature: One or more names, and then the signature in Go's notation.
            context: Whether the function gets the Context of the rendering as its first argument.

        Raises:
            ValueError: The signature is none, or the registry is frozen.

        """
        *names, signature_text = names_and_signature
        if self._frozen or not names:
            raise ValueError("a joined registry cannot be added to" if self._frozen else "a function needs a name")
        signature = parse_signature(signature_text)

        def register(implementation: Implementation) -> Implementation:
            for name in names:
                self._functions[name] = Function(name, signature, implementation, context)
            return implementation

        return register

    @staticmethod
    def join(*registries: Registry) -> Registry:
        """All functions of several registries; of two with one name the later counts."""
        joined: dict[str, Function] = {}
        for registry in registries:
            joined |= registry
        return Registry(MappingProxyType(joined))

    def without(self, *names: str) -> Registry:
        """All functions but those named."""
        return Registry({name: found for name, found in self._functions.items() if name not in names})

    def prefixed(self, prefix: str) -> Registry:
        """All functions, each under its name with a prefix."""
        return Registry({f"{prefix}{name}": found for name, found in self._functions.items()})


def wrap(result: Any, go_type: GoType) -> Any:
    """Turn what a Python function returned into a value of its declared type.

    Args:
        result: Plain Python: an int for any integer type, a list for any slice, a dict for any map, None for any nil.
        go_type: The declared type, not `reflect.Value`.

    """
    if go_type is types.STRING:
        return result if result.isascii() else text.canonical(result)
    kind = go_type.kind
    if kind in types.INTEGERS:
        has_type = type(result) is not int and values.type_of(result) is go_type
        return result if has_type else values.integer(result, go_type)
    if result is None:
        return values.nil_of(go_type)
    if type(result) is list and kind == "slice" and go_type is not types.ANYS:
        return values.Slice(result, go_type)
    if type(result) is dict and kind == "map" and go_type is not types.ANY_MAP:
        return values.Map(result, go_type)
    return result
