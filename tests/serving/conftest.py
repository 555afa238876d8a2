"""The controller of the tests of reconciling: one for a file, and those for a single namespace."""

from __future__ import annotations

from tests.reconciling.conftest import installed, running, start_here

__all__ = ["installed", "running", "start_here"]
