"""A differential fuzzer: random templates and data, rendered by Go and by Sealer.

`python -m tests.gotemplate.fuzz --seconds 60 [--seed N]` runs longer than the suite does.
What it finds goes into the corpus.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from tests.gotemplate import corpus
from tests.gotemplate.cases import Answer, Case, from_go, from_us, same
from tests.gotemplate.fuzz_grammar import Grammar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sealer.gotemplate import MissingKey

BATCH: Final = 400
_NAMES: Final = ("a", "b", "k", "x", "n", "s", "l", "m", "é")
_TEXTS: Final = ("", "a", "x y", "é", "<&>", "10", "secret\n", "日本", "\0", '"q"', "%d", "A")
_WORDS: Final = ("{{", "}}", "{{- ", " -}}", "{{end}}", ":=", "$x", "nil")
_MARKS: Final = (*"{}()|.$:=,-+ \t\n\"'`/*\\0123456789abéx%", *_WORDS)
# Addresses differ with each run, of Go too; so does the text of a value whose type Go orders maps by.
_ADDRESSES: Final = re.compile(rb"[0-9a-fA-F]{9,}|[0-9]{11,}|[01]{30,}|[0-7]{12,}")
_WITH_ADDRESS: Final = re.compile(rb"pointer|callable|counted|failure|Pointer|%[-+ #0-9.*\[\]]*p")
_UNORDERED: Final = re.compile(rb"mixed")
_MISSING_KEYS: Final[tuple[MissingKey, ...]] = ("default", "default", "zero", "error")
_DEEP: Final = re.compile("depth|nests too deeply|steps|bytes$|longer than")


def data(source: random.Random, depth: int = 3) -> Any:
    """Random JSON."""
    kind = source.randrange(8 if depth else 5)
    if kind < 2:
        return source.choice((None, True, False, 0, 1, -1, 2.5, 3, 10, 1e21, 0.1, 255))
    if kind < 5:
        return source.choice(_TEXTS)
    if kind < 6:
        return [data(source, depth - 1) for _ in range(source.randrange(4))]
    return {name: data(source, depth - 1) for name in source.sample(_NAMES, source.randrange(5))}


def generated(source: random.Random) -> Case:
    """A case from the grammar of templates."""
    content = {name: data(source) for name in _NAMES if source.random() < 0.9}
    content |= {"s": source.choice(_TEXTS), "l": [data(source, 2) for _ in range(3)], "n": source.randrange(3)}
    template = Grammar(source).template()
    missing: MissingKey = source.choice(_MISSING_KEYS)
    return Case("fuzz", template.encode(), json.dumps(content), "values", missing)


def mutated(source: random.Random, cases: Sequence[Case]) -> Case:
    """A case of the corpus with a few characters changed."""
    case = source.choice(cases)
    text = case.template.decode("utf-8", "surrogateescape")
    other = source.choice(cases).template.decode("utf-8", "surrogateescape")
    for _ in range(source.randrange(1, 4)):
        begin = source.randrange(len(text) + 1)
        end = min(len(text), begin + source.choice((0, 0, 1, 1, 2, 5)))
        cut = source.randrange(len(other) + 1)
        piece = source.choice((source.choice(_MARKS), "", other[cut : cut + source.randrange(12)]))
        text = text[:begin] + piece + text[end:]
    return Case(
        case.name, text.encode("utf-8", "surrogateescape"), case.data, case.functions, case.missingkey, case.delims
    )


def batches(seed: int, cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Batches of cases without end, the same for the same seed."""
    source = random.Random(seed)  # noqa: S311 - not for secrets: a test has to be repeatable
    while True:
        yield [generated(source) if source.random() < 0.6 else mutated(source, cases) for _ in range(BATCH)]


def excused(case: Case, go: Answer, ours: Answer) -> bool:
    """Whether a difference is one of those that docs/reference/templates.md lists, or no fault of either."""
    if go.kind in {"panic", "timeout"} or _UNORDERED.search(case.template):
        return True
    if _WITH_ADDRESS.search(case.template) and (_ADDRESSES.search(go.output) or go.kind != ours.kind):
        return True
    if "index out of range" in ours.message and b"slice" in case.template:
        return True  # Go lets a slice be extended up to its capacity
    return bool(_DEEP.search(ours.message)) or "too much output" in go.message


def differences(cases: Sequence[Case]) -> Iterator[tuple[Case, Answer, Answer]]:
    """Those of some cases in which we do not do what Go does."""
    for case, go in zip(cases, from_go(cases), strict=True):
        try:
            ours = from_us(case)
        except Exception as error:  # noqa: BLE001 - any that escapes is a find
            ours = Answer(b"", "crash", repr(error))
        if not same(go, ours) and not excused(case, go, ours):
            yield case, go, ours


def seeds() -> list[Case]:
    """Cases of the corpus of the language, which mutation begins with."""
    found = [case for area in ("language", "fmt") for path in corpus.files(area) for case in corpus.read(path)]
    return [case for case in found if len(case.template) < 200]


def main() -> int:
    """Run for some time and print each difference; the exit status is 1 where there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    begin, done, found = time.monotonic(), 0, 0
    for batch in batches(options.seed, seeds()):
        for case, go, ours in differences(batch):
            found += 1
            print(f"{case}\n  Go:   {go}\n  ours: {ours}\n", flush=True)
        done += len(batch)
        if time.monotonic() - begin > options.seconds:
            break
    print(f"seed {options.seed}: {done} cases, {found} differences", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
