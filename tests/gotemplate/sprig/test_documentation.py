"""The reference lists every function of Sprig with its signature, and says which are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sealer.gotemplate.sprig import REFUSED, SPRIG

PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "templates-sprig.md"
ROW: Final = re.compile(r"^\| `(\w+)` \| `(\(.*)` \| (supported|differs|refused)(?:: .+)? \|$", re.MULTILINE)
ROWS: Final = ROW.findall(PAGE.read_text())


def test_the_table_lists_every_function_once() -> None:
    listed = [name for name, _, _ in ROWS]
    assert sorted(listed) == sorted([*SPRIG, *REFUSED])


def test_no_row_of_the_table_is_unreadable() -> None:
    assert PAGE.read_text().count("\n| `") == len(ROWS)


def test_the_table_gives_each_function_its_signature() -> None:
    listed = {name: signature for name, signature, status in ROWS if status != "refused"}
    registered = {name: found.signature.go_type.name.removeprefix("func") for name, found in SPRIG.items()}
    assert listed == {name: signature.replace("interface {}", "any") for name, signature in registered.items()}


def test_the_refused_functions_are_those_that_reach_out() -> None:
    assert {name for name, _, status in ROWS if status == "refused"} == set(REFUSED)
    assert not set(REFUSED) & set(SPRIG)
