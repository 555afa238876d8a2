"""A typical template renders in well under a millisecond."""

from __future__ import annotations

from sealer.gotemplate import from_json, parse
from tests.gotemplate.speed import DATA, TYPICAL, best

MOST_SECONDS = 1e-3


def test_a_typical_template_renders_in_less_than_a_millisecond() -> None:
    template, data = parse("typical", TYPICAL), from_json(DATA)
    assert best(lambda: template.render(data), times=20) < MOST_SECONDS
