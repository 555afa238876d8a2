"""The agent's own token: when to log in, when to renew, and whether something hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from injector.agent import schedule
from injector.agent.perform import Fetched
from injector.agent.renewal import Next, ends_with_token, token_next
from injector.agent.schedule import Circumstances, Item
from injector.vault.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from injector.agent.perform import Outcome
    from injector.agent.settings import AgentConfig
    from injector.vault.answers import TokenLease
    from injector.vault.auth import Auth
    from injector.vault.operations import VaultOperations
    from injector.vault.retry import RetryPlan
    from sealer.errors import SealerError

Job = Literal["login", "renew"]
_LONG_AGO: Final = float("-inf")
_NEVER: Final = float("inf")


class TokenKeeper:
    """Keeps a token that is good.

    Args:
        vault: Vault.
        auth: How to log in.
        config: The configuration.
        plan: How long to try.
        chance: From 0 to 1.

    """

    def __init__(
        self, vault: VaultOperations, auth: Auth, config: AgentConfig, plan: RetryPlan, *, chance: Callable[[], float]
    ) -> None:
        self.lease: TokenLease | None = None
        self.since = 0.0
        """When `lease` was had, by the monotonic clock."""
        self.logins = 0
        self.in_use = bool(config.sinks)
        """Whether something that was handed out ends with the token: leases, or the token itself."""
        self._vault = vault
        self._auth = auth
        self._config = config
        self._plan = plan
        self._chance = chance
        self._item: Item = schedule.at_once(_LONG_AGO)
        self._busy = False

    def due(self, now: float) -> Job | None:
        """Return what is to be done now; it is busy from then on until `succeeded` or `failed`."""
        if self._busy or self._item.due > now:
            return None
        self._busy = True
        return "renew" if self._item.next.action == "renew" and self.lease is not None else "login"

    def next_due(self) -> float | None:
        """Return when something is due."""
        return None if self._busy or self._item.due == _NEVER else self._item.due

    def action(self, job: Job) -> Callable[[], TokenLease]:
        """Return what a worker has to do."""
        return self._vault.renew_self if job == "renew" else lambda: self._vault.login(self._auth)

    def take_over(self, lease: TokenLease, now: float) -> None:
        """Go on with a token that another agent got."""
        self._vault.use_token(lease)
        self._accept("login", lease, now)

    def succeeded(self, job: Job, lease: TokenLease, now: float) -> str:
        """Take up a token; return what to report."""
        self._busy = False
        self._accept(job, lease, now)
        return f"logged in: {self._auth}" if job == "login" else f"renewed the token for {lease.duration:g} s"

    def failed(self, error: SealerError, now: float, *, complete: bool) -> float | None:
        """Note a failure; return in how many seconds it is tried again, None where the agent has to end."""
        self._busy = False
        config = self._config.auth
        around = Circumstances(
            now=now,
            chance=self._chance(),
            plan=self._plan,
            held=complete and not config.exit_on_error,
            exits=config.exit_on_error,
            interval=self._plan.longest,
        )
        after = schedule.failed(self._item, error, around)
        if after is None:
            return None
        self._item = after
        return max(after.due - now, 0.0)

    def lose(self, now: float) -> None:
        """Note that Vault does not know the token any more: the login is due at once."""
        self.lease = None
        if not self._busy:
            self._item = schedule.at_once(now)

    def note(self, outcome: Outcome) -> None:
        """Remember whether something that came ends with the token."""
        value = outcome.value if isinstance(outcome, Fetched) else None
        self.in_use = self.in_use or (isinstance(value, Answer) and ends_with_token(value))

    def _accept(self, job: Job, lease: TokenLease, now: float) -> None:
        self.logins += job == "login"
        self.lease, self.since = lease, now
        grace = self._item.next.grace if job == "renew" else None
        then = token_next(lease, self._chance(), grace) or Next("renew", _NEVER)
        self._item = schedule.succeeded(self._item, then, now, lease=lease.duration or None)
