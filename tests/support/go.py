"""Go programs of ours, built into the cache of real parts: by content, so that a second run finds them there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from deploy.local.find import cache_folder


def digest(sources: Path) -> str:
    """Digest of all that makes the program what it is: the files of its folder."""
    hashed = hashlib.sha256()
    for path in sorted(sources.iterdir()):
        content = path.read_bytes()
        hashed.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()[:12]


def built(sources: Path, name: str) -> Path:
    """Path of the program, built if it is not there yet.

    Two builds at once do no harm: each puts its own result in place whole.
    """
    target = cache_folder(os.environ) / f"{name}-{digest(sources)}" / name
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            result = Path(folder) / name
            environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
            command = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(result), "."]
            subprocess.run(command, cwd=sources, env=environment, check=True)
            result.replace(target)
    return target
