"""The two ports: HTTP for people and their tools, metrics for Prometheus.

What serves them is heavy to import, so it is made in threads, once the first lists are done.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.metrics.sources import Sources

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from controller.http.server import Server
    from controller.run import Controller


@dataclass
class Ports:
    """What serves on sockets that are bound already.

    Attributes:
        http: The socket of the HTTP port.
        metrics: That of the metrics port.

    """

    http: socket.socket
    metrics: socket.socket
    _servers: list[Server] = field(default_factory=list)
    _closing: bool = False

    async def serve(self, controller: Controller) -> None:
        """Serve until `close`.

        Raises:
            ConfigError: The serving certificate cannot be used.

        """
        await asyncio.gather(
            self._serve_on(self.http, lambda: _http_server(controller)),
            self._serve_on(self.metrics, lambda: _metrics_server(controller)),
        )

    def close(self) -> None:
        """Take no more requests, and end when those in hand are answered."""
        self._closing = True
        for server in self._servers:
            server.stop()

    async def _serve_on(self, bound: socket.socket, make: Callable[[], Server]) -> None:
        # In a thread, as it takes longer than anybody who waits for a Secret should notice.
        server = await asyncio.to_thread(make)
        if not self._closing:
            self._servers.append(server)
            await server.run_on(bound)


def _http_server(controller: Controller) -> Server:
    from controller.http.app import Facts  # noqa: PLC0415 - late on purpose, see above
    from controller.http.service import make_server  # noqa: PLC0415 - as above

    facts = Facts(controller.keyring, controller.is_ready)
    return make_server(controller.settings, facts, controller.client, controller.numbers.http_answered)


def _metrics_server(controller: Controller) -> Server:
    from controller.http.server import Server  # noqa: PLC0415 - late on purpose, see above
    from controller.http.tls import ServingCertificate  # noqa: PLC0415 - as above
    from controller.metrics.serve import MetricsApp  # noqa: PLC0415 - as above

    settings = controller.settings
    sources = Sources(
        controller.numbers,
        controller.tally,
        controller.records,
        controller.queue,
        controller.keys,
        controller.leadership,
        per_object=not settings.omit_secret_labels,
    )
    return Server(MetricsApp(sources), ServingCertificate.of(settings.tls_cert_file, settings.tls_key_file))
