"""Render a template with Sprig: here, and by Go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sealer.gotemplate import Limits, Services, parse
from sealer.gotemplate.sprig import SPRIG
from tests.gotemplate.cases import Case, from_go

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = Services()


def render(template: str, data: Any = None, *, services: Services = DEFAULT, limits: Limits | None = None) -> str:
    return parse("test", template, functions=SPRIG).render(data, services=services, limits=limits or Limits())


def render_by_go(template: str, data: Any = None) -> str:
    (answer,) = from_go([Case("test", template.encode(), json.dumps(data), "sprig")])
    assert not answer.kind, answer.message
    return answer.output.decode()


def steady(seed: int = 0) -> Services:
    """Services whose randomness is the same each time, and none at all."""

    def numbers() -> Iterator[int]:
        state = seed
        while True:
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            yield state >> 56

    source = numbers()
    return Services(random=lambda size: bytes(next(source) for _ in range(size)), clock=lambda: 1_700_000_000 * 10**9)
