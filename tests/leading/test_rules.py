"""The rules of the election, one at a time; tests/leading/test_rivals.py shuffles them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealer.apiserver.election import (
    Candidate,
    LeaseRecord,
    Timing,
    observe,
    pause,
    propose,
    release,
    sending,
    stored,
)
from sealer.errors import ConfigError

TIMING = Timing()
THEIRS = LeaseRecord("them", 15, "t0", "t1", 3)


def candidate() -> Candidate:
    return Candidate("us", TIMING)


def leader(sent_at: float = 100.0) -> Candidate:
    """A candidate that took a Lease which was not there, and knows it as version 1."""
    fresh = observe(candidate(), None, "", sent_at)
    record = propose(fresh, sent_at, "t0")
    assert record is not None
    return stored(sending(fresh, record, sent_at), "1", sent_at + 1)


def test_the_defaults_are_those_of_kubernetes_components() -> None:
    assert (TIMING.lease_duration, TIMING.renew_deadline, TIMING.retry_period) == (15, 10, 2)


@pytest.mark.parametrize("times", [(10, 10, 2), (15, 4, 2), (15, 10, 0)])
def test_times_that_make_two_leaders_or_none_are_refused(times: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigError):
        Timing(*times)


def test_before_the_first_look_nothing_is_written() -> None:
    assert propose(candidate(), 100, "now") is None


def test_a_lease_that_never_was_is_made_at_once() -> None:
    fresh = observe(candidate(), None, "", 100)
    assert propose(fresh, 100, "now") == LeaseRecord("us", 15, "now", "now", 0)


def test_a_lease_of_another_is_waited_for_from_the_first_look_on_by_our_own_clock() -> None:
    seen = observe(candidate(), THEIRS, "7", 100)
    seen = observe(seen, THEIRS, "7", 110)
    assert propose(seen, 114.9, "now") is None
    assert propose(seen, 115, "now") == LeaseRecord("us", 15, "now", "now", 4)


def test_a_renewal_starts_the_wait_anew() -> None:
    seen = observe(candidate(), THEIRS, "7", 100)
    seen = observe(seen, replace(THEIRS, renewed="t2"), "8", 110)
    assert propose(seen, 124.9, "now") is None


def test_what_the_record_says_of_the_time_is_not_believed() -> None:
    """A holder whose clock is years behind, or ahead, holds its Lease as long as any other."""
    for renewed in ("1970-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"):
        seen = observe(candidate(), replace(THEIRS, renewed=renewed), "7", 100)
        assert propose(seen, 114.9, "now") is None
        assert propose(seen, 115, "now") is not None


def test_a_longer_duration_in_the_record_is_respected_and_a_shorter_one_is_not() -> None:
    longer = observe(candidate(), replace(THEIRS, duration=60), "7", 100)
    assert propose(longer, 159.9, "now") is None
    shorter = observe(candidate(), replace(THEIRS, duration=1), "7", 100)
    assert propose(shorter, 114.9, "now") is None


def test_a_released_lease_is_taken_at_once_and_one_emptied_by_hand_is_not() -> None:
    released = release(leader(), "then")
    assert released == LeaseRecord("", 1, "then", "then", 0)
    assert propose(observe(candidate(), released, "7", 100), 100, "now") is not None
    emptied = replace(THEIRS, holder="")
    assert propose(observe(candidate(), emptied, "7", 100), 114.9, "now") is None


def test_a_lease_deleted_under_another_is_waited_for() -> None:
    seen = observe(candidate(), THEIRS, "7", 100)
    gone = observe(seen, None, "", 101)
    assert propose(gone, 115.9, "now") is None
    assert propose(gone, 116, "now") is not None


def test_a_leader_whose_lease_is_deleted_puts_it_back_as_the_same_term() -> None:
    ours = observe(leader(), None, "", 103)
    record = propose(ours, 103, "now")
    assert record == LeaseRecord("us", 15, "t0", "now", 0)
    assert ours.leads(103)


def test_leading_is_counted_from_when_the_renewal_was_sent() -> None:
    ours = leader(sent_at=100)
    assert ours.leads(109.9)
    assert not ours.leads(110)
    assert (ours.remaining(104), ours.remaining(111)) == (6, 0)


def test_a_renewal_keeps_the_term_and_prolongs_the_lead() -> None:
    ours = leader(sent_at=100)
    record = propose(ours, 102, "t2")
    assert record == LeaseRecord("us", 15, "t0", "t2", 0)
    assert record is not None
    ours = stored(sending(ours, record, 102), "2", 104)
    assert ours.leads(111.9)


def test_a_renewal_whose_answer_was_lost_prolongs_nothing_until_it_is_seen_and_followed_up() -> None:
    ours = leader(sent_at=100)
    record = propose(ours, 102, "t2")
    assert record is not None
    ours = sending(ours, record, 102)
    assert not ours.leads(110)
    ours = observe(ours, record, "2", 111)
    assert not ours.leads(111)
    assert propose(ours, 111, "t3") == LeaseRecord("us", 15, "t0", "t3", 0)


def test_a_leader_that_sees_another_in_its_lease_stops_at_once() -> None:
    assert not observe(leader(), THEIRS, "7", 101).leads(101)


def test_our_name_in_a_lease_that_we_did_not_take_is_a_stranger_s() -> None:
    seen = observe(candidate(), THEIRS, "7", 100)
    seen = observe(seen, replace(THEIRS, holder="us"), "8", 101)
    assert propose(seen, 115.9, "now") is None


def test_a_container_that_is_started_again_goes_on_under_its_own_lease() -> None:
    again = observe(candidate(), LeaseRecord("us", 15, "t0", "t1", 3), "7", 100)
    assert propose(again, 100, "now") == LeaseRecord("us", 15, "t0", "now", 3)


def test_an_acquisition_tried_again_is_known_for_ours_whichever_try_was_stored() -> None:
    fresh = observe(candidate(), THEIRS, "7", 100)
    first = propose(fresh, 115, "a")
    assert first is not None
    waiting = sending(fresh, first, 115)
    second = propose(waiting, 117, "b")
    assert second is not None
    found = observe(sending(waiting, second, 117), first, "8", 119)
    assert propose(found, 119, "c") == LeaseRecord("us", 15, "a", "c", 4)


def test_only_what_is_ours_is_released() -> None:
    assert release(candidate(), "now") is None
    assert release(observe(candidate(), None, "", 100), "now") is None
    assert release(observe(leader(), THEIRS, "7", 101), "now") is None


def test_a_leader_renews_each_retry_period_and_never_sleeps_past_its_deadline() -> None:
    assert pause(leader(sent_at=100), 101, lambda: 0.9) == 2
    assert pause(leader(sent_at=100), 109, lambda: 0.9) == 1


def test_others_look_at_moments_of_their_own_and_when_the_lease_becomes_free() -> None:
    seen = observe(candidate(), THEIRS, "7", 100)
    assert pause(seen, 100, lambda: 0.0) == 2
    assert pause(seen, 100, lambda: 0.999) == pytest.approx(1, abs=0.01)
    assert pause(seen, 114.5, lambda: 0.0) == 0.5
    assert pause(seen, 115, lambda: 0.0) == 2
