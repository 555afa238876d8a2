"""What can go wrong between a controller and the API server, as values; the proxy carries it out."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from random import Random

_LONGEST_HOLD: Final = 60.0


@dataclass(frozen=True)
class Call:
    """A request as the faults see it.

    Attributes:
        method: HTTP method.
        path: Path without query.
        query: The query's members.

    """

    method: str
    path: str
    query: dict[str, str]

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch") == "true"

    @property
    def is_continued(self) -> bool:
        """Whether it asks for a page that is not the first."""
        return "continue" in self.query


@dataclass(frozen=True)
class Answer:
    """Answer without asking the API server.

    Attributes:
        status: HTTP status.
        retry_after: Seconds for Retry-After, if any.
        body: The body; a Status object as the API server sends it where None.

    """

    status: int
    retry_after: int | None = None
    body: bytes | None = None

    def content(self) -> bytes:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "by the proxy"}
        return json.dumps({**status, "code": self.status}).encode() if self.body is None else self.body


@dataclass(frozen=True)
class Drop:
    """Close the connection, before the API server was asked or after it has answered: then a write has happened."""

    asked: bool


@dataclass(frozen=True)
class Delay:
    """Wait before asking the API server."""

    seconds: float

    async def wait(self) -> None:
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class Cut:
    """End a watch after some time, at the end of a line or in the middle of one."""

    seconds: float
    midway: bool = False


@dataclass(frozen=True)
class Expire:
    """Begin the watch, and tell in it that its resourceVersion is too old."""


@dataclass(frozen=True)
class Pages:
    """Ask for pages of another size than the controller asked for."""

    limit: int


@dataclass
class Hold:
    """Do not ask the API server until released.

    Attributes:
        reached: Set when a request is being held.

    """

    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        self._released.set()

    async def wait(self) -> None:
        self.reached.set()
        await asyncio.to_thread(self._released.wait, _LONGEST_HOLD)


Action = Answer | Drop | Delay | Cut | Expire | Pages | Hold


@dataclass
class Fault:
    """What happens to which requests.

    Attributes:
        action: What happens.
        path: A regular expression found in the path.
        methods: Of these methods; of all where empty.
        watch: Only to watches, or only to other requests.
        continued: Only to pages after the first.
        chance: To how many of those that match, 0 to 1.
        every: To each n-th of those that match.
        most: Not more often than this.
        hits: How often it happened.

    """

    action: Action
    path: str = ""
    methods: frozenset[str] = frozenset()
    watch: bool | None = None
    continued: bool = False
    chance: float = 1.0
    every: int = 1
    most: int | None = None
    hits: int = 0
    _seen: int = 0

    def strikes(self, call: Call, random: Random) -> bool:
        """Return whether it happens to this call, and count."""
        if not self._matches(call):
            return False
        self._seen += 1
        struck = self._seen % self.every == 0 and random.random() < self.chance
        if not struck or (self.most is not None and self.hits >= self.most):
            return False
        self.hits += 1
        return True

    def _matches(self, call: Call) -> bool:
        if self.methods and call.method not in self.methods:
            return False
        if self.watch is not None and self.watch != call.is_watch:
            return False
        if self.continued and not call.is_continued:
            return False
        return re.search(self.path, call.path) is not None


@dataclass(frozen=True)
class Plan:
    """What happens to one request.

    Attributes:
        pauses: What is waited for, first of all.
        instead: What happens instead of asking the API server.
        drop: Whether its answer is lost.
        cut: How its watch ends.
        limit: The size of pages to ask for; 0 for what was asked.

    """

    pauses: Sequence[Callable[[], Awaitable[None]]]
    instead: Answer | Expire | Drop | None
    drop: bool
    cut: Cut | None
    limit: int

    @classmethod
    def of(cls, actions: list[Action]) -> Self:
        """Put together what several faults do; the first of a kind counts."""
        pauses = [action.wait for action in actions if isinstance(action, Delay | Hold)]
        instead = [a for a in actions if isinstance(a, Answer | Expire) or a == Drop(asked=False)]
        cuts = [action for action in actions if isinstance(action, Cut)]
        limits = [action.limit for action in actions if isinstance(action, Pages)]
        first = cast("list[Answer | Expire | Drop | None]", [*instead, None])[0]
        return cls(pauses, first, Drop(asked=True) in actions, [*cuts, None][0], [*limits, 0][0])
