"""Build the oracle, a Go program, into the cache of real parts."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from deploy.local.find import cache_folder

SOURCES: Final = Path(__file__).parent / "oracle"
BINARY: Final = "oracle"


def digest() -> str:
    """Digest of all that makes the oracle what it is."""
    hashed = hashlib.sha256()
    for path in sorted(SOURCES.iterdir()):
        content = path.read_bytes()
        hashed.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()[:12]


def oracle_path() -> Path:
    """Path of the oracle, built if it is not there yet.

    Two builds at once do no harm: each puts its own result in place whole.
    """
    target = cache_folder(os.environ) / f"gotemplate-oracle-{digest()}" / BINARY
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            built = Path(folder) / BINARY
            environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
            command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(built), "."]
            subprocess.run(command, cwd=SOURCES, env=environment, check=True)
            built.replace(target)
    return target


if __name__ == "__main__":
    print(oracle_path())
