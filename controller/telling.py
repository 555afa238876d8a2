"""Telling a verdict: the status, then the event; and seeing that somebody else tells too."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from controller.logs import fields
from controller.manifests import MANAGER, status_of
from controller.verdict import Event, Reason, Verdict, event_for, is_news, newest_status_writer, tells, was_held
from sealer.apiserver.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.apply import Applier
    from controller.records import Record, Records
    from controller.tally import Tally

_LOG: Final = logging.getLogger(__name__)
_HOLD_ENDED: Final = Event("Normal", "Held", "the hold has ended")
_EVERY: Final = 600.0


@dataclass
class Teller:
    """Writes statuses and events.

    Attributes:
        applier: What writes there.
        records: What is remembered of each object.
        tally: What is counted.
        update_status: Whether to write statuses.
        clock: Monotonic seconds.

    """

    applier: Applier
    records: Records
    tally: Tally
    update_status: bool = True
    clock: Callable[[], float] = time.monotonic
    _warned: float | None = None

    async def tell(self, record: Record, sealed: Mapping[str, Any], verdict: Verdict, *, wrote: bool) -> None:
        """Write status and event, the status first: if it fails, all is told anew at the next try.

        Args:
            record: The object's.
            sealed: The object, with or without its spec.
            verdict: What to tell.
            wrote: Whether the Secret was written, which is news whatever the status says.

        Raises:
            ApiError: The status could not be written.

        """
        generation, status = sealed["metadata"].get("generation", 0), status_of(sealed)
        news = wrote or (record.told != (generation, verdict) and self._is_news(status, generation, verdict))
        if self.update_status:
            written = await self.applier.write_status(sealed, verdict)
            if written is not None:
                self.records.told_status(record, written)
        record.told = (generation, verdict)
        if news:
            if was_held(status) and verdict.reason is not Reason.HELD:
                await self._write_event(sealed, _HOLD_ENDED)
            await self._write_event(sealed, event_for(verdict))

    async def tell_later(self, record: Record) -> None:
        """Tell what was left untold.

        Raises:
            ApiError: The status could not be written; it is still untold.

        """
        untold = record.untold
        if untold is not None:
            await self.tell(record, json.loads(untold.about), untold.verdict, wrote=untold.wrote)
            if record.untold is untold:
                record.untold = None

    def is_told(self, sealed: Mapping[str, Any], verdict: Verdict) -> bool:
        """Return whether the object's status tells `verdict` for its generation."""
        if not self.update_status:
            return verdict.synced
        return tells(status_of(sealed), sealed["metadata"].get("generation", 0), verdict)

    async def notice_others(self, record: Record, sealed: Mapping[str, Any]) -> bool:
        """Return whether another controller has just told over what we told; say so, now and then.

        Args:
            record: The object's.
            sealed: It, as its status was changed.

        """
        writer = newest_status_writer(sealed)
        if record.told is None or not self.update_status or writer in {None, MANAGER}:
            return False
        now = self.tally.other_controller = self.clock()
        if self._warned is None or now - self._warned >= _EVERY:
            self._warned = now
            _LOG.warning(
                "another controller writes statuses of SealedSecrets, too; run one of the two",
                extra=fields(sealed, manager=str(writer)),
            )
            message = f"another controller (field manager {writer!r}) writes the status of this SealedSecret, too"
            await self._write_event(sealed, Event("Warning", "OtherController", message[:1000]))
        return True

    def _is_news(self, status: Any, generation: int, verdict: Verdict) -> bool:
        if not self.update_status:
            # Nothing in the cluster says what was told before: after a restart, tell failures only.
            return not verdict.synced
        return is_news(status, generation, verdict)

    async def _write_event(self, sealed: Mapping[str, Any], event: Event) -> None:
        try:
            await self.applier.write_event(sealed, event)
        except ApiError as error:
            # The status says it all, and an event that is late is no news.
            _LOG.warning("cannot write an event", extra=fields(sealed, error=error.message))
