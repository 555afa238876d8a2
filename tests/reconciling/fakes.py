"""An API server in a dictionary: what `sealer.apiserver.client.Objects` asks of one, and faults on demand.

tests/reconciling/test_objects.py puts it to the same tests as the real one.
"""

from __future__ import annotations

import copy
import itertools
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sealer.apiserver.errors import ApiError, ConflictError, ExistsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]


class FakeObjects:
    """`Objects` over a dictionary of path to object.

    Attributes:
        stored: What there is.
        faults: Verb to the errors that its next calls raise, one each.
        moments: Verb to what happens just before its next call, once.
        calls: Verb and path of every call.

    """

    def __init__(self) -> None:
        self.stored: dict[str, Json] = {}
        self.faults: defaultdict[str, list[ApiError]] = defaultdict(list)
        self.moments: dict[str, Callable[[], object]] = {}
        self.calls: list[tuple[str, str]] = []
        self._versions = itertools.count(100)

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        self._called("get", path)
        assert params is None
        return copy.deepcopy(self._at(path))

    async def create(self, path: str, body: Mapping[str, Any]) -> Json:
        self._called("create", path)
        metadata = body["metadata"]
        name = metadata.get("name") or metadata["generateName"] + uuid.uuid4().hex[:5]
        where = f"{path}/{name}"
        if where in self.stored:
            raise ExistsError(f'"{name}" already exists')
        stored = {**body, "metadata": {**metadata, "name": name, "uid": str(uuid.uuid4()), "generation": 1}}
        return self._store(where, stored)

    async def replace(self, path: str, body: Mapping[str, Any]) -> Json:
        self._called("replace", path)
        if self._at(path)["metadata"]["resourceVersion"] != body["metadata"].get("resourceVersion"):
            raise ConflictError("the object has been modified")
        return self._store(path, dict(body))

    async def merge(self, path: str, body: Mapping[str, Any]) -> Json:
        self._called("merge", path)
        where = path.removesuffix("/status")
        before = self._at(where)
        version = body.get("metadata", {}).get("resourceVersion", before["metadata"]["resourceVersion"])
        if version != before["metadata"]["resourceVersion"]:
            raise ConflictError("the object has been modified")
        merged = _merged(before, body)
        return copy.deepcopy(before) if merged == before else self._store(where, merged)

    async def delete(self, path: str, body: Mapping[str, Any]) -> Json:
        self._called("delete", path)
        metadata = self._at(path)["metadata"]
        if any(metadata[name] != wanted for name, wanted in body.get("preconditions", {}).items()):
            raise ConflictError("the object has been modified")
        return self.stored.pop(path)

    def change(self, path: str, patch: Mapping[str, Any]) -> Json:
        """Change an object behind the controller's back."""
        return self._store(path, _merged(self._at(path), patch))

    def _at(self, path: str) -> Json:
        if path not in self.stored:
            raise NotFoundError(f"{path} not found")
        return self.stored[path]

    def _store(self, path: str, body: Json) -> Json:
        stored = copy.deepcopy(body)
        stored["metadata"]["resourceVersion"] = str(next(self._versions))
        self.stored[path] = stored
        return copy.deepcopy(stored)

    def _called(self, verb: str, path: str) -> None:
        self.calls.append((verb, path))
        self.moments.pop(verb, int)()
        if self.faults[verb]:
            raise self.faults[verb].pop(0)


def _merged(before: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result
