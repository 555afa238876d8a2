"""Sealing on the command line, against kubeseal."""

from __future__ import annotations

import base64
import json
import secrets
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sealer.keyring import SealingKey
from tests.bench.frame import Comparison, Cost, children_cpu, command_seconds, median

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.local.find import Parts

SEALER: Final = str(Path(sys.executable).parent / "sealer")
RUNS: Final = 15
FILES: Final = 1000


def run(parts: Parts) -> Iterator[Comparison]:
    """Yield one offline seal, 1,000 files, and one stream of 1,000 Secrets with three items."""
    kubeseal = str(parts.path("kubeseal"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = _certificate(folder)
        ours, peer = [SEALER, "seal", "--cert", certificate], [kubeseal, "--cert", certificate, "-o", "yaml"]
        one = json.dumps(_secret(0, 1)).encode()
        yield Comparison(
            "one offline seal",
            median(lambda: command_seconds(ours, stdin=one), RUNS),
            median(lambda: command_seconds(peer, stdin=one), RUNS),
            "kubeseal",
        )
        files = _files(folder)
        yield Comparison(
            f"{FILES} files",
            _with_cpu(lambda: command_seconds([*ours, *files])),
            _with_cpu(lambda: sum(command_seconds([*peer, "-f", file]) for file in files)),
            "kubeseal, once a file",
        )
        stream = "\n".join(json.dumps(_secret(number, 3)) for number in range(FILES)).encode()
        yield Comparison(
            f"one stream of {FILES} Secrets with 3 items",
            _with_cpu(lambda: command_seconds(ours, stdin=stream)),
            _with_cpu(lambda: command_seconds(peer, stdin=stream)),
            "kubeseal on the same stream",
        )


def _with_cpu(measure: Callable[[], float]) -> Cost:
    before = children_cpu()
    seconds = measure()
    return Cost(seconds, children_cpu() - before)


def _certificate(folder: Path) -> str:
    now = datetime.now(UTC)
    key = SealingKey.generate(bits=4096, common_name="", validity=timedelta(days=1), now=now)
    path = folder / "cert.pem"
    path.write_bytes(key.certificate_pem())
    return str(path)


def _files(folder: Path) -> list[str]:
    paths = [folder / f"secret-{number}.json" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_text(json.dumps(_secret(number, 1)))
    return [str(path) for path in paths]


def _secret(number: int, items: int) -> dict[str, Any]:
    data = {f"item-{i}": base64.b64encode(secrets.token_bytes(32)).decode() for i in range(items)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"secret-{number}", "namespace": "bench"},
        "data": data,
    }
