"""A `SecretReader` that holds what it gives out, and counts what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sealer.errors import ServiceError
from sealer.gotemplate.consul import SecretResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass
class MemoryReader:
    """Secrets by path, answers to writes by path, names by path."""

    secrets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: dict[str, SecretResponse | None] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[Mapping[str, str]] = field(default_factory=list)

    def read(self, path: str, parameters: Sequence[tuple[str, str]]) -> SecretResponse:
        asked = path + "".join(f"?{name}={value}" for name, value in parameters)
        self.asked.append(asked)
        if asked not in self.secrets:
            raise ServiceError(f"no secret exists at {asked}")
        return SecretResponse(data=self.secrets[asked])

    def write(self, path: str, data: Mapping[str, str]) -> SecretResponse | None:
        self.asked.append(path)
        self.sent.append(data)
        return self.answers[path]

    def list(self, path: str) -> Sequence[str]:
        self.asked.append(f"{path}/")
        return self.names.get(path, [])
