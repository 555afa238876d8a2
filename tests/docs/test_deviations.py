from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (ROOT / "docs" / "reference" / "deviations.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| existing |"))
]


KUBESEAL: Final = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (ROOT / "docs" / "reference" / "kubeseal-differences.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| existing |"))
]


def exists(test: str) -> bool:
    """Return whether there is such a test, or such a file of tests."""
    path, _, name = test.partition("::")
    file = ROOT / path
    return file.is_file() and bool(re.search(rf"def {name or 'test_.*'}\(", file.read_text()))


def test_every_deviation_says_what_here_is_and_names_a_test_that_exists() -> None:
    assert len(ROWS) > 60
    for row in ROWS:
        assert len(row) == 4, row
        assert row[0], row
        assert row[1], row
        assert exists(row[3].strip("`")), row


def test_every_difference_from_kubeseal_names_a_test_that_exists() -> None:
    assert len(KUBESEAL) >= 30
    for row in KUBESEAL:
        assert len(row) == 4, row
        assert row[0], row
        assert row[1], row
        assert exists(row[3].strip("`")), row


def test_every_test_of_a_defect_of_kubeseal_is_told() -> None:
    file = ROOT / "tests" / "interop" / "kubeseal" / "test_defects.py"
    written = set(re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE))
    told = {row[3].strip("`").partition("::")[2] for row in KUBESEAL}
    shared = {
        # Of one row, another part each.
        "test_a_file_that_cannot_be_read_is_an_error_and_stays",
        "test_a_plain_secret_is_no_sealed_one",
        "test_documents_without_anything_in_them_stay_where_they_are",
        "test_what_is_recovered_is_for_its_owner_alone",
    }
    assert written - shared <= told


def test_a_test_that_does_not_exist_is_found() -> None:
    assert not exists("tests/docs/test_deviations.py::test_nothing_of_the_kind")
    assert not exists("tests/docs/test_nothing_of_the_kind.py")
