"""The start-up pass: when all that was there at the start has been looked at once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.manifests import Key
    from controller.records import Records

_LOG: Final = logging.getLogger(__name__)


@dataclass
class StartUp:
    """Counts the pass.

    Attributes:
        records: What is remembered of each object.
        clock: Monotonic seconds.
        done: Set once the pass is over.

    """

    records: Records
    clock: Callable[[], float] = time.monotonic
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _began: float | None = None
    _pending: set[Key] = field(default_factory=set)
    _lists: int = 0
    _objects: int = 0
    _outcomes: Counter[str] = field(default_factory=Counter)

    def begin(self, lists: int) -> None:
        """Begin a pass of so many lists, and count anew."""
        self._began, self._lists, self._objects = self.clock(), lists, 0
        self._pending.clear()
        self._outcomes.clear()

    def listed(self, key: Key, *, in_order: bool) -> None:
        """Count an object that a list has; one that is not in order is waited for."""
        if self.done.is_set():
            return
        self._objects += 1
        if in_order:
            self._outcomes["unchanged"] += 1
        else:
            self._pending.add(key)

    def list_complete(self) -> None:
        """Take in that one of the lists is complete, or cannot be had."""
        self._lists -= 1
        self._end_if_done()

    def had_its_turn(self, key: Key) -> None:
        """Take in that an object had its first turn, or is gone."""
        if key in self._pending:
            self._pending.discard(key)
            record = self.records.get(key)
            self._outcomes["synced" if record and record.reason and record.reason == "Unsealed" else "not_synced"] += 1
            self._end_if_done()

    def _end_if_done(self) -> None:
        if self._lists > 0 or self._pending or self.done.is_set() or self._began is None:
            return
        self.done.set()
        counts = {name: self._outcomes[name] for name in ("unchanged", "synced", "not_synced")}
        seconds = round(self.clock() - self._began, 3)
        _LOG.info("start-up pass done", extra={"fields": {"objects": self._objects, **counts, "seconds": seconds}})
