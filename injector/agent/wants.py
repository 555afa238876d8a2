"""What the files of a configuration are made of: secrets to read, write or list, certificates, files (pure values).

Two that are equal are asked for once, however many templates want them. The template engine has such values of its own;
these are here so that a configuration without templates does not load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A secret, by its path as people write it, and the parameters of the query."""

    path: str
    parameters: Pairs = ()

    def __str__(self) -> str:
        return self.path + "".join(f"?version={value}" for name, value in self.parameters if name == "version")


@dataclass(frozen=True, slots=True)
class Write:
    """The answer to a write; `data` may hold secrets."""

    path: str
    data: Pairs = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Names:
    """The names below a path."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Issue:
    """A certificate with its key; the template's own file holds it between two runs."""

    path: str
    data: Pairs = field(default=(), repr=False)
    destination: str = ""

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file in the agent's container."""

    path: str

    def __str__(self) -> str:
        return f"file({self.path})"


Want: TypeAlias = Read | Write | Names | Issue | LocalFile
