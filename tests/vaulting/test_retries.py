from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.vault.errors import (
    LoginError,
    Patience,
    SecretNotFoundError,
    VaultError,
    VaultRequestError,
    VaultUnreachableError,
)
from injector.vault.retry import Clock, RetryPlan, next_wait, persist

PLAN = RetryPlan()


class Time:
    """A clock that sleeps at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self, chance: float = 0.0) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep, chance=lambda: chance)


def fail_with(error: VaultError) -> None:
    raise error


def waits_until_it_gives_up(error: VaultError, plan: RetryPlan = PLAN, chance: float = 0.0) -> list[float]:
    time = Time()
    with pytest.raises(type(error)):
        persist(lambda: fail_with(error), plan, time.clock(chance), lambda _: None)
    return time.waits


def test_a_fault_that_heals_is_borne_five_minutes_with_waits_that_double_to_a_minute() -> None:
    waits = waits_until_it_gives_up(VaultUnreachableError("away"))
    assert waits[:9] == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60]
    assert sum(waits) == pytest.approx(300)
    assert max(waits) == 60


@pytest.mark.parametrize("error", [SecretNotFoundError("none"), LoginError("refused")])
def test_a_refusal_is_borne_ten_seconds_only(error: VaultError) -> None:
    assert sum(waits_until_it_gives_up(error)) == pytest.approx(10)


def test_what_cannot_change_is_not_tried_again() -> None:
    assert waits_until_it_gives_up(VaultRequestError("no")) == []


def test_no_time_means_one_try() -> None:
    assert waits_until_it_gives_up(VaultUnreachableError("away"), RetryPlan(limit=0)) == []
    assert waits_until_it_gives_up(SecretNotFoundError("none"), RetryPlan(short_limit=0)) == []


def test_refusals_are_never_borne_longer_than_faults() -> None:
    assert sum(waits_until_it_gives_up(SecretNotFoundError("none"), RetryPlan(limit=1))) == pytest.approx(1)


@given(
    limit=st.floats(0, 1000),
    chance=st.floats(0, 1),
    first=st.floats(0.01, 10),
    patience=st.sampled_from(list(Patience)),
)
def test_retries_end_whatever_the_plan(limit: float, chance: float, first: float, patience: Patience) -> None:
    plan, elapsed, tries = RetryPlan(limit=limit, first=first), 0.0, 1
    while (wait := next_wait(plan, patience, tries, elapsed, chance)) is not None:
        assert 0 < wait <= plan.longest
        elapsed, tries = elapsed + wait, tries + 1
    assert elapsed <= limit + 1e-6
    assert tries < 200_000


def test_chance_takes_up_to_a_quarter_off_a_wait() -> None:
    assert next_wait(PLAN, Patience.LONG, 3, 0, 0) == 1
    assert next_wait(PLAN, Patience.LONG, 3, 0, 1) == 0.75


def test_each_failed_try_that_is_followed_by_another_gives_one_line() -> None:
    lines: list[str] = []
    answers = iter([VaultUnreachableError("away"), VaultUnreachableError("away still"), None])

    def answer() -> str:
        error = next(answers)
        if error is not None:
            raise error
        return "here"

    assert persist(answer, PLAN, Time().clock(), lines.append) == "here"
    assert lines == ["away; trying again in 0.2 s", "away still; trying again in 0.5 s"]
