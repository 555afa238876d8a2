"""Elections in simulated time, in a cluster where all goes wrong that can."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leading.simulation import Cluster, Network, Rival, simulate

if TYPE_CHECKING:
    import random

# Late, lost, and processed long after: about what a cluster on fire does.
ON_FIRE = Network(typical=0.5, worst=12.0, loss=0.15, late=0.5)
CALM = Network()


async def _watch(cluster: Cluster) -> None:
    while True:
        await asyncio.sleep(0.05)
        cluster.check()


async def _burn(seed: int, seconds: float) -> Cluster:
    """Let three rivals fight while the network burns and people meddle; then let it calm down."""
    cluster = Cluster(seed, ON_FIRE)
    dice = cluster.dice
    for name in "abc":
        Rival(cluster, name, rate=dice.uniform(0.85, 1.15))
    watching = asyncio.ensure_future(_watch(cluster))
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        await asyncio.sleep(dice.uniform(0, 20))
        await _trouble(cluster, dice)
    cluster.network, cluster.unreachable = CALM, set()
    # The longest that is still under way comes within 30 s, and somebody may have written a duration of 40 s.
    await cluster.a_leader(within=100)
    await asyncio.sleep(60)
    assert len(cluster.leaders()) == 1
    assert cluster.faults == []
    watching.cancel()
    return cluster


async def _trouble(cluster: Cluster, dice: random.Random) -> None:
    rival = dice.choice(cluster.rivals)
    match dice.randrange(8):
        case 0:
            await rival.die()
            Rival(cluster, rival.name, rate=dice.uniform(0.85, 1.15))
        case 1:
            await rival.stop()
            Rival(cluster, f"{rival.name}'", rate=dice.uniform(0.85, 1.15))
        case 2:
            cluster.unreachable.add(rival.name)
        case 3:
            cluster.unreachable = {other.name for other in cluster.rivals}
        case 4:
            cluster.unreachable.clear()
        case 5:
            for other in cluster.rivals:
                other.wall += timedelta(seconds=dice.uniform(-1e5, 1e5))
        case 6 if cluster.lease:
            cluster.edit(holderIdentity=dice.choice(["", "somebody"]), leaseDurationSeconds=dice.choice([15, 40]))
        case 7 if cluster.lease and cluster.lease["spec"]["holderIdentity"]:
            # Not of an emptied one: without a holder and with a duration of 1 it would say that it is released.
            cluster.edit(leaseDurationSeconds=dice.choice([1, 15, 40]))
        case _:
            cluster.unreachable.clear()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_there_are_never_two_leaders_and_in_the_end_there_is_one(seed: int) -> None:
    simulate(_burn(seed, 400))


def test_the_simulation_has_many_terms_so_that_its_silence_says_something() -> None:
    terms = [len(simulate(_burn(seed, 400)).terms) for seed in range(3)]
    assert sum(terms) >= 15


def test_a_clean_stop_hands_over_within_a_retry_period() -> None:
    async def scene(seed: int) -> float:
        cluster = Cluster(seed)
        rivals = {name: Rival(cluster, name) for name in "abc"}
        leader = await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        await rivals[leader].stop()
        at = asyncio.get_running_loop().time()
        assert await cluster.a_leader(within=2.1) != leader
        return asyncio.get_running_loop().time() - at

    assert max(simulate(scene(seed)) for seed in range(20)) <= 2.1


def test_whoever_gives_the_lease_up_leads_no_more_while_the_answer_is_under_way() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        rivals = {name: Rival(cluster, name) for name in "ab"}
        leader = await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        cluster.network = Network(typical=2.0)
        stopping = asyncio.ensure_future(rivals[leader].stop())
        await cluster.until(lambda: bool(cluster.lease and not cluster.lease["spec"]["holderIdentity"]), within=10)
        assert not stopping.done(), "it is stored, and not yet answered"
        assert not rivals[leader].election.is_leader()
        await stopping

    simulate(scene())


def test_after_a_kill_another_leads_within_the_lease_duration_and_a_retry_period() -> None:
    async def scene(seed: int) -> float:
        cluster = Cluster(seed)
        rivals = {name: Rival(cluster, name) for name in "abc"}
        leader = await cluster.a_leader(within=5)
        await asyncio.sleep(30 + seed / 10)
        await rivals[leader].die()
        at = asyncio.get_running_loop().time()
        assert await cluster.a_leader(within=20) != leader
        return asyncio.get_running_loop().time() - at

    waits = [simulate(scene(seed)) for seed in range(20)]
    assert max(waits) <= 17
    assert min(waits) >= 12


def test_a_container_that_is_started_again_after_a_kill_leads_on_at_once() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        rivals = {name: Rival(cluster, name) for name in "ab"}
        leader = await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        await rivals[leader].die()
        Rival(cluster, leader)
        assert await cluster.a_leader(within=1) == leader

    simulate(scene())


def test_a_leader_cut_off_stops_by_its_own_clock_before_another_begins() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        rivals = {name: Rival(cluster, name) for name in "ab"}
        first = await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        cluster.unreachable = {first}
        await asyncio.sleep(11)
        assert cluster.leaders() == []
        assert rivals[first].calls == ["lead", "follow"]
        assert await cluster.a_leader(within=10) != first

    simulate(scene())


def test_when_the_api_server_comes_back_one_leads_again() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        for name in "abc":
            Rival(cluster, name)
        await cluster.a_leader(within=5)
        cluster.unreachable = set("abc")
        await asyncio.sleep(120)
        assert cluster.leaders() == []
        cluster.unreachable = set()
        await cluster.a_leader(within=3)

    simulate(scene())


def test_steps_of_the_wall_clock_change_nothing() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        rivals = [Rival(cluster, name) for name in "ab"]
        await cluster.a_leader(within=5)
        for days in (-4000, 4000, -1, 1) * 10:
            for rival in rivals:
                rival.wall += timedelta(days=days)
            await asyncio.sleep(3)
            assert len(cluster.leaders()) == 1
        assert len(cluster.terms) == 1

    simulate(scene())


def test_a_deleted_lease_comes_back_with_the_same_leader() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        for name in "abc":
            Rival(cluster, name)
        leader = await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        for _ in range(10):
            cluster.lease = None
            await asyncio.sleep(5)
            assert cluster.leaders() == [leader]
        assert cluster.terms == [leader]

    simulate(scene())


def test_a_leader_edited_out_of_its_lease_stops_at_its_next_renewal() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        for name in "ab":
            Rival(cluster, name)
        await cluster.a_leader(within=5)
        await asyncio.sleep(30)
        cluster.edit(holderIdentity="somebody")
        await asyncio.sleep(2.1)
        assert cluster.leaders() == []
        await cluster.a_leader(within=17)

    simulate(scene())


def test_what_else_is_in_the_lease_stays() -> None:
    async def scene() -> None:
        cluster = Cluster(1)
        Rival(cluster, "a")
        await cluster.a_leader(within=5)
        assert cluster.lease is not None
        cluster.store({**cluster.lease, "metadata": {**cluster.lease["metadata"], "labels": {"team": "x"}}})
        cluster.edit(strategy="mine")
        await asyncio.sleep(30)
        assert cluster.lease["metadata"]["labels"] == {"team": "x"}
        assert cluster.lease["spec"]["strategy"] == "mine"
        assert cluster.terms == ["a"]

    simulate(scene())
