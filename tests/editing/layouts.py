"""Files with a SealedSecret in many layouts, each able to say what it is with other items: exact to the byte."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

ITEMS: Final = ("spec", "encryptedData")
ANNOTATIONS: Final = ("metadata", "annotations")
COMMENTS: Final = ("# plain", "#", "# with: colon", "# {[ 'quotes\" ]}", "# é 😀", "# ---", "# *x &y <<: !z")
# What stands beside a SealedSecret in a file: all that an edit must not touch.
NEIGHBOURS: Final = (
    "kind: ConfigMap\ndata:\n  a: |\n    one\n\n    ---x\n  b: >+\n    two\n\n",
    "kind: Values\nbase: &base {a: 1, b: [1,2 , 3]}\nchild:\n  <<: *base\n  c: ~\n",
    "- just\n-  a list # of words\n- {}\n",
    "{kind: Flow, when: 2020-01-01, odd: 'it''s', tab: \"\\t\"}\n",
    "kind:   Spaced   \nmeta : { x : y }\n\n\n",
)


@dataclass(frozen=True)
class Item:
    """How one item is written."""

    style: str
    before: str
    comment: str

    def lines(self, key: str, value: str, indent: str) -> list[str]:
        written = {"plain": value, "single": f"'{value}'", "double": f'"{value}"'}.get(self.style)
        if written is not None:
            return [f"{indent}{key}: {written}{self.comment}"]
        header, deeper = {"literal": "|", "strip": "|-", "folded": ">-", "wrapped": "|"}[self.style], indent + "   "
        width = 5 if self.style == "wrapped" else len(value)
        content = [value[start : start + width] for start in range(0, len(value), width)]
        return [f"{indent}{key}: {header}{self.comment}", *(deeper + line for line in content)]


@dataclass(frozen=True)
class Layout:
    """A file in YAML, apart from the values of its items."""

    unit: int
    items: Mapping[str, Item]
    shape: str
    annotations: str
    spec_first: bool
    neighbours: tuple[str, ...]
    place: int
    opening: str
    end: str
    ends: bool
    mark: bool

    def bytes(self, values: Mapping[str, str], hints: Mapping[str, str]) -> bytes:
        """Return the file with these items and annotations."""
        own = "".join(line + "\n" for line in self._lines(values, hints))
        documents = [*self.neighbours[: self.place], own, *self.neighbours[self.place :]]
        text = self.opening + "---\n".join(documents)
        text = text if self.ends else text.removesuffix("\n")
        return (b"\xef\xbb\xbf" if self.mark else b"") + text.replace("\n", self.end).encode()

    def with_item(self, key: str) -> Layout:
        """Return the layout with an item that is written like the last."""
        last = list(self.items.values())[-1:]
        style = last[0].style if last and last[0].style in {"single", "double"} else "plain"
        return replace(self, items={**self.items, key: Item(style, "", "")})

    @property
    def document(self) -> int:
        return self.place + 1

    def _lines(self, values: Mapping[str, str], hints: Mapping[str, str]) -> list[str]:
        one = " " * self.unit
        metadata = [
            "metadata: # {}",
            f"{one}name: db",
            f"{one}labels: &labels {{a: b,  c: 'd'}}",
            *self._hints(hints, one),
        ]
        spec = ["spec:", *self._items(values, one), f"{one}template:", f"{one}{one}labels: *labels # same"]
        parts = [["", *spec], metadata] if self.spec_first else [metadata, ["  ", *spec]]
        # The alias has to come after its anchor.
        if self.spec_first:
            parts[0][-1] = f"{one}{one}labels: {{a: b}}"
        return ["apiVersion: bitnami.com/v1alpha1 # the CRD's", *parts[0], *parts[1]]

    def _items(self, values: Mapping[str, str], one: str) -> list[str]:
        if self.shape == "flow":
            pairs = ", ".join(f"{key}: {self._flow(key, value)}" for key, value in values.items())
            return [f"{one}encryptedData:  {{{pairs}}} # flow"]
        if self.shape == "spread":
            inner = ",\n".join(f"{one * 3}{key}: {self._flow(key, value)}" for key, value in values.items())
            return [f"{one}encryptedData: {{", inner, f"{one}}}"]
        lines = [f"{one}encryptedData: # values"]
        for key, item in self.items.items():
            lines += item.before.splitlines()
            lines += item.lines(key, values[key], one * 2) if key in values else []
        return lines

    def _flow(self, key: str, value: str) -> str:
        style = self.items[key].style
        return {"single": f"'{value}'", "double": f'"{value}"'}.get(style, value)

    def _hints(self, hints: Mapping[str, str], one: str) -> list[str]:
        block = [f"{one * 2}{key}: {value}" for key, value in hints.items()]
        match self.annotations:
            case "block":
                return [f"{one}annotations:", f"{one * 2}z/z: 'true' # no hint", *block]
            case "null" | "braces" if not hints:
                return [f"{one}annotations:{' {}' if self.annotations == 'braces' else ''} # none"]
            case "null" | "braces":
                return [f"{one}annotations: # none", *block]
            case _:
                return [f"{one}annotations:", *block] if hints else []


def values(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=4, max_size=18).map(lambda text: "Ag" + text + "=")


KEYS: Final = ("password", "a.b", "user_name", "TOKEN", "x-1")


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    shape = draw(st.sampled_from(["block", "block", "block", "flow", "spread"]))
    styles = (
        ["plain", "single", "double", "literal", "strip", "folded", "wrapped"]
        if shape == "block"
        else ["plain", "single", "double"]
    )
    uniform = draw(st.sampled_from(styles[:3]))
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
    items = {}
    for key in keys:
        # In braces a new item is written like the last one's key, which is plain.
        style = draw(st.sampled_from(styles)) if shape == "block" else uniform
        comment = draw(st.sampled_from(["", *(" " + one for one in COMMENTS)]))
        before = draw(st.sampled_from(["", "\n", *(f" {one}\n" for one in COMMENTS), "\n# x\n\n"]))
        items[key] = Item(style, before, comment)
    neighbours = tuple(draw(st.lists(st.sampled_from(NEIGHBOURS), max_size=2)))
    return Layout(
        unit=draw(st.sampled_from([1, 2, 4])),
        items=items,
        shape=shape,
        annotations=draw(st.sampled_from(["block", "absent", "null", "braces"])),
        spec_first=draw(st.booleans()),
        neighbours=neighbours,
        place=draw(st.integers(0, len(neighbours))),
        opening=draw(st.sampled_from(["", "# é first\n\n", "---\n", "%YAML 1.1\n---\n"])),
        end=draw(st.sampled_from(["\n", "\n", "\r\n"])),
        ends=draw(st.booleans()),
        mark=draw(st.booleans()),
    )


def as_json(values: Mapping[str, str], hints: Mapping[str, str] | None, manner: Mapping[str, object]) -> bytes:
    """Return a SealedSecret as JSON, in Python's own writing."""
    metadata: dict[str, object] = {"name": "dé"} | ({"annotations": dict(hints)} if hints else {})
    value = {"kind": "SealedSecret", "spec": {"encryptedData": dict(values)}, "metadata": metadata}
    return json.dumps(value, **manner).encode()  # type: ignore[arg-type]  # a table of keyword arguments
