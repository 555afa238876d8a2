"""How time, CPU, memory and requests grow with the number of objects, as a table and a plot.

``python -m tests.bench.growth [--write] [SIZE...]`` prints the table; with ``--write`` it goes to
docs/explanation/growth.md, and the plot beside it.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.local.find import Parts
from deploy.local.http import Request, send
from tests.bench.controller_stage import Runner, Stage, stage
from tests.bench.plot import Line, plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.frame import Cost

SIZES: Final = (100, 300, 1000, 3000, 10_000, 20_000)
FOLDER: Final = Path(__file__).parents[2] / "docs" / "explanation"
_REQUESTS: Final = re.compile(r"^sealer_controller_api_requests_total\{[^}]*\} (\S+)$", re.MULTILINE)
# Nothing else is patched.
_STATUSES: Final = re.compile(r'^sealer_controller_api_requests_total\{[^}]*verb="patch"[^}]*\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Size:
    """What so many objects cost.

    Attributes:
        objects: How many.
        secrets: From the start to the last Secret.
        told: From the start to the last status.
        requests: Requests to the API server until then.
        restart: From a start over the same objects to the end of its start-up pass.
        restart_requests: Requests until then.

    """

    objects: int
    secrets: Cost
    told: Cost
    requests: int
    restart: Cost
    restart_requests: int


def main(arguments: Sequence[str]) -> int:
    """Measure, and print or write."""
    sizes = [int(argument) for argument in arguments if argument != "--write"] or list(SIZES)
    found = []
    with stage(Parts()) as ground:
        for size in sizes:
            found.append(measure(ground, size))
            print(f"{size} objects: done", file=sys.stderr, flush=True)
    if "--write" in arguments:
        (FOLDER / "growth.svg").write_text(picture(found))
        page = FOLDER / "growth.md"
        before, _, rest = page.read_text().partition("<!-- table -->\n")
        after = rest.partition("<!-- /table -->\n")[2]
        page.write_text(f"{before}<!-- table -->\n{table(found)}\n<!-- /table -->\n{after}")
    else:
        print(table(found))
    return 0


def measure(found: Stage, objects: int) -> Size:
    """Return what so many objects cost at a first sync and at a restart."""
    with found.objects(objects) as namespace:
        # Without a metric for each object: its text would be what is measured at ten thousand.
        with found.ours("--metrics-omit-secret-labels=true") as runner:
            secrets = runner.wait("Secrets", lambda: found.secrets(namespace) >= objects)
            last = runner.wait("statuses", lambda: _statuses(runner) >= objects)
            requests = _requests(runner)
        with found.ours() as runner:
            restart = runner.wait("look at each", lambda: runner.objects_seen() >= objects)
            return Size(objects, secrets, last, requests, restart, _requests(runner))


def table(sizes: Sequence[Size]) -> str:
    """Return the table."""
    head = (
        "| objects | last Secret | last status | CPU | memory | requests | restart | CPU | memory | requests |",
        "|---|---|---|---|---|---|---|---|---|---|",
    )
    return "\n".join([*head, *map(_row, sizes)])


def picture(sizes: Sequence[Size]) -> str:
    """Return the plot: seconds of both, and memory, on logarithmic axes."""
    xs = [float(size.objects) for size in sizes]
    lines = [
        Line("last Secret, s", xs, [size.secrets.seconds for size in sizes]),
        Line("last status, s", xs, [size.told.seconds for size in sizes]),
        Line("restart, s", xs, [size.restart.seconds for size in sizes]),
        Line("memory, 100 MiB", xs, [(size.told.memory or 0) / 2**20 / 100 for size in sizes]),
    ]
    return plot(lines, "objects", "cost")


def _row(size: Size) -> str:
    def cost(cost: Cost) -> Iterator[str]:
        yield f"{cost.cpu or math.nan:.1f} s"
        yield f"{(cost.memory or 0) / 2**20:.0f} MiB"

    first = (str(size.objects), f"{size.secrets.seconds:.1f} s", f"{size.told.seconds:.1f} s")
    again = (f"{size.restart.seconds:.2f} s", *cost(size.restart), str(size.restart_requests))
    return f"| {' | '.join((*first, *cost(size.told), str(size.requests), *again))} |"


def _statuses(runner: Runner) -> int:
    """Return how many statuses were written; to count them at the API server would fetch every object each time."""
    text = send(Request("GET", f"{runner.metrics_url}/metrics")).decode()
    return sum(int(float(value)) for value in _STATUSES.findall(text))


def _requests(runner: Runner) -> int:
    """Return how many requests the controller has made so far, as its metrics tell."""
    text = ""

    def scraped() -> bool:
        nonlocal text
        text = send(Request("GET", f"{runner.metrics_url}/metrics")).decode()
        return bool(_REQUESTS.search(text))

    runner.wait("metrics", scraped)
    return sum(int(float(value)) for value in _REQUESTS.findall(text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
