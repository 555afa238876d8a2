"""Renewal of the leaf and of the CA, through simulated years."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from injector.webhook.serving import authority, issue
from injector.webhook.serving.authority import Lifetimes, Serving, Step, next_step, take, trusted_by

HOSTS = ("sealer-injector.sealer.svc", "127.0.0.1", "::1")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONG_AGO = timedelta(days=1)
LIVES = Lifetimes(leaf=timedelta(days=30), authority=timedelta(days=3650), settle=timedelta(seconds=30))


def leaf(serving: Serving) -> x509.Certificate:
    return x509.load_pem_x509_certificate(serving.certificate)


def test_what_is_made_first_is_whole_and_for_the_hosts() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    assert issue.names(leaf(serving)) == set(HOSTS)
    assert trusted_by(serving, serving.bundle)
    assert next_step(serving, HOSTS, NOW, None) is Step.NOTHING


def test_it_goes_into_a_secret_and_comes_back() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    assert authority.from_data(authority.to_data(serving)) == serving


@pytest.mark.parametrize("entry", [authority.CA, authority.CA_KEY, authority.CERTIFICATE, authority.KEY])
@pytest.mark.parametrize("damage", ["missing", "empty", "nonsense", "of another"])
def test_a_secret_that_is_damaged_is_not_usable(entry: str, damage: str) -> None:
    data = authority.to_data(authority.first(HOSTS, LIVES, NOW))
    other = authority.to_data(authority.first(HOSTS, LIVES, NOW))[entry]
    if damage == "missing":
        del data[entry]
    else:
        data[entry] = {"empty": b"", "nonsense": b"-----BEGIN X-----", "of another": other}[damage]
    assert authority.from_data(data) is None


def test_no_key_shows() -> None:
    assert "PRIVATE" not in repr(authority.first(HOSTS, LIVES, NOW))


def test_the_leaf_is_renewed_after_two_thirds_of_its_life() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    assert next_step(serving, HOSTS, NOW + timedelta(days=19), LONG_AGO) is Step.NOTHING
    later = NOW + timedelta(days=20, hours=1)
    assert next_step(serving, HOSTS, later, LONG_AGO) is Step.NEW_LEAF
    renewed = take(Step.NEW_LEAF, serving, HOSTS, LIVES, later)
    assert renewed.trusted == serving.trusted
    assert authority.expiry(renewed) > authority.expiry(serving)
    assert next_step(renewed, HOSTS, later, LONG_AGO) is Step.NOTHING


def test_another_host_is_another_leaf_at_once_and_one_host_less_is_none() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    assert next_step(serving, (*HOSTS, "more.sealer.svc"), NOW, None) is Step.NEW_LEAF
    assert next_step(serving, HOSTS[:1], NOW, None) is Step.NOTHING
    assert next_step(serving, ("SEALER-INJECTOR.sealer.svc", "0:0:0:0:0:0:0:1"), NOW, None) is Step.NOTHING


def test_a_new_ca_waits_until_it_is_registered_before_it_signs() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    later = NOW + timedelta(days=2921)
    assert next_step(serving, HOSTS, later, LONG_AGO) is Step.NEW_AUTHORITY
    both = take(Step.NEW_AUTHORITY, serving, HOSTS, LIVES, later)
    assert (len(both.trusted), both.certificate) == (2, serving.certificate)
    fresh = dataclasses.replace(both, certificate=serving.certificate)
    assert next_step(fresh, HOSTS, NOW + timedelta(days=1), None) is Step.NOTHING
    assert next_step(fresh, HOSTS, NOW + timedelta(days=1), LONG_AGO) is Step.NEW_LEAF


def test_a_leaf_that_has_expired_is_replaced_whatever_is_registered() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    both = take(Step.NEW_AUTHORITY, serving, HOSTS, LIVES, NOW)
    assert next_step(both, HOSTS, NOW + timedelta(days=31), None) is Step.NEW_LEAF


def test_the_old_ca_goes_when_no_leaf_of_it_can_be_served() -> None:
    serving = authority.first(HOSTS, LIVES, NOW)
    both = take(Step.NEW_LEAF, take(Step.NEW_AUTHORITY, serving, HOSTS, LIVES, NOW), HOSTS, LIVES, NOW)
    assert next_step(both, HOSTS, NOW + timedelta(days=10), LONG_AGO) is Step.NOTHING
    later = NOW + timedelta(days=38)
    renewed = take(Step.NEW_LEAF, both, HOSTS, LIVES, NOW + timedelta(days=20))
    assert next_step(renewed, HOSTS, later, LONG_AGO) is Step.DROP_OLD_AUTHORITIES
    assert take(Step.DROP_OLD_AUTHORITIES, renewed, HOSTS, LIVES, later).trusted == renewed.trusted[:1]


def test_a_leaf_never_outlives_its_ca() -> None:
    short = Lifetimes(leaf=timedelta(days=30), authority=timedelta(days=10))
    serving = authority.first(HOSTS, short, NOW)
    ca = x509.load_pem_x509_certificate(serving.trusted[0])
    assert authority.expiry(serving) <= ca.not_valid_after_utc


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whoever_calls_any_replica_at_any_time_trusts_it(data: st.DataObject) -> None:
    """Hours go by; the leader looks now and then, replicas and API servers notice late, but within their time."""
    lives = Lifetimes(leaf=timedelta(days=3), authority=timedelta(days=12), settle=timedelta(hours=2))
    now = NOW
    stored = authority.first(HOSTS, lives, now)
    replicas, known = [stored, stored], stored.bundle
    registered_at, registered = now, stored.bundle
    for _ in range(data.draw(st.integers(20, 60))):
        now += timedelta(hours=data.draw(st.integers(1, 7)))
        if data.draw(st.booleans()) or now - registered_at > timedelta(hours=12):
            since = now - registered_at - lives.settle
            settled = since if registered == stored.bundle and since >= timedelta() else None
            stored = take(next_step(stored, HOSTS, now, settled), stored, HOSTS, lives, now)
            if registered != stored.bundle:
                registered, registered_at = stored.bundle, now
        # An API server notices within the settling time; a replica within hours, long before its leaf ends.
        if now - registered_at >= lives.settle or data.draw(st.booleans()):
            known = registered
        for index in range(len(replicas)):
            if data.draw(st.booleans()) or authority.expiry(replicas[index]) - now < timedelta(hours=12):
                replicas[index] = stored
        for served in replicas:
            assert authority.expiry(served) > now
            assert trusted_by(served, known)
