"""List and watch a collection for as long as we live: what kopf does for SealedSecrets, for Secrets.

kopf has one label selector for a kind and takes whole objects. The Secrets that we watch are of two sorts with two
selectors: the key Secrets of our own namespace, and the Secrets that we made, of which the metadata is all that we
want to hold. Semantics: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ExpiredError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

_LOG: Final = logging.getLogger(__name__)
_PAGE: Final = "500"
_BACKOFF: Final = Backoff(first=0.5, cap=30.0)


class Watchable(Protocol):
    """What observing needs of a client; every call raises `ApiError`."""

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return one page of the list at `path`."""

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return one page with the metadata of the objects only."""

    def watch(
        self, path: str, params: Mapping[str, str], *, metadata_only: bool
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the events of one watch until the server ends it."""


@dataclass(frozen=True)
class Collection:
    """What to observe.

    Attributes:
        path: The collection's API path.
        selector: A label selector.
        metadata_only: Whether the objects come with ``metadata`` alone.

    """

    path: str
    selector: str
    metadata_only: bool = False


@dataclass(frozen=True)
class Listed:
    """All objects that there are now; those known before and not among them are gone."""

    objects: list[dict[str, Any]] = field(repr=False)


@dataclass(frozen=True)
class Changed:
    """An object is new, or not as it was."""

    object: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Deleted:
    """An object is gone, or no longer selected; as it was last."""

    object: dict[str, Any] = field(repr=False)


async def observe(client: Watchable, collection: Collection) -> AsyncIterator[Listed | Changed | Deleted]:
    """Yield what is there, then what changes, for ever: errors are logged, waited out and healed by a new list."""
    failures = 0
    while True:
        try:
            objects, version = await _list(client, collection)
            yield Listed(objects)
            failures = 0
            async for event in _watch(client, collection, version):
                yield event
        except ExpiredError:
            _LOG.debug("the watch on %s is too old; listing again", collection.path)
        except ApiError as error:
            failures += 1
            delay = _BACKOFF.delay(failures, random.random, at_least=error.retry_after)
            _LOG.warning("cannot watch %s: %s; next try in %.1f s", collection.path, error, delay)
            await asyncio.sleep(delay)


async def _list(client: Watchable, collection: Collection) -> tuple[list[dict[str, Any]], str]:
    """Return all objects, page by page, and the resourceVersion to watch from."""
    read = client.get_metadata if collection.metadata_only else client.get
    params = {"labelSelector": collection.selector, "limit": _PAGE}
    objects: list[dict[str, Any]] = []
    while True:
        page = await read(collection.path, params)
        objects += page.get("items") or []
        metadata = page["metadata"]
        if not metadata.get("continue"):
            return objects, str(metadata["resourceVersion"])
        params["continue"] = metadata["continue"]


async def _watch(client: Watchable, collection: Collection, version: str) -> AsyncIterator[Changed | Deleted]:
    """Yield changes, beginning the watch again where it ended, until it is refused."""
    while True:
        params = {
            "labelSelector": collection.selector,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            # Five to ten minutes, at random, so that the watches of many controllers do not end together.
            "timeoutSeconds": str(random.randint(300, 600)),  # noqa: S311 - no secret, only spread
        }
        async with aclosing(client.watch(collection.path, params, metadata_only=collection.metadata_only)) as events:
            async for event in events:
                if event["type"] == "ERROR":
                    raise _error_in(event["object"])
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] in {"ADDED", "MODIFIED"}:
                    yield Changed(event["object"])
                elif event["type"] == "DELETED":
                    yield Deleted(event["object"])


def _error_in(status: Mapping[str, Any]) -> ApiError:
    gone = 410
    message = str(status.get("message") or "the watch ended with an error")
    return ExpiredError(message) if status.get("code") == gone else ApiError(message)
