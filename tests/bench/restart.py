"""A restart over SealedSecrets that are in order, against the existing controller on the same API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.controller_stage import QPS_OFF, stage
from tests.bench.frame import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from deploy.local.find import Parts
    from tests.bench.controller_stage import Runner, Stage
    from tests.bench.frame import Cost


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield the restart over 1,000."""
    with stage(parts) as found:
        yield _compared(found, 1000)


def run_10000(parts: Parts) -> Iterator[Comparison]:
    """Yield the restart over 10,000."""
    with stage(parts) as found:
        yield _compared(found, 10_000)


def run_24_keys(parts: Parts) -> Iterator[Comparison]:
    """Yield the restart over 1,000 with 24 keys in the ring and every object under the oldest."""
    with stage(parts, keys=24) as found:
        yield _compared(found, 1000, "24 keys, ")


def _compared(found: Stage, objects: int, what: str = "") -> Comparison:
    peer = restart(found, objects, lambda: found.peer(*QPS_OFF))
    ours = restart(found, objects, found.ours)
    against = "the existing controller, its QPS limit off"
    return Comparison(f"{what}restart over {objects} unchanged", ours, peer, against)


def restart(found: Stage, objects: int, controller: Callable[[], AbstractContextManager[Runner]]) -> Cost:
    """Have a controller sync objects and tell so, start it again, and measure until it is through with them all."""
    with found.objects(objects) as namespace:
        with controller() as runner:
            runner.wait("statuses", lambda: told(found, namespace) >= objects)
        with controller() as runner:
            return runner.wait("look at each object", lambda: runner.objects_seen() >= objects)


def told(found: Stage, namespace: str) -> int:
    """Count the SealedSecrets whose status says that they are synced; cheap while there are fewer Secrets."""
    if found.secrets(namespace) == 0:
        return 0
    items = found.cluster.request("GET", f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets")["items"]
    return sum(
        1
        for item in items
        for condition in item.get("status", {}).get("conditions", [])[:1]
        if condition["status"] == "True"
    )
