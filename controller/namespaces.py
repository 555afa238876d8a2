"""What the controller knows of namespaces: which are on hold, and which of those that it serves are not there yet."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from controller.hold import HOLD_ANNOTATION
from controller.manifests import namespaces_path
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG: Final = logging.getLogger(__name__)
_PAGE: Final = "500"
_EVERY: Final = 30.0
_BACKOFF: Final = Backoff(first=0.5, cap=30.0)


@dataclass
class Namespaces:
    """The namespaces on hold.

    Attributes:
        on_change: Called with a namespace when a hold on it begins, ends or is another.

    """

    on_change: Callable[[str], object]
    _holds: dict[str, str] = field(default_factory=dict)

    def hold(self, namespace: str) -> str | None:
        """Return the hold annotation of a namespace, if it has one."""
        return self._holds.get(namespace)

    def see(self, namespace: Mapping[str, Any]) -> None:
        """Take in a namespace as it is now."""
        metadata = namespace["metadata"]
        self._set(metadata["name"], (metadata.get("annotations") or {}).get(HOLD_ANNOTATION))

    def forget(self, name: str) -> None:
        """Take in that a namespace is gone."""
        self._set(name, None)

    def _set(self, name: str, hold: str | None) -> None:
        if self._holds.get(name) == hold:
            return
        if hold is None:
            del self._holds[name]
        else:
            self._holds[name] = hold
        self.on_change(name)


class Readable(Protocol):
    """What reading namespaces needs of a client; every call raises `ApiError`."""

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the object at `path`."""

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of the list at `path`, with the metadata of the objects only."""


@dataclass
class NamespaceReader:
    """Reads namespaces at the start, and goes on by itself where they may not be watched.

    Attributes:
        client: The API server.
        namespaces: What is known of them.
        served: The namespaces that are served; None for all.
        may_watch: Whether all namespaces may be listed, which is what watching them takes.
        known: Set once they have been read, or it is clear that they may not be.

    """

    client: Readable
    namespaces: Namespaces
    served: tuple[str, ...] | None
    may_watch: bool = False
    known: asyncio.Event = field(default_factory=asyncio.Event)
    _missing: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)

    async def read(self) -> None:
        """Read them once, trying until the API server answers."""
        failures = 0
        while not self.known.is_set():
            try:
                await self._list()
                self.may_watch = True
                self.known.set()
            except ForbiddenError:
                await self._without_right_to_list()
                self.known.set()
            except ApiError as error:
                failures += 1
                delay = _BACKOFF.delay(failures, random.random, at_least=error.retry_after)
                _LOG.warning("cannot list namespaces: %s; next try in %.1f s", error, delay)
                await asyncio.sleep(delay)

    async def poll(self) -> None:
        """Read those that are served again and again, for ever: what is left where they may not be watched."""
        while True:
            await asyncio.sleep(_EVERY)
            await self._get_each()

    async def _list(self) -> None:
        params = {"limit": _PAGE}
        names: set[str] = set()
        while True:
            page = await self.client.get_metadata(namespaces_path(), params)
            for namespace in page.get("items") or []:
                names.add(namespace["metadata"]["name"])
                self.namespaces.see(namespace)
            if not page["metadata"].get("continue"):
                break
            params["continue"] = page["metadata"]["continue"]
        for name in self.served or ():
            if name not in names:
                self._is_missing(name)

    async def _without_right_to_list(self) -> None:
        if self.served is None:
            _LOG.info("namespaces cannot be held: listing them is not allowed")
            return
        _LOG.info("namespaces cannot be listed: each one that is served is read every %.0f s", _EVERY)
        await self._get_each()

    async def _get_each(self) -> None:
        for name in self.served or ():
            if name in self._refused:
                continue
            try:
                self.namespaces.see(await self.client.get(namespaces_path(name)))
                self._missing.discard(name)
            except NotFoundError:
                self._is_missing(name)
            except ForbiddenError:
                self._refused.add(name)
                _LOG.info("the namespace cannot be held: reading it is not allowed", extra=_about(name))
            except ApiError as error:
                _LOG.debug("cannot read the namespace: %s", error, extra=_about(name))

    def _is_missing(self, name: str) -> None:
        if name not in self._missing:
            self._missing.add(name)
            self.namespaces.forget(name)
            _LOG.warning("the namespace does not exist; it is served when it does", extra=_about(name))


def _about(name: str) -> dict[str, dict[str, str]]:
    return {"fields": {"namespace": name}}
