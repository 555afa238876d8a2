"""How long a new SealedSecret waits for its Secret while the controller works off a backlog; the bar is a second."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

from sealer import wire
from sealer.wire.rsa import hybrid_encrypt
from tests.bench.controller_stage import Stage, manifest, stage
from tests.bench.frame import Comparison, Cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts

BACKLOG: Final = 5000
SAMPLES: Final = 100
BAR: Final = 1.0
_PAUSE: Final = 0.05
_LONGEST: Final = 30.0


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield the median and the 99th percentile."""
    with stage(parts) as found:
        waits = measure(found, BACKLOG, SAMPLES)
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    for what, seconds in (("p50", cuts[49]), ("p99", cuts[98])):
        yield Comparison(f"{what} of a new object in a backlog of {BACKLOG}", Cost(seconds), Cost(BAR), "a second")


def measure(found: Stage, backlog: int, samples: int) -> list[float]:
    """Return the seconds that each of so many new objects waited, made one after another during the backlog.

    Raises:
        RuntimeError: The backlog was over before the last of them was made: they met none.

    """
    with found.objects(backlog) as namespace, found.ours() as runner:
        runner.wait("Secrets", lambda: found.secrets(namespace) > 0)
        found.cluster.create_namespace(f"{namespace}-new")
        waits = [_new_object(found, f"{namespace}-new", number) for number in range(samples)]
        left = backlog - found.secrets(namespace)
        _clean(found, namespace)
    if left <= 0:
        raise RuntimeError("the backlog was too short")
    return waits


def _new_object(found: Stage, namespace: str, number: int) -> float:
    name = f"new-{number}"
    value = wire.encode(
        hybrid_encrypt(found.keys[0].private_key.public_key(), b"value", f"{namespace}/{name}".encode())
    )
    path = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets"
    found.cluster.request("POST", path, manifest(namespace, name, value))
    begin = time.perf_counter()
    # A watch would tell sooner than polling, and cost the API server less; but this is what a Pod's start is like.
    found.cluster.wait_for(
        f"the Secret {name}",
        lambda: bool(found.cluster.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")),
        seconds=_LONGEST,
    )
    waited = time.perf_counter() - begin
    time.sleep(_PAUSE)
    return waited


def _clean(found: Stage, namespace: str) -> None:
    found.cluster.kubectl("delete", "sealedsecret", "--all", "-n", f"{namespace}-new", "--wait=false")
    found.cluster.delete_namespace(f"{namespace}-new")
