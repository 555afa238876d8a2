"""`make bench`, or `python -m tests.bench [NAME...]`: every benchmark, or those named; ratios on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from deploy.local.find import Parts
from tests.bench import admission, agent, first_sync, sealing, templates
from tests.bench.frame import Comparison, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BENCHMARKS: Final[Mapping[str, Callable[[Parts], Iterator[Comparison]]]] = {
    "sealing": sealing.run,
    "templates": templates.run,
    "first-sync": first_sync.run,
    "agent": agent.run,
    "admission": admission.run,
}


def main(names: list[str]) -> int:
    """Run benchmarks and print the table; progress goes to standard error.

    Args:
        names: Of `BENCHMARKS`; all where empty.

    """
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"error: no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    rows: list[Comparison] = []
    for name in names or list(BENCHMARKS):
        for row in BENCHMARKS[name](Parts()):
            print(f"{row.what}, against {row.against}: {row.speed:.2g} times its speed", file=sys.stderr, flush=True)
            rows.append(row)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
