"""Import a library without the libraries that it names and we do not use."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def deferred(package: str, *submodules: str, annotated: frozenset[str] = frozenset()) -> Iterator[None]:
    """Let what is imported in the block have a stand-in for `package`, which is loaded when it is first used.

    Safe because a stand-in is not a substitute: whatever is asked of it, but for the names that stand in annotations,
    is answered by the real package. Nothing is deferred where the package is loaded already.

    Args:
        package: A package, or a part of one.
        submodules: Those of its modules that the block imports by name, such as ``exceptions``.
        annotated: Names that the block only mentions in annotations of functions.

    """
    if package in sys.modules:
        yield
        return
    stand_ins = {name: _StandIn(name, annotated) for name in (package, *(f"{package}.{name}" for name in submodules))}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        _remove(stand_ins)


def _remove(stand_ins: Mapping[str, ModuleType]) -> None:
    for name, stand_in in stand_ins.items():
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


class _StandIn(ModuleType):
    """A module that becomes the real one when something is asked of it."""

    def __init__(self, name: str, annotated: frozenset[str]) -> None:
        super().__init__(name)
        self._annotated = annotated

    def __getattr__(self, name: str) -> Any:
        # Reached only for names that a bare module lacks.
        if name in self._annotated:
            return Any
        _remove({key: found for key, found in sys.modules.items() if isinstance(found, _StandIn)})
        return getattr(import_module(self.__name__), name)
