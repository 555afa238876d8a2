"""List and watch: pages, no gap, and what each sort of break costs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from sealer.apiserver import observe
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ExpiredError, ForbiddenError, UnavailableError
from sealer.apiserver.observe import Changed, Collection, Complete, Deleted, Listed, Page, stream
from tests.reconciling.watched import Watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.asyncio
Part = Page | Complete | Changed | Deleted
ALL = Collection("/things", "", page=2)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "_BACKOFF", Backoff(first=0.01, cap=0.01))
    monkeypatch.setattr(observe, "_RESUMED", Backoff(first=0.01, cap=0.01))


class Reader:
    """Takes what a stream yields, part by part."""

    def __init__(self, parts: AsyncIterator[Part]) -> None:
        self._parts = parts

    async def next(self) -> Part:
        async with asyncio.timeout(5):
            return await anext(self._parts)

    async def complete(self) -> list[str]:
        """Take in a whole list; return the names of its objects."""
        names: list[str] = []
        while True:
            match await self.next():
                case Page(objects):
                    names += [one["metadata"]["name"] for one in objects]
                case Complete():
                    return names
                case other:
                    pytest.fail(f"a change in the middle of a list: {other}")


@asynccontextmanager
async def reading(server: Watched, collection: Collection = ALL, **more: object) -> AsyncIterator[Reader]:
    async with aclosing(stream(server, collection, **more)) as parts:  # type: ignore[arg-type]  # on_failure, if any
        yield Reader(parts)


async def watches(server: Watched, count: int) -> None:
    """Wait until so many watches have begun."""
    async with asyncio.timeout(5):
        while len(server.starts()) < count:  # noqa: ASYNC110 - it is asked of the server, which sets no events
            await asyncio.sleep(0.001)


async def filled(count: int) -> Watched:
    server = Watched()
    for number in range(count):
        await server.put(f"a{number}")
    return server


async def test_a_list_comes_in_pages_and_the_next_one_is_fetched_meanwhile() -> None:
    server = await filled(5)
    async with reading(server) as reader:
        first = await reader.next()
        assert isinstance(first, Page)
        assert len(first.objects) == 2
        await asyncio.sleep(0)  # The consumer works on the page.
        assert len(server.calls) == 2
        assert await reader.complete() == ["a2", "a3", "a4"]
    assert [params.get("continue") for what, params in server.calls if what == "list"] == [None, "2", "4"]


async def test_nothing_falls_between_the_list_and_the_watch() -> None:
    server = await filled(3)
    async with reading(server) as reader:
        assert await reader.complete() == ["a0", "a1", "a2"]
        await server.put("between")
        await server.delete("a0")
        changed, deleted = await reader.next(), await reader.next()
        assert isinstance(changed, Changed)
        assert changed.object["metadata"]["name"] == "between"
        assert isinstance(deleted, Deleted)


async def test_a_watch_that_is_cut_goes_on_where_it_was_without_a_list() -> None:
    server = await filled(1)
    async with reading(server) as reader:
        await reader.complete()
        await server.put("b")
        await reader.next()
        taking = asyncio.create_task(reader.next())
        await server.cut()
        await watches(server, 2)
        await server.put("c")
        found = await taking
        assert isinstance(found, Changed)
        assert found.object["metadata"]["name"] == "c"
    assert [what for what, _ in server.calls].count("list") == 1
    assert server.starts()[-1] == "102"


async def test_a_connection_that_breaks_goes_on_where_it_was_without_a_list() -> None:
    server = await filled(1)
    server.faults["watch"] = [UnavailableError("broken")] * 3
    async with reading(server) as reader:
        await reader.complete()
        await server.put("b")
        assert isinstance(await reader.next(), Changed)
    assert [what for what, _ in server.calls] == ["list", "watch", "watch", "watch", "watch"]


async def test_bookmarks_move_the_place_to_go_on_from() -> None:
    server = await filled(1)
    async with reading(server) as reader:
        await reader.complete()
        taking = asyncio.create_task(reader.next())
        await watches(server, 1)
        server.version += 500
        await server.bookmark()
        await server.cut()
        await watches(server, 2)
        await server.put("b")
        await taking
    assert server.starts() == ["101", "601"]


async def test_a_watch_that_is_too_old_lists_again_and_shows_what_went() -> None:
    server = await filled(2)
    async with reading(server) as reader:
        await reader.complete()
        taking = asyncio.create_task(reader.complete())
        await watches(server, 1)
        server.oldest = 10_000
        del server.stored["a0"]
        server.version = 20_000
        await server.cut()
        assert await taking == ["a1"]


async def test_a_list_whose_continuation_is_too_old_begins_anew() -> None:
    server = await filled(5)
    async with reading(server) as reader:
        await reader.next()
        server.faults["list"] = [ExpiredError("the continue parameter is too old")] * 2
        assert await reader.complete() == ["a0", "a1", "a2", "a3", "a4"]


@pytest.mark.parametrize("refusal", [ForbiddenError("no"), ExpiredError("too old")])
async def test_where_lists_work_and_watches_never_do_the_pauses_grow(
    refusal: ApiError, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Noting(Backoff):
        def delay(self, failures: int, chance: Callable[[], float], *, at_least: float | None = None) -> float:
            asked.append(failures)
            return super().delay(failures, chance, at_least=at_least)

    monkeypatch.setattr(observe, "_BACKOFF", Noting(first=0.01, cap=0.01))
    server = await filled(1)
    server.faults["watch"] = [refusal] * 4
    async with reading(server) as reader:
        for _ in range(5):
            assert await reader.complete() == ["a0"]
    # The first 410 alone is answered with a new list at once.
    assert asked == ([2, 3, 4] if isinstance(refusal, ExpiredError) else [1, 2, 3, 4])


async def test_errors_are_waited_out_and_told_to_whoever_asked() -> None:
    server = await filled(1)
    server.faults["list"] = [UnavailableError("gone"), ForbiddenError("no"), ApiError("odd")]
    told: list[str] = []
    async with reading(server, on_failure=lambda error: told.append(error.message)) as reader:
        assert await reader.complete() == ["a0"]
    assert told == ["gone", "no", "odd"]


async def test_all_is_listed_again_now_and_then_though_nothing_broke() -> None:
    server = await filled(1)
    async with reading(server, Collection("/things", "", relist=0.0)) as reader:
        for _ in range(3):
            assert await reader.complete() == ["a0"]
    assert server.starts() == []


async def test_a_small_collection_comes_whole() -> None:
    server = await filled(5)
    async with aclosing(observe.observe(server, ALL)) as seen:  # type: ignore[type-var]  # an async generator it is
        listed = await anext(seen)
        assert isinstance(listed, Listed)
        assert [one["metadata"]["name"] for one in listed.objects] == ["a0", "a1", "a2", "a3", "a4"]
        await server.put("b")
        assert isinstance(await anext(seen), Changed)


async def test_a_small_collection_whose_list_broke_off_comes_whole_and_once() -> None:
    server = await filled(5)
    async with aclosing(observe.observe(server, ALL)) as seen:  # type: ignore[type-var]  # as above
        taking = asyncio.ensure_future(anext(seen))
        await asyncio.sleep(0)
        server.faults["list"] = [ExpiredError("too old")]
        listed = await taking
        assert isinstance(listed, Listed)
        assert [one["metadata"]["name"] for one in listed.objects] == ["a0", "a1", "a2", "a3", "a4"]
