"""The agent's loop: what is due is started, what comes is taken up, and a generation that is complete is shown.

One thread decides; workers ask Vault and run commands; everything that happens comes through one inbox, signals
included. So nothing is interrupted half way, and nothing that takes long holds up a renewal.
"""

from __future__ import annotations

import queue
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from injector.agent.errors import AgentError, TemplateError
from injector.agent.perform import Fetched, Renewed
from injector.agent.schedule import Circumstances
from injector.agent.workers import Done
from injector.vault.errors import InvalidTokenError, VaultError
from sealer.errors import InputError, SealerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from injector.agent.events import Events
    from injector.agent.generation import Generation, Renderer
    from injector.agent.perform import Outcome, Performer
    from injector.agent.publishing import Publisher
    from injector.agent.settings import AgentConfig
    from injector.agent.store import Store
    from injector.agent.token import Job, TokenKeeper
    from injector.agent.wants import Want
    from injector.agent.workers import Workers
    from injector.vault.retry import RetryPlan

_SIGNALLED: Final = 128  # what a shell adds to a signal's number
_FOR_EVER: Final = 3600.0
_LAST_MOMENT: Final = 2.0


class Stop(NamedTuple):
    """Somebody wants the agent to end: a signal, or the application (0)."""

    number: int


class LookNow(NamedTuple):
    """Somebody wants the agent to look for news at once."""


class Work(NamedTuple):
    """A job of a worker: an action for a thing, with the token of a login."""

    want: Want
    login: int


class Tools(NamedTuple):
    """What the loop works with."""

    inbox: queue.SimpleQueue[Any]
    workers: Workers
    store: Store
    token: TokenKeeper
    performer: Performer
    renderer: Renderer
    publisher: Publisher
    events: Events
    plan: RetryPlan
    monotonic: Callable[[], float]
    chance: Callable[[], float]


class Loop:
    """Runs until the files are written, or until it is told to stop.

    Args:
        config: The configuration.
        tools: What to work with.

    """

    def __init__(self, config: AgentConfig, tools: Tools) -> None:
        self._config = config
        self._tools = tools
        self._status: int | None = None
        self._stop_at: float | None = None
        self._news = True
        self._said: set[str] = set()
        self._waiting: Mapping[Want, str] = {}
        self.complete = False
        """Whether a generation was shown, and all that had to run after it did."""

    def run(self) -> int:
        """Run, and return the exit status.

        Raises:
            SealerError: The agent cannot go on.

        """
        self._advance()
        while self._status is None:
            now = self._tools.monotonic()
            if self._stop_at is not None and now >= self._stop_at:
                return 0
            self._start_due(now)
            for event in self._events(now):
                self._take(event)
            if self._news:
                self._advance()
        return self._status

    def finish_work(self) -> None:
        """Wait a moment for what is under way, so that what it brings can be given back, too."""
        tools = self._tools
        end = tools.monotonic() + _LAST_MOMENT
        while tools.workers.busy:
            try:
                event = tools.inbox.get(timeout=max(end - tools.monotonic(), 0.0))
            except queue.Empty:
                return
            if not isinstance(event, Done):
                continue
            tools.workers.finished()
            if isinstance(event.value, Fetched):
                tools.token.note(event.value)
                tools.events.info(event.value.event)
            elif event.job == "login" and event.value is not None:
                tools.token.succeeded("login", event.value, tools.monotonic())

    def _start_due(self, now: float) -> None:
        tools = self._tools
        job = tools.token.due(now)
        if job is not None:
            tools.workers.start(job, tools.token.action(job))
        if tools.token.lease is None:
            return
        for want, then in tools.store.due(now):
            held = tools.store.values.get(want)
            tools.workers.start(
                Work(want, tools.token.logins), partial(tools.performer.perform, want, then.action, held)
            )

    def _events(self, now: float) -> list[Any]:
        """Wait for something to happen, or to be due; return all that has happened."""
        tools = self._tools
        dues = [tools.token.next_due(), self._stop_at, tools.publisher.tidy_at]
        dues.append(tools.store.next_due() if tools.token.lease is not None else None)
        wait = min((due for due in dues if due is not None), default=now + _FOR_EVER) - now
        events = []
        try:
            events.append(tools.inbox.get(timeout=min(max(wait, 0.0), _FOR_EVER)))
            while True:
                events.append(tools.inbox.get_nowait())
        except queue.Empty:
            tools.publisher.tidy_if_due(tools.monotonic())
            return events

    def _take(self, event: Any) -> None:
        tools = self._tools
        match event:
            case Done():
                tools.workers.finished()
                if event.crashed:
                    raise AgentError(f"a bug of the agent: {event.crash}")
                if isinstance(event.job, Work):
                    self._take_work(event.job, event.value, event.error)
                elif event.job == "commands":
                    self._take_commands(event.value)
                else:
                    self._take_token(event.job, event.value, event.error)
            case Stop():
                self._stop(event.number)
            case LookNow():
                tools.events.info(f"looking for news of {tools.store.look_now(tools.monotonic())} secrets, as told")

    def _take_work(self, job: Work, outcome: Outcome | None, error: SealerError | None) -> None:
        tools = self._tools
        if error is not None:
            if isinstance(error, InvalidTokenError) and job.login == tools.token.logins:
                tools.token.lose(tools.monotonic())
            self._bear(job.want, error)
        elif outcome is not None:
            self._news |= tools.store.succeeded(job.want, outcome, tools.monotonic())
            tools.token.note(outcome)
            if isinstance(outcome, Fetched) and outcome.event:
                tools.events.info(outcome.event)
            if isinstance(outcome, Renewed):
                tools.events.info(f"renewed the lease of {job.want} for {outcome.lease.duration:g} s")

    def _bear(self, want: Want, error: SealerError) -> None:
        tools, refresh = self._tools, self._config.refresh
        around = Circumstances(
            now=tools.monotonic(),
            chance=tools.chance(),
            plan=tools.plan,
            held=self.complete or (self._config.stays and not refresh.exit_on_failure),
            exits=refresh.exit_on_failure,
            interval=refresh.static_interval,
        )
        wait = tools.store.failed(want, error, around)
        if wait is None:
            raise self._named(want, error)
        hopeless = tools.store.is_hopeless(want)
        kept = ", and keeping what there is" if hopeless and self.complete else ""
        tools.events.warn(f"{error.message}; trying again in {wait:.1f} s{kept}")
        self._news |= hopeless or not tools.store.is_busy

    def _named(self, want: Want, error: SealerError) -> SealerError:
        """Return an error that is not Vault's with the template that it comes from."""
        if isinstance(error, VaultError) or not isinstance(error, InputError):
            return error
        place = self._waiting.get(want)
        named = next((one.name for one in self._config.templates if one.destination == place), place)
        return TemplateError(f"the template of {named}: {error.message}", hint=error.hint) if named else error

    def _take_token(self, job: Job, lease: Any, error: SealerError | None) -> None:
        tools = self._tools
        now = tools.monotonic()
        if error is not None:
            wait = tools.token.failed(error, now, complete=self.complete)
            if wait is None:
                raise error
            tools.events.warn(f"{error.message}; trying again in {wait:.1f} s")
            return
        tools.events.info(tools.token.succeeded(job, lease, now))
        if job == "login":
            self._news = True
            tools.publisher.write_sinks(lease.token)
            count = tools.store.ask_dynamic_anew(now) if tools.token.logins > 1 else 0
            if count:
                tools.events.info(f"asking anew for {count} secrets that hang on the old login")

    def _advance(self) -> None:
        """Render what is known; ask for what is missing; show a generation that is complete."""
        tools = self._tools
        if tools.publisher.is_busy or (tools.store.is_busy and not self.complete):
            return  # it is asked again when they are done
        self._news = False
        generation = tools.renderer.render(tools.store.values)
        self._waiting = generation.missing
        tools.store.want([*generation.missing, *generation.used], tools.monotonic())
        hopeful = [want for want in generation.missing if not tools.store.is_hopeless(want)]
        if hopeful or tools.token.logins == 0 or (generation.missing and not self.complete):
            return
        if not generation.missing:
            tools.store.keep_only(generation.used)
        self._show(generation)

    def _show(self, generation: Generation) -> None:
        tools = self._tools
        for failure in generation.failures:
            self._say_once(f"{failure.message}; keeping the file as it was")
        try:
            todo = tools.publisher.publish(generation.files)
        except SealerError as error:
            if not self.complete or self._config.refresh.exit_on_failure:
                raise
            self._say_once(error.message)
            return
        if todo:
            tools.workers.start("commands", partial(tools.publisher.run, todo))
            return
        self._shown()

    def _take_commands(self, failures: list[SealerError]) -> None:
        self._tools.publisher.is_busy = False
        self._news = True
        for failure in failures:
            if not self._config.stays or self._config.refresh.exit_on_failure:
                raise failure
            self._tools.events.warn(failure.message)
        self._shown()

    def _shown(self) -> None:
        if not self.complete:
            self._tools.publisher.finish_first()
        self.complete = True
        if not self._config.stays:
            self._status = 0

    def _stop(self, number: int) -> None:
        tools = self._tools
        tools.events.info(f"stopped by {signal.Signals(number).name if number else 'the application'}")
        if not self.complete:
            self._status = _SIGNALLED + number if number else 0
        elif self._waits_for_grace(number):
            self._stop_at = tools.monotonic() + self._config.revoke_grace
            tools.events.info(f"the token is revoked in {self._config.revoke_grace:g} s")
        else:
            self._status = 0

    def _waits_for_grace(self, number: int) -> bool:
        """Say whether the application gets time with its secrets: told twice, the agent ends at once."""
        config = self._config
        return bool(config.revoke_on_shutdown and number and config.revoke_grace > 0 and self._stop_at is None)

    def _say_once(self, event: str) -> None:
        if event not in self._said:
            self._said.add(event)
            self._tools.events.warn(event)
