"""A cluster in simulated time: real `Election`s, whose API server is a record behind a network with faults.

An hour passes in a moment: the event loop's clock jumps to the next timer. Every candidate has a clock of its own,
which starts somewhere and runs a little fast or slow. Requests and answers are late, get lost before they are processed
or after, or are processed long after whoever sent them has given up, or has died.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import selectors
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sealer.apiserver.election import Timing
from sealer.apiserver.errors import ApiError, ConflictError, ExistsError, NotFoundError, UnavailableError
from sealer.apiserver.lease import Election

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

T = TypeVar("T")
Json = dict[str, Any]
LEASES = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class _Jumping(selectors.SelectSelector):
    """Where a loop would wait, time jumps ahead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nobody will ever wake up"
        self.now += timeout
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop whose time is simulated."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def simulate(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)


@dataclass
class Network:
    """How bad it is; seconds, and probabilities.

    Attributes:
        typical: The usual delay of a message.
        worst: The delay of one in ten.
        loss: How often a request or an answer gets lost.
        late: How often a lost request is processed after all, within half a minute.

    """

    typical: float = 0.01
    worst: float = 0.01
    loss: float = 0.0
    late: float = 0.0


@dataclass
class Cluster:
    """One Lease, those who want it, and what they did."""

    seed: int
    network: Network = field(default_factory=Network)
    lease: Json | None = None
    rivals: list[Rival] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    _versions: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - no secret, and it must be the same again

    def leaders(self) -> list[str]:
        return [rival.name for rival in self.rivals if rival.election.is_leader()]

    def check(self) -> None:
        if len(self.leaders()) > 1:
            self.faults.append(f"{self.leaders()} lead at once, {asyncio.get_running_loop().time():.3f}")

    def edit(self, **spec: Any) -> None:
        """Edit the Lease by hand."""
        assert self.lease is not None
        self.store({**self.lease, "spec": {**self.lease["spec"], **spec}})

    def store(self, lease: Json) -> Json:
        self.lease = {**lease, "metadata": {**lease["metadata"], "resourceVersion": str(next(self._versions))}}
        return self.lease

    async def a_leader(self, within: float) -> str:
        """Wait for one, and return its name."""
        await self.until(lambda: bool(self.leaders()), within)
        return self.leaders()[0]

    async def until(self, condition: Callable[[], bool], within: float) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - time is simulated: looking often costs nothing
                await asyncio.sleep(0.01)

    async def delay(self) -> None:
        await asyncio.sleep(self.dice.uniform(0, self._longest()))

    def lost(self, name: str) -> bool:
        return name in self.unreachable or self.dice.random() < self.network.loss

    def _longest(self) -> float:
        return self.network.worst if self.dice.random() < 0.1 else self.network.typical


@dataclass
class Wire:
    """`Leases` for one candidate, over the cluster's network."""

    cluster: Cluster
    name: str

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        assert (path, params) == (f"{LEASES}/the-lease", None)
        return await self._send(self._read)

    async def create(self, path: str, body: Mapping[str, Any]) -> Json:
        assert path == LEASES
        return await self._send(lambda: self._create(dict(body)))

    async def replace(self, path: str, body: Mapping[str, Any]) -> Json:
        assert path == f"{LEASES}/the-lease"
        return await self._send(lambda: self._replace(dict(body)))

    async def _send(self, process: Callable[[], Json]) -> Json:
        """Let a request travel, be processed, and its answer travel back, or not."""
        # A task of its own: what is under way goes on when its sender gives up, or dies.
        sent = asyncio.ensure_future(self._travel(process))
        answer = await asyncio.shield(sent)
        await self.cluster.delay()
        if answer is None or self.cluster.lost(self.name):
            await self._never()
        if isinstance(answer, ApiError):
            raise answer
        assert answer is not None
        return answer

    async def _travel(self, process: Callable[[], Json]) -> Json | ApiError | None:
        """Return the answer; None where the request got lost, to be processed later or never."""
        await self.cluster.delay()
        if not self.cluster.lost(self.name):
            return _outcome(process)
        if self.cluster.dice.random() < self.cluster.network.late:
            asyncio.get_running_loop().call_later(self.cluster.dice.uniform(0, 30), _outcome, process)
        return None

    async def _never(self) -> None:
        if self.cluster.dice.random() < 0.5:
            raise UnavailableError("the connection broke")
        await asyncio.sleep(3600)

    def _read(self) -> Json:
        if self.cluster.lease is None:
            raise NotFoundError("no lease")
        return self.cluster.lease

    def _create(self, body: Json) -> Json:
        if self.cluster.lease is not None:
            raise ExistsError("there is one")
        return self.cluster.store(body)

    def _replace(self, body: Json) -> Json:
        if self._read()["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise ConflictError("it changed")
        return self.cluster.store(body)


def _outcome(process: Callable[[], Json]) -> Json | ApiError:
    try:
        return process()
    except ApiError as error:
        return error


class Rival:
    """A process that wants to lead.

    Args:
        cluster: Where.
        name: Its identity.
        timing: Its settings.
        rate: How fast its clock runs.

    """

    def __init__(self, cluster: Cluster, name: str, timing: Timing | None = None, rate: float = 1.0) -> None:
        self.cluster, self.name = cluster, name
        self.wall = EPOCH + timedelta(seconds=cluster.dice.uniform(-1e6, 1e6))
        loop, offset = asyncio.get_running_loop(), cluster.dice.uniform(0, 1e6)
        self.calls: list[str] = []
        self.election = Election(
            Wire(cluster, name),
            "shop",
            "the-lease",
            name,
            lead=self._lead,
            follow=lambda: self.calls.append("follow"),
            timing=timing or Timing(),
            clock=lambda: offset + rate * loop.time(),
            wall=lambda: self.wall,
            chance=cluster.dice.random,
        )
        cluster.rivals.append(self)
        self._running = asyncio.ensure_future(self.election.run())

    async def die(self) -> None:
        """SIGKILL."""
        self._running.cancel()
        await asyncio.wait({self._running})
        self.cluster.rivals.remove(self)

    async def stop(self) -> None:
        """SIGTERM."""
        self._running.cancel()
        await asyncio.wait({self._running})
        await self.election.release()
        self.cluster.rivals.remove(self)

    def _lead(self) -> None:
        if self.calls[-1:] == ["lead"]:
            self.cluster.faults.append(f"{self.name} leads again without having stopped")
        self.calls.append("lead")
        self.cluster.terms.append(self.name)
        self.cluster.check()
