"""`make bench`, or `python -m tests.bench [NAME...]`: every benchmark, or those named; ratios on standard output.

The long ones, of minutes each, run only when they are named: `python -m tests.bench --help` lists all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from deploy.local.find import Parts
from tests.bench import admission, agent, first_sync, new_object, restart, sealing, templates
from tests.bench.frame import Comparison, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BENCHMARKS: Final[Mapping[str, Callable[[Parts], Iterator[Comparison]]]] = {
    "sealing": sealing.run,
    "templates": templates.run,
    "first-sync": first_sync.run,
    "restart": restart.run,
    "new-object": new_object.run,
    "agent": agent.run,
    "admission": admission.run,
}


LONG: Final[Mapping[str, Callable[[Parts], Iterator[Comparison]]]] = {
    "first-sync-10000": first_sync.run_10000,
    "restart-10000": restart.run_10000,
    "first-sync-24-keys": first_sync.run_24_keys,
    "restart-24-keys": restart.run_24_keys,
}


def main(names: list[str]) -> int:
    """Run benchmarks and print the table; progress goes to standard error.

    Args:
        names: Of `BENCHMARKS`; all where empty.

    """
    if {"-h", "--help"} & set(names):
        print("usage: python -m tests.bench [NAME...]\n\nBy default all of:", ", ".join(BENCHMARKS))
        print("Only when named:", ", ".join(LONG))
        print("A table of growth: python -m tests.bench.growth [--write] [SIZE...]")
        return 0
    known = {**BENCHMARKS, **LONG}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"error: no benchmark {unknown[0]}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[Comparison] = []
    for name in names or list(BENCHMARKS):
        for row in known[name](Parts()):
            print(f"{row.what}, against {row.against}: {row.speed:.2g} times its speed", file=sys.stderr, flush=True)
            rows.append(row)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
