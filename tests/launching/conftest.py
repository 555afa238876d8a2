"""The launcher, built as the agent's image builds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.support.go import built

SOURCES: Final = Path(__file__).parents[2] / "deploy" / "images" / "launch"


@pytest.fixture(scope="session")
def launcher() -> Path:
    return built(SOURCES, "sealer-launch")
