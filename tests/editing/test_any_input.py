"""No input makes anything but a SealerError, and no edit changes what nobody asked for."""

from __future__ import annotations

import contextlib
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from sealer import documents
from sealer.documents.edit import edit
from sealer.errors import SealerError
from sealer.sealed_file import drops, find, puts
from tests.editing.layouts import Layout, layouts, values

SCRAPS: Final = st.sampled_from(
    [
        *("\n", "\r", "\r\n", "\t", " ", "  ", "\u2028", "\x85", "\ufeff", ":", ": ", "- ", "? ", "#", " #", "{", "}"),
        *("[", "]", ",", "&a ", "*a", "!x ", "!!str ", "|", ">-", "|2+\n", "'", '"', "\\", "---\n", "...\n", "<<: "),
        *("%YAML 1.1\n", "null", "~", "{}", "kind: SealedSecret\n", "kind: List\nitems:\n- ", "é", "😀", "\ud800"),
    ]
)
CUTS: Final = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), SCRAPS), min_size=1, max_size=4)


def scrambled(text: str, cuts: list[tuple[float, int, str]]) -> bytes:
    for place, length, scrap in cuts:
        start = int(place * len(text))
        text = text[:start] + scrap + text[start + length :]
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(layouts(), CUTS, st.data())
def test_scrambled_files_are_edited_rightly_or_refused(
    layout: Layout, cuts: list[tuple[float, int, str]], data: st.DataObject
) -> None:
    text = layout.bytes({key: data.draw(values("abc")) for key in layout.items}, {}).decode("utf-8-sig")
    text = text.replace("apiVersion: bitnami.com/v1alpha1", "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1")
    scrap = scrambled(text, cuts)
    try:
        found = find(scrap, "f")
        before = documents.read(scrap, "f", allow_empty=True)
        edited = [(one, edit(scrap, "f", puts(one, {"new": "AgNEW"}, "SHA256:x"))) for one in found]
        for one in found:
            edit(scrap, "f", drops=drops(one, sorted(one.sealed.encrypted_data)[:1]))
    except SealerError:
        return  # anything else fails the test
    for one, after in edited:
        assert {
            item.sealed.encrypted_data.get("new")
            for item in find(after, "f")
            if item.path == one.path and item.number == one.number
        } == {"AgNEW"}
        others = [
            (now.value, then.value)
            for now, then in zip(documents.read(after, "f", allow_empty=True), before, strict=True)
        ]
        assert all(now == then for number, (now, then) in enumerate(others, start=1) if number != one.number)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(SealerError):
        assert find(data, "f") == []
