"""A collection to list and watch, in memory, with pages, versions, and cuts on demand."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

from sealer.apiserver.errors import ApiError, ExpiredError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

Json = dict[str, Any]


class Watched:
    """What `sealer.apiserver.observe.Watchable` asks of an API server, for one collection.

    Attributes:
        faults: What the next calls raise instead of answering, one each, by ``list`` or ``watch``.
        calls: ``list`` or ``watch`` with the parameters, of every call.
        oldest: Watches that begin before this version are too old.

    """

    def __init__(self) -> None:
        self.stored: dict[str, Json] = {}
        self.version = 100
        self.faults: dict[str, list[ApiError]] = {"list": [], "watch": []}
        self.calls: list[tuple[str, Mapping[str, str]]] = []
        self.oldest = 0
        self._history: list[tuple[int, str, Json]] = []
        self._changed = asyncio.Condition()
        self._cuts = 0

    async def put(self, name: str, namespace: str = "shop", **fields: Any) -> Json:
        """Store an object and tell the watches."""
        self.version += 1
        metadata = {"namespace": namespace, "name": name, "resourceVersion": str(self.version), **fields}
        kind = "MODIFIED" if name in self.stored else "ADDED"
        self.stored[name] = {"metadata": metadata}
        await self._tell(kind, self.stored[name])
        return self.stored[name]

    async def delete(self, name: str) -> None:
        """Delete an object and tell the watches."""
        self.version += 1
        gone = self.stored.pop(name)
        gone["metadata"]["resourceVersion"] = str(self.version)
        await self._tell("DELETED", gone)

    async def bookmark(self) -> None:
        """Tell the watches the newest version."""
        await self._tell("BOOKMARK", {"metadata": {"resourceVersion": str(self.version)}})

    async def cut(self) -> None:
        """End all watches."""
        async with self._changed:
            self._cuts += 1
            self._changed.notify_all()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """Return one page."""
        del path
        params = params or {}
        self.calls.append(("list", params))
        if self.faults["list"]:
            raise self.faults["list"].pop(0)
        begin, size = int(params.get("continue", "0")), int(params["limit"])
        names = sorted(self.stored)
        more = {"continue": str(begin + size)} if begin + size < len(names) else {}
        items = [copy.deepcopy(self.stored[name]) for name in names[begin : begin + size]]
        return {"items": items, "metadata": {"resourceVersion": str(self.version), **more}}

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> Json:
        """Return one page."""
        return await self.get(path, params)

    async def watch(self, path: str, params: Mapping[str, str], *, metadata_only: bool) -> AsyncGenerator[Json, None]:
        """Yield what happens after a version until the watch is cut."""
        del path, metadata_only
        self.calls.append(("watch", params))
        if self.faults["watch"]:
            raise self.faults["watch"].pop(0)
        version, cuts = int(params["resourceVersion"]), self._cuts
        if version < self.oldest:
            raise ExpiredError("too old resource version")
        seen = 0
        while True:
            for at, kind, what in self._history[seen:]:
                seen += 1
                if at > version:
                    yield {"type": kind, "object": copy.deepcopy(what)}
            async with self._changed:
                while len(self._history) == seen and self._cuts == cuts:
                    await self._changed.wait()
            if self._cuts > cuts and len(self._history) == seen:
                return

    async def _tell(self, kind: str, what: Json) -> None:
        async with self._changed:
            self._history.append((self.version, kind, copy.deepcopy(what)))
            self._changed.notify_all()

    def starts(self) -> list[str]:
        """Return the versions at which watches began."""
        return [params["resourceVersion"] for what, params in self.calls if what == "watch"]
