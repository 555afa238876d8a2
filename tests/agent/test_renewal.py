"""When the agent renews, looks again and asks anew: the rules, over all answers and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.agent.renewal import (
    Next,
    after_answer,
    after_renewal,
    certificate_life,
    ends_with_token,
    first_renewal,
    is_news,
    token_next,
)
from injector.agent.settings import Refresh
from injector.vault.answers import Answer, TokenLease, VaultLease
from injector.vault.verbatim import Number

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHANCES = st.floats(0, 1)
DURATIONS = st.floats(10, 10**8)
REFRESH = Refresh(static_interval=300.0, threshold=0.9)


def answer(kind: Any = "other", *, lease: str = "", duration: int = 0, renewable: bool = False, **data: Any) -> Answer:
    body: dict[str, Any] = {
        "lease_id": lease,
        "lease_duration": Number(str(duration)),
        "renewable": renewable,
        "data": data,
    }
    return Answer(body, data, data, kind, ())


def after(given: Answer, chance: float = 0.5, refresh: Refresh = REFRESH) -> Next:
    return after_answer(given, refresh, NOW, chance)


@given(CHANCES)
def test_version_2_is_looked_at_on_the_static_interval_spread_by_chance(chance: float) -> None:
    then = after(answer("kv2"), chance)
    assert then.action == "look"
    assert 0.85 * 300 - 1e-6 <= then.after <= 0.95 * 300 + 1e-6


@given(CHANCES)
def test_version_1_is_read_on_the_static_interval_though_it_names_a_lease_of_32_days(chance: float) -> None:
    then = after(answer("kv1", duration=2764800), chance)
    assert then.action == "fetch"
    assert 0.85 * 300 - 1e-6 <= then.after <= 0.95 * 300 + 1e-6


def test_a_shorter_wish_of_a_version_1_secret_counts() -> None:
    assert after(answer("kv1", duration=30)).after == pytest.approx(27)


@given(DURATIONS, CHANCES)
def test_a_lease_that_cannot_be_renewed_is_replaced_before_it_ends(duration: float, chance: float) -> None:
    then = after(answer(lease="x/1", duration=int(duration)), chance)
    assert then.action == "fetch"
    assert 0.8 * int(duration) <= then.after < int(duration)


@given(DURATIONS, CHANCES)
def test_a_renewable_lease_is_renewed_well_before_it_ends(duration: float, chance: float) -> None:
    then = first_renewal(VaultLease("x/1", duration, renewable=True), REFRESH, chance)
    assert then.action == "renew"
    assert 0.69 * duration < then.after < 0.74 * duration
    assert then.after < duration - then.grace


@given(DURATIONS, st.lists(st.floats(0, 1), min_size=1, max_size=30), CHANCES)
def test_renewals_end_in_a_replacement_while_the_lease_still_holds(
    duration: float, shares: list[float], chance: float
) -> None:
    """However much of its time Vault gives back at each renewal, the lease is never let run out."""
    then = first_renewal(VaultLease("x/1", duration, renewable=True), REFRESH, chance)
    left = duration
    for share in shares:
        assert then.after < left
        if then.action == "fetch":
            break
        left = duration * share
        then = after_renewal(VaultLease("x/1", left, renewable=True), then)
        if left <= 4 * duration * 0.1:
            assert (then.action, then.after) == ("fetch", 0.0)
            break


def test_a_lease_that_stops_being_renewable_is_replaced_within_its_rest() -> None:
    then = after_renewal(VaultLease("x/1", 100.0, renewable=False), Next("renew", 0.0, grace=20.0))
    assert then == Next("fetch", 80.0)


@given(st.floats(1, 10**8), CHANCES, st.booleans())
def test_a_token_is_renewed_or_replaced_before_it_ends(duration: float, chance: float, renewable: bool) -> None:
    then = token_next(TokenLease("t", duration, renewable), chance)
    assert then is not None
    assert then.action == ("renew" if renewable else "fetch")
    assert then.after <= max(duration, 1.0)


def test_a_token_without_an_end_is_left_alone() -> None:
    assert token_next(TokenLease("t", 0, renewable=False), 0.5) is None


def test_a_token_at_its_greatest_age_means_a_new_login() -> None:
    first = token_next(TokenLease("t", 100.0, renewable=True), 0.0)
    assert first is not None
    assert token_next(TokenLease("t", 20.0, renewable=True), 0.0, first.grace) == Next("fetch", 0.0)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        ({"rotation_period": Number("3600"), "ttl": Number("40")}, 41),
        ({"rotation_period": Number("3600"), "ttl": Number("0")}, 1),
        ({"secret_id": "x", "secret_id_ttl": Number("100")}, 101),
        ({"certificate": "x", "expiration": Number(str(int((NOW + timedelta(hours=1)).timestamp())))}, 3240),
        ({}, 270),
    ],
)
def test_what_has_no_lease_says_in_its_data_how_long_it_lasts(data: dict[str, Any], seconds: float) -> None:
    then = after(answer(**data))
    assert (then.action, round(then.after)) == ("fetch", seconds)


def test_a_token_that_was_made_is_replaced_within_its_life() -> None:
    made = answer()
    made = replace(made, body={**made.body, "auth": {"client_token": "t", "lease_duration": Number("60")}})
    assert after(made).after == pytest.approx(54)
    assert ends_with_token(made)


def test_an_expired_certificate_is_no_loop_without_a_pause() -> None:
    past = Number(str(int((NOW - timedelta(hours=1)).timestamp())))
    assert after(answer(certificate="x", expiration=past)).after == 1.0


def test_certificates_are_replaced_before_nine_tenths_of_their_life_and_not_all_at_once() -> None:
    assert certificate_life(0.0) == 0.90
    assert certificate_life(1.0) == pytest.approx(0.85)


HELD = {"version": Number("3"), "custom_metadata": None, "deletion_time": "", "destroyed": False}
SAME = {
    "current_version": Number("3"),
    "custom_metadata": None,
    "versions": {"3": {"deletion_time": "", "destroyed": False}},
}


@pytest.mark.parametrize(
    ("metadata", "news"),
    [
        (SAME, False),
        (SAME | {"current_version": Number("4")}, True),
        (SAME | {"custom_metadata": {"owner": "x"}}, True),
        (SAME | {"versions": {"3": {"deletion_time": "2026-01-01T00:00:00Z", "destroyed": False}}}, True),
        (SAME | {"versions": {"3": {"deletion_time": "", "destroyed": True}}}, True),
        (SAME | {"versions": {}}, True),
        ({}, True),
    ],
)
def test_metadata_tells_whether_there_is_something_new(metadata: dict[str, Any], news: bool) -> None:
    assert is_news(answer("kv2", data={}, metadata=HELD), metadata) is news
