"""Write the golden files anew from the oracle: `python -m tests.gotemplate.golden [AREA]`."""

from __future__ import annotations

import sys

from tests.gotemplate import corpus
from tests.gotemplate.cases import from_go


def main() -> None:
    for path in corpus.files(sys.argv[1] if len(sys.argv) > 1 else ""):
        answers = from_go(corpus.read(path))
        corpus.write_golden(path, answers)
        panics = sum(answer.kind in {"panic", "data"} for answer in answers)
        print(f"{path.relative_to(corpus.CORPUS)}: {len(answers)} cases{f', {panics} PANICS' if panics else ''}")


if __name__ == "__main__":
    main()
