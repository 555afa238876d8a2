from __future__ import annotations

import re
from pathlib import Path

from controller.verdict import Reason, Verdict, event_for

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conditions-and-events.md"


def test_the_page_lists_every_reason_with_its_condition_and_event() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (True|False|Unknown) \| (\w+) `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    verdicts = [Verdict(reason) for reason in Reason]
    events = [event_for(verdict) for verdict in verdicts]
    told = [(v.reason, v.status, e.type, e.reason) for v, e in zip(verdicts, events, strict=True)]
    assert sorted(rows) == sorted((str(reason), *rest) for reason, *rest in told)
