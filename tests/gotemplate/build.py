"""Build the oracle, a Go program, into the cache of real parts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.support.go import built

SOURCES: Final = Path(__file__).parent / "oracle"


def oracle_path() -> Path:
    """Path of the oracle, built if it is not there yet."""
    return built(SOURCES, "gotemplate-oracle")


if __name__ == "__main__":
    print(oracle_path())
