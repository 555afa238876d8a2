"""Rivals for one Lease, with clocks of their own, late and lost answers, deaths and meddling: never two leaders.

The API server is a record with a version, which is all that the rules ask of it. Requests are sent, processed and
answered in separate steps, with time passing in between; what is lost may have been processed, or be processed later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sealer.apiserver.election import (
    Candidate,
    LeaseRecord,
    Timing,
    observe,
    propose,
    release,
    sending,
    stored,
)

NAMES = ("a", "b", "c")
TIMING = Timing(lease_duration=15, renew_deadline=10, retry_period=2)
names = st.sampled_from(NAMES)


@dataclass
class Request:
    """What is under way: a look, or a write of `record` over `version`."""

    record: LeaseRecord | None
    version: str = ""
    processed: bool = False
    accepted: bool = False
    seen: tuple[LeaseRecord | None, str] = (None, "")


@dataclass
class Rival:
    candidate: Candidate
    offset: float
    rate: float
    request: Request | None = None
    late: list[Request] = field(default_factory=list)

    def clock(self, now: float) -> float:
        return self.offset + self.rate * now


class Rivals(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.stored: LeaseRecord | None = None
        self.version = 0
        self.stamps = 0
        self.forged: set[str] = set()

    @initialize(
        offsets=st.tuples(*[st.floats(0, 1e6)] * 3),
        rates=st.tuples(*[st.sampled_from([0.85, 1.0, 1.15])] * 3),
    )
    def start(self, offsets: tuple[float, ...], rates: tuple[float, ...]) -> None:
        self.rivals = {
            name: Rival(Candidate(name, TIMING), offset, rate)
            for name, offset, rate in zip(NAMES, offsets, rates, strict=True)
        }

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 6), st.sampled_from([9.0, 14.0, 17.0])))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(name=names)
    def looks(self, name: str) -> None:
        rival = self.rivals[name]
        if rival.request is None:
            rival.request = Request(None)

    @rule(name=names)
    def writes(self, name: str) -> None:
        rival = self.rivals[name]
        if rival.request is not None:
            return
        at = rival.clock(self.now)
        record = propose(rival.candidate, at, self._stamp())
        if record is not None and rival.candidate.sighting is not None:
            rival.request = Request(record, rival.candidate.sighting.version)
            rival.candidate = sending(rival.candidate, record, at)

    @rule(name=names)
    def whole_try(self, name: str) -> None:
        """The usual case, so that there are leaders at all: look, then write, with answers in no time."""
        if self.rivals[name].request is None:
            self.looks(name)
            self.is_answered(name)
            self.writes(name)
            self.is_answered(name)

    @rule(name=names)
    def is_processed(self, name: str) -> None:
        request = self.rivals[name].request
        if request is not None:
            self._process(request)

    @rule(name=names)
    def is_answered(self, name: str) -> None:
        rival = self.rivals[name]
        request, rival.request = rival.request, None
        if request is None:
            return
        self._process(request)
        at = rival.clock(self.now)
        if request.record is None:
            record, version = request.seen
            rival.candidate = observe(rival.candidate, record, version, at)
        elif request.accepted:
            rival.candidate = stored(rival.candidate, request.seen[1], at)

    @rule(name=names)
    def is_lost(self, name: str) -> None:
        """Given up; it may have been processed, or be processed at any later time."""
        rival = self.rivals[name]
        if rival.request is not None:
            rival.late.append(rival.request)
            rival.request = None

    @rule(name=names)
    def comes_late(self, name: str) -> None:
        late = self.rivals[name].late
        if late:
            self._process(late.pop(0))

    @rule(name=names)
    def stops(self, name: str) -> None:
        """SIGTERM: it stops writing, releases, and another process starts under its name."""
        rival = self.rivals[name]
        if self.stored is None or name in self.forged:
            return
        self.is_lost(name)
        record = release(rival.candidate, self._stamp())
        if record is not None and rival.candidate.sighting is not None:
            rival.late.append(Request(record, rival.candidate.sighting.version))
        rival.candidate = Candidate(name, TIMING)

    @rule(name=names)
    def dies_and_is_started_again(self, name: str) -> None:
        if self.stored is not None and name not in self.forged:
            self.is_lost(name)
            self.rivals[name].candidate = Candidate(name, TIMING)

    @precondition(lambda self: self.stored is not None)
    @rule(name=st.sampled_from([*NAMES, "nobody"]), duration=st.sampled_from([1, 15, 40]))
    def somebody_edits_the_holder(self, name: str, duration: int) -> None:
        assert self.stored is not None
        if name in NAMES and self.rivals[name].candidate.sighting is None:
            return  # Whoever starts under a name that was written by hand takes it for its own.
        self.forged.add(name)
        self._store(replace(self.stored, holder=name, duration=duration, acquired=self._stamp()))

    @precondition(lambda self: self.stored is not None)
    @rule()
    def somebody_empties_the_holder(self) -> None:
        assert self.stored is not None
        self._store(replace(self.stored, holder="", duration=15))

    @precondition(lambda self: self.stored is not None and self._all_know_of_it())
    @rule()
    def somebody_deletes_it(self) -> None:
        self.stored = None

    @invariant()
    def at_most_one_leads(self) -> None:
        rivals = getattr(self, "rivals", {})
        leading = [name for name, rival in rivals.items() if rival.candidate.leads(rival.clock(self.now))]
        assert len(leading) <= 1, f"{leading} lead at once"

    def _all_know_of_it(self) -> bool:
        """A fresh process cannot know of a Lease that was deleted before its first look: sealer.apiserver.election."""
        sightings = [rival.candidate.sighting for rival in self.rivals.values()]
        return all(sighting is not None and sighting.record is not None for sighting in sightings)

    def _process(self, request: Request) -> None:
        if request.processed:
            return
        request.processed = True
        if request.record is not None and request.version == self._at():
            self._store(request.record)
            self.forged.clear()
            request.accepted = True
        request.seen = (self.stored, self._at())

    def _store(self, record: LeaseRecord) -> None:
        self.version += 1
        self.stored = record

    def _at(self) -> str:
        return str(self.version) if self.stored is not None else ""

    def _stamp(self) -> str:
        self.stamps += 1
        return f"t{self.stamps}"


TestRivals = Rivals.TestCase
TestRivals.settings = settings(
    max_examples=120,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("deadline", [10.0])
def test_the_simulation_does_find_two_leaders_when_the_rules_are_broken(deadline: float) -> None:
    """The wait of a candidate that counts from nothing: the same steps, and two lead."""
    machine = Rivals()
    machine.start((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    machine.whole_try("a")
    machine.looks("b")
    machine.is_answered("b")
    rival = machine.rivals["b"]
    assert rival.candidate.sighting is not None
    rival.candidate = replace(rival.candidate, sighting=replace(rival.candidate.sighting, free_at=deadline / 2))
    machine.time_passes(deadline / 2)
    machine.writes("b")
    machine.is_answered("b")
    with pytest.raises(AssertionError, match="lead at once"):
        machine.at_most_one_leads()
