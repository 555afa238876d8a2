"""Admission reviews over TLS, against the least that a webhook in Go can be."""

from __future__ import annotations

import os
import ssl
import subprocess
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from deploy.local.network import free_port
from deploy.local.process import Command, Processes
from tests.admission import pods
from tests.admission.conftest import FLAGS, LOOPBACK, PROGRAM
from tests.bench.frame import Comparison, Cost, process_cpu, process_memory
from tests.support import certificates
from tests.support.go import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Process

SOURCES: Final = Path(__file__).parent / "admission_load"
BODY: Final = 6000
REQUESTS: Final = 6000
AGAINST: Final = "net/http in Go that decodes the review and decides nothing"


@dataclass(frozen=True)
class Server:
    """One of the two, serving."""

    process: Process
    port: int
    ca: Path


@dataclass(frozen=True)
class Load:
    """Reviews of one kind over so many connections.

    Attributes:
        program: What sends them.
        review: The body.
        connections: How many at once.

    """

    program: Path
    review: bytes
    connections: int

    def put_on(self, server: Server) -> tuple[list[float], float]:
        """Return the latencies in seconds, sorted, and the server's CPU time a review."""
        before = process_cpu(server.process.pid)
        url = f"https://{LOOPBACK}:{server.port}/mutate"
        arguments = [str(self.program), "ask", url, str(server.ca), str(self.connections), str(REQUESTS)]
        done = subprocess.run(arguments, input=self.review, capture_output=True, check=True)
        latencies = sorted(int(line) / 1_000_000 for line in done.stdout.split())
        return latencies, (process_cpu(server.process.pid) - before) / len(latencies)


def run(_parts: Parts) -> Iterator[Comparison]:
    """Yield the median and the 99th percentile, for 1 and 32 connections, injected and skipped."""
    load = built(SOURCES, "admission-load")
    with tempfile.TemporaryDirectory() as name, Processes() as processes:
        folder = Path(name)
        serving = certificates.generate([LOOPBACK])
        certificate, key = serving.write(folder)
        (folder / "ca.crt").write_bytes(serving.ca)
        with (
            _serving(processes, folder, _ours(certificate, key)) as ours,
            _serving(processes, folder, (str(load), "serve", "{address}", str(certificate), str(key))) as peer,
        ):
            for what, review in (("injected", _review(asks=True)), ("skipped", _review(asks=False))):
                for connections in (1, 32):
                    yield from _compare(Load(load, review, connections), ours, peer, what)


def _compare(load: Load, ours: Server, peer: Server, what: str) -> Iterator[Comparison]:
    for server in (ours, peer):
        load.put_on(server)  # Warms up.
    measured = [(server, *load.put_on(server)) for server in (ours, peer)]
    for percentile in (50, 99):
        costs = [
            Cost(_percentile(latencies, percentile), cpu, process_memory(server.process.pid))
            for server, latencies, cpu in measured
        ]
        row = f"admission review {what}, {load.connections} connections, p{percentile}"
        yield Comparison(row, costs[0], costs[1], AGAINST)


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _review(*, asks: bool) -> bytes:
    """A review of about 6 kB, as the API server sends one of a usual pod."""
    manifest = pods.basic() if asks else pods.annotated("agent-inject", "false")
    body = orjson.dumps(pods.review(manifest))
    padding = max(0, BODY - len(body))
    manifest["metadata"]["annotations"]["example.com/description"] = "x" * padding
    return orjson.dumps(pods.review(manifest))


def _ours(certificate: Path, key: Path) -> tuple[str, ...]:
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    return (str(PROGRAM), "--listen", "{address}", *FLAGS, *files, "--log-level", "warn")


@contextmanager
def _serving(processes: Processes, folder: Path, command: tuple[str, ...]) -> Iterator[Server]:
    port = free_port()
    arguments = tuple(word.replace("{address}", f"{LOOPBACK}:{port}") for word in command)
    name = Path(arguments[0]).name
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = processes.start(Command(name, arguments, folder / f"{name}.log", kept))
    try:
        process.wait_until(lambda: _answers(port, folder / "ca.crt"), seconds=30)
        yield Server(process, port, folder / "ca.crt")
    finally:
        processes.stop(process)


def _answers(port: int, ca: Path) -> bool:
    trusted = ssl.create_default_context(cafile=str(ca))
    try:
        with urllib.request.urlopen(f"https://{LOOPBACK}:{port}/health/live", context=trusted, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # The peer has no such path, and answers.
    except OSError:
        return False
