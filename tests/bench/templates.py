"""Rendering a typical template, against Go's own engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.frame import Comparison, Cost
from tests.gotemplate.speed import measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts


def run(_: Parts) -> Iterator[Comparison]:
    """Yield the rendering of a parsed template of about twenty lines."""
    speed = measure()
    yield Comparison("render a typical template, parsed before", Cost(speed.ours), Cost(speed.go), "Go's text/template")
