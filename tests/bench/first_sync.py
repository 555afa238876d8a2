"""The first sync of many SealedSecrets, against the existing controller on the same API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench.controller_stage import QPS_OFF, Runner, Stage, stage
from tests.bench.frame import Comparison, Cost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from deploy.local.find import Parts

# At its default flags the existing controller syncs about one object a second; this many show that.
AT_DEFAULTS: Final = 60


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield the first sync of 1,000 against the peer without its rate limit, and of fewer with its default flags."""
    with stage(parts) as found:
        yield _compared(found, 1000, QPS_OFF, "the existing controller, its QPS limit off")
        yield _compared(found, AT_DEFAULTS, (), "the existing controller at its default flags")


def run_10000(parts: Parts) -> Iterator[Comparison]:
    """Yield the first sync of 10,000."""
    with stage(parts) as found:
        yield _compared(found, 10_000, QPS_OFF, "the existing controller, its QPS limit off")


def run_24_keys(parts: Parts) -> Iterator[Comparison]:
    """Yield the first sync of 1,000 with 24 keys in the ring and every object under the oldest."""
    with stage(parts, keys=24) as found:
        yield _compared(found, 1000, QPS_OFF, "the existing controller, its QPS limit off", "24 keys, ")


def _compared(found: Stage, objects: int, flags: tuple[str, ...], against: str, what: str = "") -> Comparison:
    peer = first_sync(found, objects, found.peer(*flags))
    ours = first_sync(found, objects, found.ours())
    return Comparison(f"{what}first sync of {objects}", ours, peer, against)


def first_sync(found: Stage, objects: int, controller: AbstractContextManager[Runner]) -> Cost:
    """Make objects, start a controller on them, and measure until the last Secret is there."""
    with found.objects(objects) as namespace, controller as runner:
        return runner.wait("Secrets", lambda: found.secrets(namespace) >= objects)
