"""List and watch a collection for as long as we live.

A list comes page by page, the next one fetched while the last is worked on, so that ten thousand objects are never in
memory at once; the watch begins at the list's resourceVersion, so that nothing falls in between. What breaks is healed
in the cheapest way: a watch that was cut goes on where it was, and only one that is too old (410 Gone) lists again.
Semantics: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ExpiredError, ThrottledError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

_LOG: Final = logging.getLogger(__name__)
_BACKOFF: Final = Backoff(first=0.5, cap=30.0)
# A watch that was alive and is cut is begun again soon: what changes meanwhile waits for it.
_RESUMED: Final = Backoff(first=0.1, cap=10.0)
_LIVED: Final = 1.0


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
        selector: A label selector; empty for all.
        metadata_only: Whether changes come with ``metadata`` alone.
        list_whole: Whether the list has whole objects all the same.
        page: Objects a page.
        relist: Seconds after which all is listed again although nothing broke; up to a quarter less, by
            chance, so that replicas do not list together. None for never.
        field_selector: A field selector; empty for all.

    """

    path: str
    selector: str
    metadata_only: bool = False
    list_whole: bool = False
    page: int = 250
    relist: float | None = None
    field_selector: str = ""


@dataclass(frozen=True)
class Page:
    """Some of the objects that there are now."""

    objects: list[dict[str, Any]] = field(repr=False)


@dataclass(frozen=True)
class Complete:
    """The pages are complete: of objects known before, those not among them are gone.

    Attributes:
        names: Namespace (empty for what has none) and name of every object that there is.

    """

    names: frozenset[tuple[str, str]]


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
    """Yield all that is there, then what changes, for ever; for collections that are small."""
    objects: list[dict[str, Any]] = []
    async with aclosing(stream(client, collection)) as seen:
        async for part in seen:
            match part:
                case Page(page):
                    objects += page
                case Complete():
                    # A list that broke off leaves pages behind that its successor brings anew: the last one counts.
                    unique = {_name_of(one): one for one in objects}
                    objects = []
                    yield Listed([one for name, one in unique.items() if name in part.names])
                case Changed() | Deleted():
                    yield part


async def stream(
    client: Watchable, collection: Collection, *, on_failure: Callable[[ApiError], object] | None = None
) -> AsyncGenerator[Page | Complete | Changed | Deleted, None]:
    """Yield what is there, page by page and then `Complete`, and then what changes, for ever.

    Errors are logged, waited out and healed by a new list, which begins with its first page again.

    Args:
        client: The API server.
        collection: What to observe.
        on_failure: Called with each error before it is waited out.

    """
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        began: float | None = None
        try:
            version = ""
            async with aclosing(_list(client, collection)) as parts:
                async for part in parts:
                    if isinstance(part, str):
                        version = part
                    else:
                        yield part
            began = loop.time()
            async with aclosing(_watch(client, collection, version)) as events:
                async for event in events:
                    failures = 0
                    yield event
        except ApiError as error:
            # A list that works is no success: where only the watch is refused, all would be listed twice a second.
            failures = 1 if began is not None and loop.time() - began >= _LIVED else failures + 1
            # The first 410 after a watch that worked is ordinary; more of them are not.
            if isinstance(error, ExpiredError) and failures == 1:
                _LOG.debug("the watch on %s is too old; listing again", collection.path)
                continue
            if on_failure is not None:
                on_failure(error)
            await _wait(_BACKOFF, failures, error, f"cannot watch {collection.path}")


async def _list(client: Watchable, collection: Collection) -> AsyncGenerator[Page | Complete | str, None]:
    """Yield the pages, `Complete`, and the resourceVersion to watch from."""
    read = client.get_metadata if collection.metadata_only and not collection.list_whole else client.get
    params = _selected(collection) | {"limit": str(collection.page)}
    names: set[tuple[str, str]] = set()
    fetching = asyncio.ensure_future(read(collection.path, params))
    try:
        while True:
            page = await fetching
            objects, metadata = page.get("items") or [], page["metadata"]
            del page
            more = metadata.get("continue")
            if more:
                fetching = asyncio.ensure_future(read(collection.path, {**params, "continue": more}))
            names.update(map(_name_of, objects))
            yield Page(objects)
            # What is fetched meanwhile must not be in memory beside what nobody needs any more.
            del objects
            if not more:
                break
        yield Complete(frozenset(names))
        yield str(metadata["resourceVersion"])
    finally:
        if not fetching.cancel() and not fetching.cancelled():
            fetching.exception()  # Nobody is left to ask; asyncio would complain that nobody did.


async def _watch(client: Watchable, collection: Collection, version: str) -> AsyncGenerator[Changed | Deleted, None]:
    """Yield changes, beginning the watch again where it ended, until it is too old or it is time for a new list."""
    loop = asyncio.get_running_loop()
    end = _relist_at(collection, loop.time())
    failures = 0
    while loop.time() < end:
        began = loop.time()
        error: ApiError | None = None
        params = _selected(collection) | {
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            # Five to ten minutes, at random, so that the watches of many controllers do not end together.
            "timeoutSeconds": str(random.randint(300, 600)),  # noqa: S311 - no secret, only spread
        }
        try:
            async with aclosing(
                client.watch(collection.path, params, metadata_only=collection.metadata_only)
            ) as events:
                async for event in events:
                    if event["type"] == "ERROR":
                        raise _error_in(event["object"])
                    version, failures = event["object"]["metadata"]["resourceVersion"], 0
                    if event["type"] in {"ADDED", "MODIFIED"}:
                        yield Changed(event["object"])
                    elif event["type"] == "DELETED":
                        yield Deleted(event["object"])
        except (UnavailableError, ThrottledError) as cut:
            error = cut
        if error is not None or loop.time() - began < _LIVED:
            failures += 1
            await _wait(_RESUMED, failures, error, f"the watch on {collection.path} was cut")


async def _wait(backoff: Backoff, failures: int, error: ApiError | None, what: str) -> None:
    delay = backoff.delay(failures, random.random, at_least=error.retry_after if error else None)
    # One cut is nobody's business.
    level = logging.WARNING if failures > 1 or backoff is _BACKOFF else logging.DEBUG
    _LOG.log(level, "%s: %s; next try in %.1f s", what, error or "it ended at once", delay)
    await asyncio.sleep(delay)


def _selected(collection: Collection) -> dict[str, str]:
    selectors = {"labelSelector": collection.selector, "fieldSelector": collection.field_selector}
    return {name: selector for name, selector in selectors.items() if selector}


def _relist_at(collection: Collection, now: float) -> float:
    if collection.relist is None:
        return float("inf")
    return now + collection.relist * (1 - random.random() / 4)  # noqa: S311 - no secret, only spread


def _name_of(one: Mapping[str, Any]) -> tuple[str, str]:
    metadata = one["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _error_in(status: Mapping[str, Any]) -> ApiError:
    gone = 410
    message = str(status.get("message") or "the watch ended with an error")
    return ExpiredError(message) if status.get("code") == gone else UnavailableError(message)
