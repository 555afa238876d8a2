"""Electing a leader through a Lease of the API server: `election` decides, this reads and writes.

Give it a `Client` of its own: a renewal must not wait for a place behind sixteen slow requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import socket
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from sealer.apiserver import election
from sealer.apiserver.election import Candidate, LeaseRecord, Timing
from sealer.apiserver.errors import ApiError, ConflictError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG: Final = logging.getLogger(__name__)
_RELEASE_WITHIN: Final = 3.0


class Leadership(Protocol):
    """What those need to know who may write only while leading."""

    def is_leader(self) -> bool:
        """Return whether we lead at this moment."""

    def remaining(self) -> float:
        """Return the seconds for which we lead for certain: a write must not take longer than that."""


class Leases(Protocol):
    """What an election needs of a client; every call raises `ApiError`."""

    async def get(self, path: str) -> dict[str, Any]:
        """Return the object at `path`."""

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create `body` in the collection at `path`; return it as stored."""

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put `body`, with its resourceVersion, at `path`; return it as stored."""


class Always:
    """The `Leadership` of one that has no rivals."""

    def is_leader(self) -> bool:
        """Return true."""
        return True

    def remaining(self) -> float:
        """Return infinity."""
        return float("inf")


def identity(environ: Mapping[str, str]) -> str:
    """Return a name that no other live candidate has.

    It is the Pod's where ``POD_NAME`` gives it: a container that is started again then goes on under its own Lease at
    once. That is safe because the kubelet starts it only when its predecessor is dead, and because Pods of a Deployment
    have names of their own. (A StatefulSet's do not, when one is deleted by force: do not set ``POD_NAME`` there.)
    """
    return environ.get("POD_NAME") or f"{socket.gethostname()}_{secrets.token_hex(4)}"


def steady_clock() -> float:
    """Return seconds that no setting of the time moves, and that go on while the machine is suspended."""
    # A leader that wakes up after an hour must not believe that its Lease is young: CLOCK_MONOTONIC stands still then.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def utc_now() -> datetime:
    """Return the wall clock's time, aware."""
    return datetime.now(UTC)


@dataclass
class Election:
    """One candidate for a Lease, of which there is one instance in a process.

    Attributes:
        objects: The API server.
        namespace: Where the Lease is.
        name: Its name.
        identity: Who we are, see `identity`.
        lead: Called when we begin to lead.
        follow: Called when we no longer do, before we try again; it must have stopped all writing when it returns,
            or see to it that `is_leader` is asked before each write.
        timing: How long to wait for what.
        clock: Seconds that never step.
        wall: The time, aware; only ever shown to people.
        chance: A number in [0, 1).
        decided: Set after the first try, whoever leads by then.

    """

    objects: Leases
    namespace: str
    name: str
    identity: str
    lead: Callable[[], object]
    follow: Callable[[], object]
    timing: Timing = field(default_factory=Timing)
    clock: Callable[[], float] = steady_clock
    wall: Callable[[], datetime] = utc_now
    chance: Callable[[], float] = random.random
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    _candidate: Candidate = field(init=False)
    _found: dict[str, Any] = field(default_factory=dict, repr=False)
    _led: bool = False
    _told: str = ""
    _stands_by: str = ""

    def __post_init__(self) -> None:
        self._candidate = Candidate(self.identity, self.timing)

    def is_leader(self) -> bool:
        """See `Leadership`. It depends on the clock alone, so it is right even while the loop is held up."""
        return self._candidate.leads(self.clock())

    def remaining(self) -> float:
        """See `Leadership`."""
        return self._candidate.remaining(self.clock())

    @property
    def record(self) -> LeaseRecord | None:
        """The Lease as it was seen last; None before the first look, or when there is none."""
        return self._candidate.sighting.record if self._candidate.sighting else None

    async def run(self) -> None:
        """Be a candidate for ever; cancel it to end, and then `release`."""
        while True:
            # Whoever has lost the Lease stops first, and only then stands again.
            self._settle()
            await self._try()
            self._settle()
            self.decided.set()
            await asyncio.sleep(election.pause(self._candidate, self.clock(), self.chance))

    async def release(self) -> None:
        """Give the Lease up, if it is ours, so that another takes it at once. All writing has stopped before."""
        # Before the Lease is free, not after: the answer may be late, and another may lead by then.
        self._candidate = replace(self._candidate, renewed_at=None)
        self._settle()
        try:
            async with asyncio.timeout(_RELEASE_WITHIN):
                await self._release()
        except TimeoutError:
            _LOG.warning("cannot give up the lease: no answer in time", extra=self._about())
        except ApiError as error:
            _LOG.warning("cannot give up the lease: %s", error, extra=self._about())

    async def _release(self) -> None:
        if self._candidate.unanswered:
            await self._look()
        for last in (False, True):
            record = election.release(self._candidate, self._stamp())
            if record is None:
                return
            try:
                await self._put(record)
            except ConflictError:
                if last:
                    raise
                # A renewal whose answer was not waited for; look, and give up what is ours by it.
                await self._look()
            else:
                _LOG.info("gave up the lease", extra=self._about())
                return

    async def _try(self) -> None:
        """Look, and write if it is our turn; errors are told and left to the next try."""
        try:
            async with asyncio.timeout(self._patience()):
                await self._step()
        except TimeoutError:
            self._tell(UnavailableError("no answer in time"))
        except ApiError as error:
            self._tell(error)
        else:
            self._told = ""

    async def _step(self) -> None:
        if self._candidate.leads(self.clock()):
            # As nobody else writes while we lead, what we stored last is what is there: one request instead of two.
            # Whatever is wrong with that, a look tells: an edited or deleted Lease, or our own write of which the
            # answer was lost.
            with contextlib.suppress(ApiError):
                await self._propose()
                return
        await self._look()
        # Another was first: it leads, and the next look tells.
        with contextlib.suppress(ConflictError, NotFoundError):
            await self._propose()

    async def _look(self) -> None:
        try:
            self._found = await self.objects.get(self._path(self.name))
        except NotFoundError:
            self._found = {}
        record = record_of(self._found) if self._found else None
        version = self._found["metadata"]["resourceVersion"] if self._found else ""
        self._candidate = election.observe(self._candidate, record, version, self.clock())

    async def _propose(self) -> None:
        record = election.propose(self._candidate, self.clock(), self._stamp())
        if record is None:
            return
        self._candidate = election.sending(self._candidate, record, self.clock())
        await self._put(record)
        version = self._found["metadata"]["resourceVersion"]
        self._candidate = election.stored(self._candidate, version, self.clock())

    async def _put(self, record: LeaseRecord) -> None:
        """Store `record` over what was found, with its version, so that nothing that came in between is lost."""
        if self._found:
            # Labels, annotations and fields of the spec that we do not know stay.
            body = {**self._found, "spec": {**(self._found.get("spec") or {}), **spec_of(record)}}
            self._found = await self.objects.replace(self._path(self.name), body)
        else:
            metadata = {"namespace": self.namespace, "name": self.name}
            kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
            self._found = await self.objects.create(
                self._path(), {**kind, "metadata": metadata, "spec": spec_of(record)}
            )

    def _settle(self) -> None:
        """Tell of having begun, or stopped, to lead, and of whom we stand by for."""
        leads = self.is_leader()
        holder = self.record.holder if self.record and not leads else ""
        if holder and holder not in {self.identity, self._stands_by}:
            _LOG.info("standing by", extra=self._about())
        self._stands_by = "" if leads else holder or self._stands_by
        if leads == self._led:
            return
        self._led = leads
        if leads:
            _LOG.info("leading", extra=self._about())
            self.lead()
        else:
            _LOG.info("no longer leading", extra=self._about())
            self.follow()

    def _patience(self) -> float:
        """Return the seconds for one try: half the deadline, so that a lost answer leaves time for another."""
        patience = self.timing.renew_deadline / 2
        return min(patience, self.remaining()) if self.is_leader() else patience

    def _tell(self, error: ApiError) -> None:
        """Log an error, once until it is another or is over: there is a try every other second."""
        if error.message != self._told:
            _LOG.warning("cannot hold or see the lease: %s", error, extra=self._about())
        self._told = error.message

    def _about(self) -> dict[str, Any]:
        record = self.record
        about = {"lease": f"{self.namespace}/{self.name}", "identity": self.identity}
        other = record is not None and record.holder not in {"", self.identity}
        return {"fields": {**about, "holder": record.holder} if record is not None and other else about}

    def _stamp(self) -> str:
        return self.wall().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _path(self, name: str | None = None) -> str:
        leases = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"
        return leases if name is None else f"{leases}/{name}"


def record_of(lease: Mapping[str, Any]) -> LeaseRecord:
    """Return what a Lease says; every field is optional there, and people make Leases by hand."""
    spec = lease.get("spec") or {}
    return LeaseRecord(
        holder=str(spec.get("holderIdentity") or ""),
        duration=int(spec.get("leaseDurationSeconds") or 0),
        acquired=str(spec.get("acquireTime") or ""),
        renewed=str(spec.get("renewTime") or ""),
        transitions=int(spec.get("leaseTransitions") or 0),
    )


def spec_of(record: LeaseRecord) -> dict[str, Any]:
    """Return the ``spec`` that says `record`."""
    return {
        "holderIdentity": record.holder,
        "leaseDurationSeconds": record.duration,
        "acquireTime": record.acquired,
        "renewTime": record.renewed,
        "leaseTransitions": record.transitions,
    }
