"""A case: a template and its data; and what comes of it, from Go or from us."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import GoTemplateError, Limits, ParseError, Registry, encode, from_json, parse
from sealer.gotemplate.sprig import SPRIG
from tests.gotemplate.build import oracle_path
from tests.gotemplate.value_functions import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sealer.gotemplate import MissingKey

LIMITS: Final = Limits(steps=200_000, seconds=5)
SETS: Final[dict[str, Registry]] = {"none": Registry.join(), "values": VALUES, "sprig": SPRIG}
# Times are written in the local zone.
ENVIRONMENT: Final = {"TZ": "UTC"}


@dataclass(frozen=True)
class Case:
    """A template and its data.

    Attributes:
        template: As bytes, as it need not be UTF-8.
        data: JSON; empty for nil.
        functions: Name of a set: none, values, sprig or consul.
        delims: Delimiters; empty for the default.

    """

    name: str
    template: bytes
    data: str = ""
    functions: str = "none"
    missingkey: MissingKey = "default"
    delims: tuple[str, str] = ("", "")

    @property
    def wire(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "template": base64.b64encode(self.template).decode(),
            "data": self.data,
            "functions": self.functions,
            "missingkey": self.missingkey,
            "left": self.delims[0],
            "right": self.delims[1],
        }


@dataclass(frozen=True)
class Answer:
    """What comes of a case: output, or an error with its kind (parse or exec), place and message."""

    output: bytes = b""
    kind: str = ""
    message: str = ""
    line: int = 0
    column: int | None = None

    @property
    def place(self) -> tuple[str, int, int | None]:
        return self.kind, self.line, self.column


def from_go(cases: Iterable[Case], oracle: Path | None = None) -> list[Answer]:
    """Ask the oracle about all cases in one process."""
    lines = "\n".join(json.dumps(case.wire) for case in cases)
    done = subprocess.run(
        [oracle or oracle_path()], input=lines.encode(), capture_output=True, check=True, env=ENVIRONMENT
    )
    return [_read(json.loads(line)) for line in done.stdout.splitlines()]


def _read(wire: Mapping[str, Any]) -> Answer:
    output = base64.b64decode(wire.get("output") or "")
    return Answer(output, wire.get("kind", ""), wire.get("message", ""), wire.get("line", 0), wire.get("column"))


def from_us(case: Case) -> Answer:
    """Render a case with Sealer."""
    if case.functions == "consul":
        from tests.gotemplate.consul import world

        return world.answer(case)
    try:
        template = parse(
            case.name,
            case.template.decode("utf-8", "surrogateescape"),
            functions=SETS[case.functions],
            delims=case.delims,
            missingkey=case.missingkey,
        )
        data = from_json(json.loads(case.data)) if case.data else None
        return Answer(encode(template.render(data, limits=LIMITS)))
    except GoTemplateError as error:
        kind = "parse" if isinstance(error, ParseError) else "exec"
        return Answer(b"", kind, error.message, error.line or 0, error.column)


# Where Go puts a value into an error, Sealer does not. What Go writes, and what stands for it here.
WITHOUT_VALUES: Final = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"index out of range: -?\d+$", "index out of range"),
        (r"invalid slice index: \d+ > \d+$", "invalid slice index"),
        (r"range can't iterate over .*", "range can't iterate over a value"),
        (r"can't use .* (iterate over more than one variable)$", r"can't use an integer to \1"),
        (r"non-comparable types? .*", "non-comparable"),
        (r"non-function .* of type", "non-function of type"),
    )
)  # fmt: skip


def without_values(message: str) -> str:
    """A message as Sealer words it, from Go's or from our own."""
    for pattern, replacement in WITHOUT_VALUES:
        message = pattern.sub(replacement, message)
    return message


def same(go: Answer, ours: Answer) -> bool:
    """Whether we did what Go did: the same output, or the same error at the same place in the same words."""
    if go.kind or ours.kind:
        return go.place == ours.place and without_values(go.message) == without_values(ours.message)
    return go.output == ours.output
