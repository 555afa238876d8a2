"""Styles of YAML that people use, one by one: what the file is afterwards, to the byte."""

from __future__ import annotations

from typing import Final

import pytest

from sealer.documents.edit import Drop, Put, edit
from sealer.errors import SealerError
from tests.editing.layouts import ITEMS

# Before, the items put, after.
PUT: Final = {
    "an empty mapping becomes a block": (
        "spec:\n   encryptedData: {} # none yet\n   x: 1\n",
        {"a": "AgN"},
        "spec:\n   encryptedData: # none yet\n      a: AgN\n   x: 1\n",
    ),
    "an empty mapping in braces stays in braces": (
        "spec: {encryptedData: {}}",
        {"a": "AgN", "y": "AgM"},
        'spec: {encryptedData: {a: AgN, "y": AgM}}',
    ),
    "a missing mapping is made": ("spec:\n  x: 1", {"a": "AgN"}, "spec:\n  x: 1\n  encryptedData:\n    a: AgN"),
    "null becomes a block": ("spec:\n  encryptedData: ~\n", {"a": "AgN"}, "spec:\n  encryptedData:\n    a: AgN\n"),
    "a key and a value announced by signs": (
        "spec:\n  encryptedData:\n    ? a\n    : AgO # c\n",
        {"a": "AgN", "b": "AgM"},
        "spec:\n  encryptedData:\n    ? a\n    : AgN # c\n    b: AgM\n",
    ),
    "a block scalar keeps its header and its width": (
        "spec:\n  encryptedData:\n    a: |2-  # c\n      AgO\n      OOO\n      O=\n\n\n    b: AgB\n",
        {"a": "AgNNNN="},
        "spec:\n  encryptedData:\n    a: |2-  # c\n      AgN\n      NNN\n      =\n\n\n    b: AgB\n",
    ),
    "a text over several lines becomes one line": (
        'spec:\n  encryptedData:\n    a: "AgO\\\n      OO" # c\n    b: AgB\n',
        {"a": "AgN"},
        'spec:\n  encryptedData:\n    a: "AgN" # c\n    b: AgB\n',
    ),
    "blank lines that a block scalar keeps stay its own": (
        "spec:\n  encryptedData:\n    a: |+\n      AgO\n\n",
        {"b": "AgN"},
        "spec:\n  encryptedData:\n    a: |+\n      AgO\n\n    b: AgN\n",
    ),
    "after a block scalar without a line end, a new item goes first": (
        "spec:\n  encryptedData:\n    a: |\n      AgO",
        {"b": "AgN"},
        "spec:\n  encryptedData:\n    b: AgN\n    a: |\n      AgO",
    ),
    "an anchor stays, and so does the alias of what becomes the same": (
        "spec:\n  encryptedData:\n    a: &v AgO\n    b: *v\n",
        {"a": "AgN", "b": "AgN"},
        "spec:\n  encryptedData:\n    a: &v AgN\n    b: *v\n",
    ),
    "an alias of what stays is written out": (
        "spec:\n  encryptedData:\n    a: &v AgO\n    b: *v # c\n",
        {"b": "AgN"},
        "spec:\n  encryptedData:\n    a: &v AgO\n    b: AgN # c\n",
    ),
    "aliases that become something else are written out": (
        "spec:\n  encryptedData:\n    a: &v AgO\n    b: *v\n",
        {"a": "AgN", "b": "AgM"},
        "spec:\n  encryptedData:\n    a: &v AgN\n    b: AgM\n",
    ),
    "a tag stays": (
        "spec:\n  encryptedData:\n    a: !!str &v AgO\n",
        {"a": "AgN"},
        "spec:\n  encryptedData:\n    a: !!str &v AgN\n",
    ),
    "keys that other readers take for something else are quoted": (
        "spec:\n  encryptedData:\n    a: AgO\n",
        {"on": "AgN", "1e3": "AgM"},
        'spec:\n  encryptedData:\n    a: AgO\n    "on": AgN\n    "1e3": AgM\n',
    ),
    "a comma at the end stays": (
        "spec: {encryptedData: {a: AgO,\n  b: AgB, # c\n  }}\n",
        {"c": "AgN"},
        "spec: {encryptedData: {a: AgO,\n  b: AgB,\n  c: AgN, # c\n  }}\n",
    ),
    "a document ended by dots, with an empty one behind": (
        "spec:\n  encryptedData:\n    a: AgO\n...\n---\n",
        {"b": "AgN"},
        "spec:\n  encryptedData:\n    a: AgO\n    b: AgN\n...\n---\n",
    ),
    "line ends of Windows, where the last line has none": (
        "spec:\r\n  encryptedData:\r\n    a: AgO",
        {"b": "AgN"},
        "spec:\r\n  encryptedData:\r\n    a: AgO\r\n    b: AgN",
    ),
}  # fmt: skip
# Before, the items dropped, after.
DROPPED: Final = {
    "the last item leaves an empty mapping": (
        "spec:\n  encryptedData: # c\n    # about a\n    a: AgO\n  x: 1\n",
        ["a"],
        "spec:\n  encryptedData: {} # c\n    # about a\n  x: 1\n",
    ),
    "the last line of a text without a line end": ("spec:\n  encryptedData:\n    a: AgO\n    b: AgB", ["b"],
        "spec:\n  encryptedData:\n    a: AgO"),
    "in braces, first and last": (
        "spec: {encryptedData: {a: AgO, b: AgB, c: AgC}}", ["a", "c"], "spec: {encryptedData: {b: AgB}}"
    ),
    "all in braces": ("spec: {encryptedData: { a: AgO, }}", ["a"], "spec: {encryptedData: {  }}"),
    "in braces over lines with comments": (
        "spec: {encryptedData: {\n  a: AgO, # a\n  # b\n  b: AgB, # b\n  c: AgC # c\n  }}\n",
        ["a", "c"],
        "spec: {encryptedData: {\n  # b\n  b: AgB # b # c\n  }}\n",
    ),
    "a block scalar, but not the comment behind it": (
        "spec:\n  encryptedData:\n    a: |\n      AgO\n      OO\n\n    # b\n    b: AgB\n",
        ["a"],
        "spec:\n  encryptedData:\n\n    # b\n    b: AgB\n",
    ),
    "an alias": (
        "spec:\n  encryptedData:\n    a: &v AgO\n    b: *v\n",
        ["b"],
        "spec:\n  encryptedData:\n    a: &v AgO\n",
    ),
}  # fmt: skip
REFUSED: Final = {
    "an anchor that is used elsewhere": (
        "spec:\n  encryptedData:\n    a: &v AgO\n  x: *v\n",
        "f, document 1, line 3: a carries an anchor that is used elsewhere",
    ),
    "a merge": (
        "base: &b {a: AgO}\nspec:\n  encryptedData:\n    <<: *b\n",
        "f, document 1, line 4: it takes in another mapping with <<",
    ),
    "an alias for all items": (
        "base: &b {a: AgO}\nspec:\n  encryptedData: *b\n",
        "f, document 1, line 3: encryptedData is an alias of what stands elsewhere",
    ),
    "an anchor for all items": (
        "spec:\n  encryptedData: &b\n    a: AgO\nother: *b\n",
        "f: cannot be edited without changing something else",
    ),
    "a merge of the parent": (
        "base: &b {encryptedData: {a: AgO}}\nspec:\n  <<: *b\n",
        "f, document 1, line 3: encryptedData may come from a mapping that is merged with <<",
    ),
    "a repeated key": (
        "spec:\n  encryptedData:\n    a: AgO\n    a: AgO\n",
        "f, document 1, line 4: the key a appears twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT)
def test_what_is_put(name: str) -> None:
    before, items, after = PUT[name]
    assert edit(before.encode(), "f", [Put(1, ITEMS, items)]).decode() == after


@pytest.mark.parametrize("name", DROPPED)
def test_what_is_dropped(name: str) -> None:
    before, keys, after = DROPPED[name]
    assert edit(before.encode(), "f", drops=[Drop(1, ITEMS, key) for key in keys]).decode() == after


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_change_something_else_is_refused(name: str) -> None:
    before, message = REFUSED[name]
    for edits in ({"puts": [Put(1, ITEMS, {"a": "AgN"})]}, {"drops": [Drop(1, ITEMS, "a")]}):
        with pytest.raises(SealerError) as raised:
            edit(before.encode(), "f", **edits)
        if "puts" in edits:
            assert raised.value.message == message
        assert "AgO" not in raised.value.message
