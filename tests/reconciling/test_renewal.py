"""When a new key is made, and when the clocks only make it look as if one were due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.keys import StoredKey
from controller.renewal import Renewal, born, renewal_due
from controller.settings import KeyOrder
from sealer.certificate import issue
from sealer.keyring import SealingKey
from tests.reconciling.samples import NOW, key

DAY = timedelta(days=1)
MONTH = 30 * DAY


@pytest.mark.parametrize(
    ("newest", "period", "expected"),
    [
        (None, MONTH, timedelta()),
        (None, timedelta(), timedelta()),
        (NOW, timedelta(), None),
        (NOW, MONTH, MONTH),
        (NOW - 10 * DAY, MONTH, 20 * DAY),
        (NOW - 40 * DAY, MONTH, timedelta()),
    ],
)
def test_renewal_is_due_when_the_newest_key_is_old_enough(
    newest: datetime | None, period: timedelta, expected: timedelta | None
) -> None:
    assert renewal_due(newest, period, NOW) == expected


@pytest.mark.parametrize(
    ("newest", "period", "cutoff", "expected"),
    [
        (NOW - 2 * DAY, MONTH, NOW - DAY, timedelta()),
        (NOW - 2 * DAY, timedelta(), NOW - DAY, timedelta()),
        (NOW - DAY, timedelta(), NOW - DAY, None),
        (NOW, MONTH, NOW - DAY, MONTH),
        (NOW, timedelta(), NOW + DAY, DAY),
        (NOW, MONTH, NOW + DAY, DAY),
        (NOW, 2 * DAY, NOW + 3 * DAY, 2 * DAY),
    ],
)
def test_a_key_from_before_the_cut_off_is_renewed_once_it_is_that_time(
    newest: datetime, period: timedelta, cutoff: datetime, expected: timedelta | None
) -> None:
    assert renewal_due(newest, period, NOW, cutoff) == expected


def fake_key(begins: datetime, created: datetime, number: int) -> StoredKey:
    """Return a key with a certificate that begins then; no two have the same fingerprint, all the same numbers."""
    certificate = issue(key().private_key, common_name="", validity=DAY, now=begins, serial=lambda: 1)
    return StoredKey(SealingKey(key().private_key, certificate, f"SHA256:{number}"), f"key-{number}", created)


@dataclass
class World:
    """Clocks that go wrong, and a process that keeps keys in it.

    Attributes:
        period: At which keys are renewed.
        true: Seconds that have really passed.
        off: How far our wall clock is off, and the API server's.

    """

    period: timedelta = MONTH
    order: KeyOrder = KeyOrder.NOT_BEFORE
    true: timedelta = timedelta()
    off: timedelta = timedelta()
    theirs_off: timedelta = timedelta()
    keys: list[StoredKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.renewal = Renewal(self.period, order=self.order)
        self.booted = self.true

    @property
    def now(self) -> datetime:
        return NOW + self.true + self.off

    def wait(self) -> float | None:
        return self.renewal.wait(self.keys, self.now, (self.true - self.booted).total_seconds())

    def step(self, passed: timedelta) -> int:
        """Let time pass, and do as the keeper does; return how many keys it makes."""
        self.true += passed
        made = 0
        while self.wait() == 0 and made < 5:
            now = self.now.replace(microsecond=0)
            self.keys.append(fake_key(now, NOW + self.true + self.theirs_off, len(self.keys)))
            self.renewal.made((self.true - self.booted).total_seconds())
            made += 1
        return made


def test_keys_are_made_a_period_apart() -> None:
    world = World()
    assert [world.step(DAY) for _ in range(62)] == [1, *[0] * 29, 1, *[0] * 29, 1, 0]


@pytest.mark.parametrize("order", KeyOrder)
@pytest.mark.parametrize("with_theirs", [False, True])
@pytest.mark.parametrize("off", [400 * DAY, -400 * DAY, timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_steps_and_is_put_right_costs_one_key_at_the_most(
    off: timedelta, order: KeyOrder, *, with_theirs: bool
) -> None:
    world = World(order=order)
    assert world.step(timedelta()) == 1
    world.off = off
    if with_theirs:
        world.theirs_off = off
    stepped = [world.step(timedelta(minutes=1)) for _ in range(5)]
    assert sum(stepped) == (1 if off > MONTH else 0)
    world.off = world.theirs_off = timedelta()
    assert [world.step(timedelta(minutes=1)) for _ in range(5)] == [0] * 5
    world.off = off
    assert [world.step(timedelta(minutes=1)) for _ in range(5)] == [0] * 5, "nor does it when it steps again"


def test_a_key_that_a_wrong_clock_dated_years_ahead_does_not_stop_renewal() -> None:
    world = World(off=3650 * DAY, theirs_off=3650 * DAY)
    assert world.step(timedelta()) == 1
    world.off = world.theirs_off = timedelta()
    assert sum(world.step(DAY) for _ in range(61)) == 2


def test_restarts_change_nothing() -> None:
    world = World(off=400 * DAY)
    made = 0
    for day in range(60):
        world.off = timedelta() if day % 2 else 400 * DAY
        world.restart()
        made += world.step(DAY)
    assert made <= 4


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    steps=st.lists(st.tuples(st.integers(-4000, 4000), st.integers(-4000, 4000), st.booleans()), max_size=12),
    order=st.sampled_from(KeyOrder),
)
def test_whatever_the_clocks_do_keys_have_an_end(steps: list[tuple[int, int, bool]], order: KeyOrder) -> None:
    world = World(order=order)
    assert world.step(timedelta()) == 1
    for ours, theirs, restarted in steps:
        world.off, world.theirs_off = ours * DAY, theirs * DAY
        if restarted:
            world.restart()
        assert world.step(timedelta(hours=1)) <= 1, "one for each step of a clock, at the most"
        assert world.step(timedelta(hours=1)) == 0, "and none as long as it does not step again"


def test_keys_that_are_taken_away_each_time_are_made_ever_more_slowly() -> None:
    world = World()
    at = []
    for _ in range(200):
        if world.step(timedelta(minutes=1)):
            at.append(world.true)
        world.keys.clear()
    assert len(at) < 40
    assert at[:3] == [timedelta(minutes=n) for n in (1, 2, 3)], "an operator who takes out three gets three"


def test_a_key_for_later_counts_from_when_it_was_given() -> None:
    later = fake_key(NOW + 365 * DAY, NOW - 3 * DAY, 1)
    assert born(later, KeyOrder.NOT_BEFORE, NOW) == NOW - 3 * DAY
    assert born(later, KeyOrder.CREATED, NOW) == NOW - 3 * DAY
    brought = fake_key(NOW - 365 * DAY, NOW - 3 * DAY, 2)
    assert born(brought, KeyOrder.NOT_BEFORE, NOW) == NOW - 365 * DAY
    assert born(brought, KeyOrder.CREATED, NOW) == NOW - 3 * DAY
