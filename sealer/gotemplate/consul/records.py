"""Structs of Go that hold plain fields."""

from __future__ import annotations

from typing import Any, Self

from sealer.gotemplate import values


class Record(values.Struct):
    """A struct whose fields are given by name; those left out have the zero value of their type.

    Args:
        **content: Values of fields.

    """

    __slots__ = ("_content",)

    def __init__(self, **content: Any) -> None:
        self._content = {name: content.get(name, values.zero_of(kind)) for name, kind in self.fields}

    def field(self, name: str) -> Any:
        """Value of a listed field."""
        return self._content[name]

    def replaced(self, **content: Any) -> Self:
        """A copy with other values in some fields."""
        return type(self)(**(self._content | content))
