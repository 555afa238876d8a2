"""docs/reference/templates-consul.md lists every function, as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sealer.gotemplate.consul.functions import CONSUL, NOT_REPEATABLE, OWN
from sealer.gotemplate.consul.refused import REASONS
from sealer.gotemplate.sprig import SPRIG

PAGE: Final = (Path(__file__).parents[3] / "docs" / "reference" / "templates-consul.md").read_text()
ROWS: Final = re.findall(r"^\| `(\w+)` \| (\w+) \| ?(.*?) ?\|$", PAGE, re.MULTILINE)


def test_every_function_has_one_row() -> None:
    names = [name for name, _, _ in ROWS]
    assert sorted(names) == sorted(OWN)


def test_every_row_says_supported_differs_or_refused() -> None:
    assert {verdict for _, verdict, _ in ROWS} == {"supported", "differs", "refused"}
    assert {name for name, verdict, _ in ROWS if verdict == "refused"} == set(REASONS)


def test_what_differs_or_is_refused_says_how_or_why() -> None:
    assert [name for name, verdict, note in ROWS if verdict != "supported" and not note] == []


def test_the_page_names_what_is_left_out_of_sprig() -> None:
    assert set(re.findall(r"`sprig_(\w+)`", PAGE)) - {"upper", "NAME"} == set(NOT_REPEATABLE)
    assert {name.removeprefix("sprig_") for name in CONSUL if name.startswith("sprig_")} == set(SPRIG) - set(
        NOT_REPEATABLE
    )
