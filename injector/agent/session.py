"""One run of the agent, from its configuration to its end: puts the parts together, and tidies up after them."""

from __future__ import annotations

import queue
import random
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from injector.agent.errors import ConfigurationError, OutputError
from injector.agent.generation import Renderer
from injector.agent.loop import LookNow, Loop, Stop, Tools
from injector.agent.perform import Performer
from injector.agent.publishing import Publisher
from injector.agent.render import to_json
from injector.agent.store import Store
from injector.agent.token import TokenKeeper
from injector.agent.wants import Read, Write
from injector.agent.workers import Workers
from injector.vault.auth import TokenAuth
from injector.vault.errors import VaultError
from injector.vault.operations import open_client
from injector.vault.retry import Clock, RetryPlan, persist

if TYPE_CHECKING:
    from collections.abc import Callable

    from injector.agent.container import Container
    from injector.agent.events import Events
    from injector.agent.settings import AgentConfig
    from injector.vault.auth import Auth
    from injector.vault.operations import VaultOperations
    from injector.vault.settings import Connection


class Session:
    """A run.

    Args:
        config: The configuration.
        container: Where the agent runs.
        events: Gets a line for each event.

    Raises:
        SealerError: A template or a path cannot be used; nothing was asked of Vault.

    """

    def __init__(self, config: AgentConfig, container: Container, events: Events) -> None:
        self._config = config
        self._container = container
        self._events = events
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._renderer = Renderer(config, container)

    def run(self, connection: Connection, auth: Auth, retry_for: float) -> int:
        """Run to the end, and return the exit status.

        Args:
            connection: How to reach Vault.
            auth: How to log in.
            retry_for: How long faults that heal by themselves are borne, in seconds.

        Raises:
            SealerError: The agent cannot go on.

        """
        vault = open_client(connection, max_connections=self._config.refresh.max_connections)
        tools = self._tools(vault, auth, RetryPlan(limit=retry_for))
        loop = Loop(self._config, tools)
        self._hear()
        try:
            tools.publisher.start()
            self._take_over(tools)
            close = self._listen(vault, tools.token)
            try:
                return loop.run()
            finally:
                close()
        finally:
            tools.publisher.stop()
            loop.finish_work()
            self._end(vault, auth, tools, complete=loop.complete)

    def hand_over_wrapped(self, connection: Connection, auth: Auth, retry_for: float) -> int:
        """Log in for somebody else: the sinks get a token that unwraps the real one, and the agent itself gets none.

        https://developer.hashicorp.com/vault/docs/concepts/response-wrapping; reference, vault-agent-injector 5.6.

        Args:
            connection: How to reach Vault.
            auth: How to log in.
            retry_for: As `run`.

        Returns:
            The exit status.

        Raises:
            SealerError: The login fails, or a file cannot be written.

        """
        vault, ttl = open_client(connection), self._config.auth.wrap_ttl
        try:
            plan = RetryPlan(limit=retry_for)
            wrapped = persist(lambda: vault.login_wrapped(auth, ttl), plan, Clock(), self._events.warn)
        finally:
            vault.close()
        self._events.info(f"logged in for whoever unwraps the token: {auth}")
        publisher = Publisher(self._config, self._container, self._events, time.monotonic)
        publisher.write_sinks(to_json(dict(wrapped.document)))
        return 0

    def _tools(self, vault: VaultOperations, auth: Auth, plan: RetryPlan) -> Tools:
        login = self._config.auth
        patience = RetryPlan(
            limit=plan.limit, first=login.min_backoff or plan.first, longest=login.max_backoff or plan.longest
        )
        return Tools(
            inbox=self._inbox,
            workers=Workers(self._config.refresh.max_connections, self._inbox),
            store=Store(self._config.refresh, _now, random.random),
            token=TokenKeeper(vault, auth, self._config, patience, chance=random.random),
            performer=Performer(vault, self._container, _now, random.random()),  # noqa: S311  # no secret hangs on it
            renderer=self._renderer,
            publisher=Publisher(self._config, self._container, self._events, time.monotonic),
            events=self._events,
            plan=plan,
            monotonic=time.monotonic,
            chance=random.random,
        )

    def _hear(self) -> None:
        """Take signals into the inbox: a `SimpleQueue` may be put to in the midst of anything."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._inbox.put(Stop(number)))
        if self._config.stays:
            signal.signal(signal.SIGHUP, lambda _number, _frame: self._inbox.put(LookNow()))

    def _listen(self, vault: VaultOperations, token: TokenKeeper) -> Callable[[], None]:
        settings = self._config.listener
        if settings is None or not self._config.stays:
            return lambda: None
        from injector.agent.listener import listen  # noqa: PLC0415  # loads an HTTP server, which most never need

        return listen(settings, vault, token, self._events, lambda: self._inbox.put(Stop(0)))

    def _take_over(self, tools: Tools) -> None:
        """Go on with what the init container's agent left, if it did."""
        if self._config.handover is None or not self._config.stays:
            return
        from injector.agent import handover  # noqa: PLC0415  # most pods have none

        try:
            found = handover.take(self._container.place(self._config.handover))
        except ConfigurationError as error:
            self._events.warn(error.message)
            return
        lease = None if found is None else handover.left(found, time.time())
        if found is None or lease is None:
            return
        now = time.monotonic()
        tools.token.take_over(lease, now)
        tools.publisher.write_sinks(lease.token)
        for want, (answer, moment) in found.answers.items():
            tools.store.seed(want, answer, max(time.time() - moment, 0.0), now)
            tools.token.in_use = True
        self._events.info("goes on with the token of the init container")

    def _leave(self, tools: Tools) -> None:
        """Leave token and leases to the sidecar's agent."""
        from injector.agent import handover  # noqa: PLC0415  # as above

        lease, since = tools.token.lease, tools.token.since
        if lease is None or self._config.handover is None:
            return
        to_wall = time.time() - time.monotonic()
        answers = {
            want: (answer, moment + to_wall)
            for want, (answer, moment) in tools.store.dynamic().items()
            if isinstance(want, Read | Write)
        }
        found = handover.Handover(lease, since + to_wall, answers)
        handover.leave(found, self._container.place(self._config.handover))
        self._events.info("the token is left to the sidecar")

    def _end(self, vault: VaultOperations, auth: Auth, tools: Tools, *, complete: bool) -> None:
        """Give back what ought not to outlive the agent, best effort, and close the connections."""
        try:
            if tools.token.lease is None:
                return
            if self._config.stays and self._config.revoke_on_shutdown:
                if isinstance(auth, TokenAuth):
                    for lease in tools.store.leases():
                        vault.revoke_lease(lease)
                vault.revoke_self()
                self._events.info("revoked the token, and what hung on it")
            elif complete and not self._config.stays and self._config.handover is not None:
                self._leave(tools)
            elif complete and tools.token.in_use:
                self._events.info("the token is kept until its end: leases of what was written hang on it")
            else:
                vault.revoke_self()
        except (VaultError, OutputError) as error:
            self._events.warn(f"the token lives until its end: {error.message}")
        finally:
            vault.close()


def _now() -> datetime:
    return datetime.now(UTC)
