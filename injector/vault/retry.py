"""Trying again, with an end (reference, vault-agent-injector 5.5: the existing agent's auth retries for ever)."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from injector.vault.errors import Patience, VaultError, VaultUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable


class _Answered(Protocol):
    @property
    def status_code(self) -> int: ...


_T = TypeVar("_T")
_Reply = TypeVar("_Reply", bound=_Answered)
_JITTER: Final = 0.25
_NEXT_TO_NOTHING: Final = 0.01


@dataclass(frozen=True)
class RetryPlan:
    """How often and for how long to try again. All in seconds.

    Attributes:
        limit: How long faults that heal by themselves are borne, about as long as the existing agent bears them.
        short_limit: How long faults that are nearly always for good are.
        first: The first wait; each next one doubles.
        longest: The longest wait.

    """

    limit: float = 300.0
    short_limit: float = 10.0
    first: float = 0.25
    longest: float = 60.0


@dataclass(frozen=True)
class Clock:
    """Time and chance as arguments, so that tests need no sleep."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


Report: TypeAlias = "Callable[[str], None]"


def next_wait(plan: RetryPlan, patience: Patience, tries: int, elapsed: float, chance: float) -> float | None:
    """Decide how long to wait before the next try; None to give up.

    Args:
        plan: The limits.
        patience: Of the error that the last try ended with.
        tries: How many there were.
        elapsed: Seconds since the first.
        chance: From 0 to 1; takes up to a quarter off the wait, so that pods started together spread.

    """
    limit = {Patience.LONG: plan.limit, Patience.SHORT: min(plan.short_limit, plan.limit), Patience.NONE: 0.0}[patience]
    left = limit - elapsed
    if left < _NEXT_TO_NOTHING:
        return None
    doublings = min(tries - 1, 32)  # far beyond `longest`, and no overflow
    wait = min(plan.first * 2.0**doublings, plan.longest) * (1 - _JITTER * chance)
    return min(wait, left)


def persist(action: Callable[[], _T], plan: RetryPlan, clock: Clock, report: Report) -> _T:
    """Call `action` until it succeeds or trying again is of no use.

    Args:
        action: What to do; reading is safe to repeat, and so is a login.
        plan: For how long.
        clock: Time and chance.
        report: Gets one line for each failure that is followed by another try.

    Raises:
        VaultError: The error of the last try.

    """
    start, tries = clock.monotonic(), 0
    while True:
        try:
            return action()
        except VaultError as error:
            tries += 1
            wait = next_wait(plan, error.patience, tries, clock.monotonic() - start, clock.chance())
            if wait is None:
                raise
            report(f"{error.message}; trying again in {wait:.1f} s")
        clock.sleep(wait)


def patiently(send: Callable[[], _Reply], times: int, clock: Clock) -> _Reply:
    """Send a request, and repeat it at once if it had no luck, as Vault's own client does.

    Args:
        send: Sends the request.
        times: How often to repeat it.
        clock: Time and chance: the waits are of 1 to 1.5 s.

    Raises:
        VaultUnreachableError: No try was answered.

    """
    for _ in range(times):
        with suppress(VaultUnreachableError):
            reply = send()
            if not _unlucky(reply.status_code):
                return reply
        clock.sleep(1 + clock.chance() / 2)
    return send()


def _unlucky(status: int) -> bool:
    """Say whether an answer is worth a repetition: it asks for patience, or the server stumbled over something."""
    return status in {412, 429} or (status >= 500 and status != 501)  # noqa: PLR2004  # HTTP
