"""An edit changes the lines that it must, and no other byte: whatever the layout of the file."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sealer.documents.edit import Drop, Put, edit
from tests.editing.layouts import ANNOTATIONS, ITEMS, KEYS, Layout, as_json, layouts, values

OLD: Final = values("abcde0123/+")
NEW: Final = values("NOPQR789/+")
HINTS: Final = {"sealer.dev/sealed-for": "strict:shop/db", "sealer.dev/sealed-with": "SHA256:a+b/c"}
MANNERS: Final[dict[str, dict[str, object]]] = {
    "indented": {"indent": 2},
    "deeper": {"indent": 4, "ensure_ascii": False},
    "tabs": {"indent": "\t"},
    "one line": {},
    "compact": {"separators": (",", ":")},
}


def ends_in_a_block(layout: Layout, data: bytes) -> bool:
    """Whether the text ends within a block scalar: a line after it would add a line end to its value."""
    return not layout.ends and not data.endswith(b"\n") and any(one.style != "plain" for one in layout.items.values())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layouts(), st.data())
def test_items_that_are_replaced_change_their_own_characters(layout: Layout, data: st.DataObject) -> None:
    before = {key: data.draw(OLD) for key in layout.items}
    new = {key: data.draw(NEW) for key in data.draw(st.sets(st.sampled_from(list(before)), min_size=1))}
    edited = edit(layout.bytes(before, {}), "f", [Put(layout.document, ITEMS, new)])
    assert edited == layout.bytes(before | new, {})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layouts(), st.sampled_from([{}, HINTS]), st.data())
def test_an_item_and_hints_that_are_added_add_their_lines(
    layout: Layout, hints: dict[str, str], data: st.DataObject
) -> None:
    before = {key: data.draw(OLD) for key in layout.items}
    key = data.draw(st.sampled_from([one for one in KEYS if one not in before]))
    value = data.draw(NEW)
    text = layout.bytes(before, {})
    assume(not ends_in_a_block(layout, text))
    puts = [Put(layout.document, ITEMS, {key: value}), *([Put(layout.document, ANNOTATIONS, hints)] if hints else [])]
    assert edit(text, "f", puts) == layout.with_item(key).bytes(before | {key: value}, hints)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(layouts(), st.data())
def test_an_item_that_is_removed_takes_its_lines_with_it(layout: Layout, data: st.DataObject) -> None:
    assume(len(layout.items) > 1)
    before = {key: data.draw(OLD) for key in layout.items}
    gone = data.draw(st.sets(st.sampled_from(list(before)), min_size=1, max_size=len(before) - 1))
    edited = edit(layout.bytes(before, {}), "f", drops=[Drop(layout.document, ITEMS, key) for key in sorted(gone)])
    assert edited == layout.bytes({key: value for key, value in before.items() if key not in gone}, {})


@pytest.mark.parametrize("manner", MANNERS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(before=st.dictionaries(st.sampled_from(KEYS), OLD, min_size=1), new=st.dictionaries(st.sampled_from(KEYS), NEW))
def test_json_stays_in_the_manner_in_which_it_was_written(
    manner: str, before: dict[str, str], new: dict[str, str]
) -> None:
    puts = [Put(1, ITEMS, new), Put(1, ANNOTATIONS, HINTS)]
    edited = edit(as_json(before, None, MANNERS[manner]), "f", puts)
    assert edited == as_json(before | new, HINTS, MANNERS[manner])
    there = {key: value for key, value in (before | new).items() if key in new}
    rest = {key: value for key, value in (before | new).items() if key not in new}
    if rest:
        assert edit(edited, "f", drops=[Drop(1, ITEMS, key) for key in there]) == as_json(rest, HINTS, MANNERS[manner])
