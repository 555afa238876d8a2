"""What becomes of a thing that could not be had: tried again, replaced, kept, or the end of the agent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.agent.renewal import Next
from injector.agent.schedule import Circumstances, Item, at_once, failed, succeeded
from injector.vault.errors import (
    InvalidTokenError,
    PermissionDeniedError,
    SecretNotFoundError,
    VaultError,
    VaultRequestError,
    VaultUnreachableError,
)
from injector.vault.retry import RetryPlan

GONE = VaultUnreachableError("no answer")
DENIED = PermissionDeniedError("permission denied")
BEGINNING = Circumstances(now=100.0, chance=0.0, plan=RetryPlan(), held=False, exits=True)
LATER = replace(BEGINNING, held=True)


def until_the_end(item: Item, error: VaultError, around: Circumstances) -> tuple[Item | None, float]:
    """Fail again and again, each time when it is due; return where that ends, and after how many seconds."""
    start, current = around.now, item
    for _ in range(100):
        after = failed(current, error, around)
        if after is None or after.given_up:
            return after, around.now - start
        assert after.due >= around.now
        current, around = after, replace(around, now=after.due)
    raise AssertionError("it never ends")


@pytest.mark.parametrize(("error", "seconds"), [(GONE, 300.0), (DENIED, 10.0), (VaultRequestError("no"), 0.0)])
def test_without_anything_held_the_agent_ends_after_its_patience(error: VaultError, seconds: float) -> None:
    after, passed = until_the_end(at_once(100.0), error, BEGINNING)
    assert after is None
    assert passed == pytest.approx(seconds, abs=0.02)


def test_a_refusal_of_something_held_is_borne_and_tried_now_and_then() -> None:
    item, _ = until_the_end(at_once(100.0), DENIED, LATER)
    assert item is not None
    again = failed(item, DENIED, replace(LATER, now=item.due))
    assert again is not None
    assert again.due - item.due == LATER.interval


@pytest.mark.parametrize("exits", [True, False])
def test_a_fault_that_should_heal_ends_the_agent_as_configured(exits: bool) -> None:
    item, _ = until_the_end(at_once(100.0), GONE, replace(LATER, exits=exits))
    assert (item is None) is exits


@pytest.mark.parametrize("error", [DENIED, VaultRequestError("the lease is gone"), SecretNotFoundError("gone")])
def test_a_lease_that_cannot_be_renewed_is_replaced_at_once(error: VaultError) -> None:
    assert failed(Item(Next("renew", 5.0), 100.0, ends=200.0), error, LATER) == Item(Next("fetch", 0.0), 100.0, 200.0)


def test_a_renewal_that_vault_does_not_answer_is_tried_while_the_lease_holds_and_then_replaced() -> None:
    item, around = Item(Next("renew", 5.0), 100.0, ends=104.0), LATER
    actions = []
    for _ in range(6):
        after = failed(item, GONE, around)
        assert after is not None
        actions.append(after.next.action)
        assert (after.next.action == "renew") is (after.due < 104.0)
        item, around = after, replace(around, now=after.due)
    assert actions[0] == "renew"
    assert actions[-1] == "fetch"


def test_metadata_that_may_not_be_read_means_to_read_the_secret_from_then_on() -> None:
    after = failed(Item(Next("look", 5.0), 100.0), DENIED, LATER)
    assert after == Item(Next("fetch", 0.0), 100.0, by_reading=True)
    assert succeeded(after, Next("look", 270.0), 101.0).by_reading


def test_an_invalid_token_leaves_a_renewal_to_the_next_login() -> None:
    after = failed(Item(Next("renew", 5.0), 100.0, ends=200.0), InvalidTokenError("unknown"), LATER)
    assert after is not None
    assert (after.next.action, after.tries) == ("renew", 1)


@given(st.floats(0, 1), st.integers(1, 40))
def test_waits_grow_and_never_pass_a_minute(chance: float, tries: int) -> None:
    item = Item(Next("fetch", 0.0), 100.0, tries=tries, since=100.0)
    after = failed(item, GONE, replace(LATER, chance=chance))
    assert after is not None
    assert 0 < after.due - 100.0 <= 60.0


def test_a_success_forgets_the_failures() -> None:
    item = Item(Next("fetch", 0.0), 100.0, tries=5, since=1.0, given_up=True)
    assert succeeded(item, Next("look", 270.0), 110.0, lease=None) == Item(Next("look", 270.0), 380.0)
