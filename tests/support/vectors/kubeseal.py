"""What the real kubeseal makes."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import TYPE_CHECKING

from deploy.local.find import Parts
from tests.support.vectors import KEYS
from tests.support.vectors.format1 import PLAIN

if TYPE_CHECKING:
    from pathlib import Path


@cache
def binary() -> Path:
    """Return the real kubeseal."""
    return Parts().path("kubeseal")


def run_kubeseal(*arguments: str, key: str = "rsa-2048", stdin: bytes = PLAIN) -> bytes:
    """Return what the real kubeseal prints."""
    certificate = str(KEYS / f"test-only-{key}.cert.pem")
    command = [str(binary()), "--cert", certificate, *arguments]
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout
