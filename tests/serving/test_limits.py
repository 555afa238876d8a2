"""How often a caller may ask: the algorithm against a plain model of it, and what is kept of callers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.http.limits import Allowance, Limiter, Rate, take

TWO = Rate(2, 2)


def ask_at(rate: Rate, *times: float) -> list[Allowance]:
    limiter = Limiter(rate)
    answers = [limiter.ask("me", time) for time in times]
    return [answer for answer in answers if answer is not None]


def test_three_at_once_and_then_two_a_second_by_default() -> None:
    answers = ask_at(TWO, 0, 0, 0, 0, 0.4, 0.5, 0.5, 1.0)
    assert [answer.allowed for answer in answers] == [True, True, True, False, False, True, False, True]


def test_the_headers_are_those_of_the_existing_system() -> None:
    first, *_, third, fourth = ask_at(TWO, 0, 0, 0, 0)
    assert first.headers() == {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "2", "X-RateLimit-Reset": "1"}
    assert third.headers() == {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2"}
    assert fourth.headers() == third.headers() | {"Retry-After": "1"}


def test_who_waits_as_long_as_told_is_allowed() -> None:
    *_, refused = ask_at(Rate(0.25, 1), 0, 0, 0)
    assert refused.headers()["Retry-After"] == "4"
    assert [answer.allowed for answer in ask_at(Rate(0.25, 1), 0, 0, 0, 3.9, 4)] == [True, True, False, False, True]


def test_no_rate_is_no_limit() -> None:
    assert ask_at(Rate(0, 0), *[0.0] * 100) == []


@settings(max_examples=200, derandomize=True)
@given(
    per_second=st.sampled_from([1, 2, 4, 8, 64]),
    burst=st.integers(0, 5),
    gaps=st.lists(st.integers(0, 64), max_size=60),
)
def test_it_allows_what_a_bucket_of_tokens_allows(per_second: int, burst: int, gaps: list[int]) -> None:
    """A bucket that holds burst + 1 tokens and gets one each interval, in exact arithmetic."""
    limiter, now = Limiter(Rate(per_second, burst)), Fraction(0)
    tokens = Fraction(burst + 1)
    for gap in gaps:
        step = Fraction(gap, 64)
        now += step
        tokens = min(Fraction(burst + 1), tokens + step * per_second)
        answer = limiter.ask("me", float(now))
        assert answer is not None
        assert answer.allowed == (tokens >= 1)
        tokens -= 1 if answer.allowed else 0
        assert answer.remaining == int(tokens)
        assert answer.retry_after == pytest.approx(0.0 if answer.allowed else float((1 - tokens) / per_second))


def test_each_caller_has_an_allowance_of_its_own() -> None:
    limiter = Limiter(Rate(1, 0))
    allowed = [limiter.ask(caller, 0) for caller in ("a", "b", "a")]
    assert [answer and answer.allowed for answer in allowed] == [True, True, False]


def test_a_refusal_does_not_put_off_the_next_turn() -> None:
    due, _ = take(None, Rate(1, 0), 0)
    assert take(due, Rate(1, 0), 0.5)[0] == due


def test_only_so_many_callers_are_kept_and_the_last_to_ask_among_them() -> None:
    limiter = Limiter(Rate(0.001, 0), most=3)
    for caller in ("a", "b", "c", "a", "d"):
        limiter.ask(caller, 0)
    assert len(limiter) == 3
    kept = [limiter.ask(caller, 0) for caller in ("a", "c", "d")]
    assert [answer and answer.allowed for answer in kept] == [False, False, False]


def test_a_long_name_takes_no_more_room() -> None:
    limiter = Limiter(TWO)
    limiter.ask("x" * 100_000, 0)
    assert "x" * 1000 not in repr(limiter._due)
    assert [len(name) for name in limiter._due] == [16]
