"""When the start-up pass is over, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.manifests import Key
from controller.records import Records
from controller.startup import StartUp
from controller.verdict import Reason
from tests.reconciling.samples import sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = [Key("shop", f"s{number}") for number in range(3)]


@pytest.fixture
def records() -> Records:
    found = Records()
    for number, key in enumerate(KEYS):
        found.see(sealed(name=key.name))
        record = found.get(key)
        assert record is not None
        record.reason = Reason.DECRYPT_FAILED if number == 2 else Reason.UNSEALED
    return found


def said(caplog: pytest.LogCaptureFixture) -> Mapping[str, object]:
    (line,) = [record for record in caplog.records if record.message == "start-up pass done"]
    found: Mapping[str, object] = line.__dict__["fields"]
    return found


def test_it_is_over_when_all_lists_are_complete_and_all_had_their_turn(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    start_up = StartUp(records, clock=iter((10.0, 12.5)).__next__)
    start_up.begin(2)
    start_up.listed(KEYS[0], in_order=True)
    for key in KEYS[1:]:
        start_up.listed(key, in_order=False)
    start_up.list_complete()
    start_up.had_its_turn(KEYS[1])
    start_up.had_its_turn(KEYS[2])
    assert not start_up.done.is_set()
    start_up.list_complete()
    assert start_up.done.is_set()
    assert said(caplog) == {"objects": 3, "unchanged": 1, "synced": 1, "not_synced": 1, "seconds": 2.5}


def test_a_second_turn_of_an_object_counts_once(records: Records, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    start_up = StartUp(records, clock=lambda: 0.0)
    start_up.begin(1)
    for key in KEYS[:2]:
        start_up.listed(key, in_order=False)
    for _ in range(2):
        start_up.had_its_turn(KEYS[0])
    start_up.list_complete()
    assert not start_up.done.is_set()
    start_up.had_its_turn(KEYS[1])
    assert said(caplog)["synced"] == 2


def test_a_pass_that_begins_anew_counts_anew(records: Records, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    start_up = StartUp(records, clock=lambda: 0.0)
    start_up.begin(1)
    start_up.listed(KEYS[0], in_order=False)
    start_up.begin(1)
    start_up.listed(KEYS[0], in_order=True)
    start_up.list_complete()
    assert said(caplog)["objects"] == 1


def test_nothing_to_do_is_done_at_once_and_said(records: Records, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    start_up = StartUp(records, clock=lambda: 0.0)
    start_up.begin(1)
    start_up.list_complete()
    assert said(caplog)["objects"] == 0
