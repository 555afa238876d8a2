"""Another controller that writes our statuses is noticed, named, and not fought with."""

from __future__ import annotations

from typing import Any

import pytest

from controller.verdict import newest_status_writer
from tests.reconciling.attempting import KEY, SEALED, Bench
from tests.reconciling.samples import sealed

Json = dict[str, Any]


def entry(manager: str, second: int, subresource: str = "status") -> Json:
    time = f"2026-01-02T03:04:{second:02}Z"
    return {"manager": manager, "operation": "Update", "subresource": subresource, "time": time}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], None),
        ([entry("kubectl", 9, subresource="")], None),
        ([entry("sealer-controller", 1), entry("controller", 2)], "controller"),
        (
            [entry("controller", 1), entry("sealer-controller", 2), entry("kubectl", 9, subresource="")],
            "sealer-controller",
        ),
        ([entry("controller", 2), entry("sealer-controller", 2)], None),
    ],
)
def test_who_wrote_the_status_last(entries: list[Json], expected: str | None) -> None:
    assert newest_status_writer({"metadata": {"managedFields": entries}}) == expected


@pytest.mark.asyncio
async def test_another_controller_is_told_of_once_in_a_while_and_ours_is_told_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.put(sealed())
    await bench.attempts()
    record = bench.records.get(KEY)
    assert record is not None
    theirs = {"conditions": [{"type": "Synced", "status": "False", "message": "no key could decrypt secret"}]}
    for minute in (0, 5, 11):
        bench.now = 60.0 * minute
        bench.objects.change(SEALED, {"status": theirs, "metadata": {"managedFields": [entry("controller", minute)]}})
        assert await bench.syncer.teller.notice_others(record, bench.objects.stored[SEALED])
    assert bench.events.count("OtherController") == 2
    assert [r.message for r in caplog.records if "another controller" in r.message] != []
    assert bench.tally.other_controller == 660.0


@pytest.mark.asyncio
async def test_our_own_writes_and_what_we_have_not_told_are_not_taken_for_anothers() -> None:
    bench = Bench()
    bench.put(sealed())
    record = bench.records.get(KEY)
    assert record is not None
    manifest = {**sealed(), "metadata": {**sealed()["metadata"], "managedFields": [entry("controller", 1)]}}
    assert not await bench.syncer.teller.notice_others(record, manifest)
    await bench.attempts()
    manifest["metadata"]["managedFields"] = [entry("sealer-controller", 2)]
    assert not await bench.syncer.teller.notice_others(record, manifest)
    assert bench.tally.other_controller is None
