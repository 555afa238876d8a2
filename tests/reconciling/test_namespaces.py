"""What is known of namespaces, with the right to list them and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.hold import HOLD_ANNOTATION
from controller.namespaces import NamespaceReader, Namespaces
from sealer.apiserver.errors import ForbiddenError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.apiserver.errors import ApiError

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]


def namespace(name: str, hold: str | None = None) -> Json:
    return {"metadata": {"name": name, "annotations": {HOLD_ANNOTATION: hold} if hold else None}}


class Cluster:
    """Namespaces, and the rights to read them."""

    def __init__(self, *found: Json, may_list: bool = True, may_get: bool = True) -> None:
        self.found = {one["metadata"]["name"]: one for one in found}
        self.may_list, self.may_get = may_list, may_get
        self.faults: list[ApiError] = []
        self.calls: list[str] = []

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> Json:
        self.calls.append(path)
        if self.faults:
            raise self.faults.pop(0)
        if not self.may_list:
            raise ForbiddenError("namespaces is forbidden")
        names, begin = sorted(self.found), int(params.get("continue", "0"))
        more = {"continue": str(begin + 1)} if begin + 1 < len(names) else {}
        return {"items": [self.found[name] for name in names[begin : begin + 1]], "metadata": more}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        assert params is None
        self.calls.append(path)
        name = path.rpartition("/")[2]
        if not self.may_get:
            raise ForbiddenError("namespaces is forbidden")
        if name not in self.found:
            raise NotFoundError(f"{name} not found")
        return self.found[name]


def reader(cluster: Cluster, served: tuple[str, ...] | None, changes: list[str]) -> NamespaceReader:
    return NamespaceReader(cluster, Namespaces(changes.append), served)


async def test_holds_are_found_on_every_page_of_the_list() -> None:
    changes: list[str] = []
    found = reader(Cluster(namespace("a"), namespace("b", "x"), namespace("c", "y")), None, changes)
    await found.read()
    assert (found.namespaces.hold("a"), found.namespaces.hold("b"), found.namespaces.hold("c")) == (None, "x", "y")
    assert changes == ["b", "c"]
    assert found.may_watch
    assert found.known.is_set()


async def test_only_what_changes_a_hold_is_told() -> None:
    changes: list[str] = []
    namespaces = Namespaces(changes.append)
    for hold in (None, "x", "x", "y", None, None):
        namespaces.see(namespace("a", hold))
    namespaces.forget("a")
    assert changes == ["a", "a", "a"]


async def test_without_the_right_to_list_each_one_that_is_served_is_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    changes: list[str] = []
    cluster = Cluster(namespace("a", "x"), may_list=False)
    found = reader(cluster, ("a", "late"), changes)
    await found.read()
    assert found.namespaces.hold("a") == "x"
    assert not found.may_watch
    assert caplog.messages == [
        "namespaces cannot be listed: each one that is served is read every 30 s",
        "the namespace does not exist; it is served when it does",
    ]
    cluster.found = {"a": namespace("a"), "late": namespace("late", "y")}
    await found._get_each()
    assert changes == ["a", "a", "late"]
    assert len(caplog.messages) == 2


async def test_without_any_right_it_is_said_once_and_not_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    cluster = Cluster(namespace("a", "x"), may_list=False, may_get=False)
    found = reader(cluster, ("a",), [])
    await found.read()
    await found._get_each()
    assert found.known.is_set()
    assert caplog.messages[1:] == ["the namespace cannot be held: reading it is not allowed"]
    assert cluster.calls.count("/api/v1/namespaces/a") == 1


async def test_without_the_right_where_all_are_served_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = reader(Cluster(may_list=False), None, [])
    await found.read()
    assert found.known.is_set()
    assert caplog.messages == ["namespaces cannot be held: listing them is not allowed"]


async def test_an_api_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from controller import namespaces as module
    from sealer.apiserver.backoff import Backoff

    monkeypatch.setattr(module, "_BACKOFF", Backoff(first=0.001, cap=0.001))
    cluster = Cluster(namespace("a", "x"))
    cluster.faults = [UnavailableError("gone")] * 3
    found = reader(cluster, None, [])
    await found.read()
    assert found.namespaces.hold("a") == "x"
