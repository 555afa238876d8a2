"""What keeping the serving certificate needs of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Objects(Protocol):
    """The verbs that it needs of an API server; every one raises `ApiError`."""

    async def get(self, path: str) -> dict[str, Any]:
        """Return the object at `path`."""

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create `body` in the collection at `path`; return it as stored."""

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put `body`, with its resourceVersion, at `path`; return it as stored."""

    async def patch(self, path: str, operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Apply a JSON Patch (RFC 6902) to the object at `path`; return it as stored."""


class Served(Protocol):
    """What serves: new connections get the certificate taken last."""

    def take(self, certificate: bytes, key: bytes) -> None:
        """Serve with a certificate and its key, PEM, from the next connection on."""
