"""Who may write: the seam between the controller and the election.

Reading needs no permission, so that a standby's view of the cluster stays warm. Each write asks first, and ends when
its permission does: a leader that lost the Lease while a request was on its way must not be still writing when the next
one begins.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sealer.apiserver.errors import ApiError
from sealer.apiserver.lease import Always, Leadership

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from sealer.apiserver.client import Objects


class NotLeadingError(ApiError):
    """It is not for us to write, or no longer."""


__all__ = ["ALONE", "Fenced", "Leadership", "NotLeadingError"]

ALONE: Final = Always()


@dataclass(frozen=True)
class Fenced:
    """`Objects` that are written only while we lead; every write may raise `NotLeadingError`.

    Attributes:
        objects: The API server.
        leadership: Whether we lead.

    """

    objects: Objects
    leadership: Leadership

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """See `Objects`."""
        return await self.objects.get(path, params)

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        async with self._term():
            return await self.objects.create(path, body)

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        async with self._term():
            return await self.objects.replace(path, body)

    async def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        async with self._term():
            return await self.objects.merge(path, body)

    async def delete(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        async with self._term():
            return await self.objects.delete(path, body)

    def _term(self) -> _Term:
        return _Term(self.leadership)


class _Term:
    """Bounds one write by the time for which we lead."""

    def __init__(self, leadership: Leadership) -> None:
        self._leadership = leadership

    async def __aenter__(self) -> None:
        if not self._leadership.is_leader():
            raise NotLeadingError("another replica leads")
        remaining = self._leadership.remaining()
        self._timeout = asyncio.timeout(None if remaining == math.inf else remaining)
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            # The write may have been done. Whoever leads next looks at what is there and not at what we remember.
            raise NotLeadingError("the leadership ended during a write") from None
