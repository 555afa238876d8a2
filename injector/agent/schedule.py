"""What the agent does when, for each thing it wants and for its token (pure).

Times are of one monotonic clock. Each function takes what is, and returns what is to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from injector.agent.renewal import Next
from injector.vault.errors import InvalidTokenError, Patience, PermissionDeniedError, VaultError
from injector.vault.retry import RetryPlan, next_wait

if TYPE_CHECKING:
    from sealer.errors import SealerError

_SLOWEST: Final = 300.0


@dataclass(frozen=True, slots=True)
class Item:
    """Where one thing stands.

    Attributes:
        next: What is to be done with it.
        due: When.
        ends: When what is held stops to be good, such as a lease; None for never.
        tries: How often it failed since it last succeeded.
        since: When it first failed.
        given_up: Whether it is tried only now and then, since it failed for long.
        by_reading: Whether its metadata may not be read, so that it is read itself.

    """

    next: Next
    due: float
    ends: float | None = None
    tries: int = 0
    since: float = 0.0
    given_up: bool = False
    by_reading: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision after a failure depends on, besides the failure.

    Attributes:
        now: The monotonic clock.
        chance: From 0 to 1.
        plan: How long to try.
        held: Whether there is something from before that can go on being used.
        exits: Whether the agent ends when a fault that should have healed lasts.
        interval: How often to try what was given up, in seconds.

    """

    now: float
    chance: float
    plan: RetryPlan
    held: bool
    exits: bool
    interval: float = _SLOWEST


def at_once(now: float) -> Item:
    """Return a thing that is wanted now."""
    return Item(Next("fetch", 0.0), now)


def hastened(item: Item, now: float) -> Item:
    """Return a thing that is due now instead of later."""
    return replace(item, due=now, tries=0, given_up=False)


def succeeded(item: Item, then: Next, now: float, *, lease: float | None = None) -> Item:
    """Return where a thing stands after a success.

    Args:
        item: Where it stood.
        then: What comes next.
        now: The monotonic clock.
        lease: How long what is held is good, in seconds; None for as long as you like.

    """
    ends = None if lease is None else now + lease
    return Item(then, now + then.after, ends, by_reading=item.by_reading)


def failed(item: Item, error: SealerError, around: Circumstances) -> Item | None:
    """Return where a thing stands after a failure; None where the agent has to end with this error.

    A lease that cannot be renewed is replaced at once, unless Vault is not there: then it is tried again while it still
    holds. Something that is held goes on being used after a refusal, which is tried again now and then. Without it, or
    where a fault that should heal lasts and the configuration says so, the agent ends.
    """
    patience = error.patience if isinstance(error, VaultError) else Patience.NONE
    now, since = around.now, item.since if item.tries else around.now
    counted = replace(item, tries=item.tries + 1, since=since)
    if item.next.action == "renew" and patience is not Patience.LONG and not isinstance(error, InvalidTokenError):
        return Item(Next("fetch", 0.0), now, item.ends)
    if item.next.action == "look" and isinstance(error, PermissionDeniedError):
        return Item(Next("fetch", 0.0), now, item.ends, by_reading=True)
    if item.given_up:
        return replace(counted, due=now + around.interval)
    wait = next_wait(around.plan, patience, counted.tries, now - since, around.chance)
    if wait is not None:
        action = Next("fetch", 0.0) if _is_over(item, now + wait) else item.next
        return replace(counted, next=action, due=now + wait)
    if not around.held or (patience is Patience.LONG and around.exits):
        return None
    return replace(counted, next=Next("fetch", 0.0), due=now + around.interval, given_up=True)


def _is_over(item: Item, moment: float) -> bool:
    return item.next.action == "renew" and item.ends is not None and moment >= item.ends
