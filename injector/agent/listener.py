"""A door for the application at 127.0.0.1: to end the agent, and to reach Vault with the agent's token.

The paths are those of the existing agent: ``POST /agent/v1/quit``, and everything below ``/v1/`` is Vault's
(https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent#quit-api).
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from injector.agent.errors import ConfigurationError
from injector.vault.errors import Patience, VaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from injector.agent.events import Events
    from injector.agent.settings import Listener, ProxyToken
    from injector.agent.token import TokenKeeper
    from injector.vault.operations import VaultOperations

_LARGEST: Final = 32 << 20  # Vault's own limit of a request
_PATIENCE: Final = 60.0
_QUIT: Final = "/agent/v1/quit"
_TOKEN: Final = "x-vault-token"  # noqa: S105  # a header's name
_OURS: Final = frozenset({"content-length", "date", "server", "connection", "transfer-encoding"})


def listen(
    settings: Listener, vault: VaultOperations, token: TokenKeeper, events: Events, end: Callable[[], None]
) -> Callable[[], None]:
    """Listen in a thread.

    Args:
        settings: What is offered, and where.
        vault: Vault.
        token: The agent's token.
        events: Gets a line for what goes wrong.
        end: Ends the agent.

    Returns:
        What ends the listening.

    Raises:
        ConfigurationError: The port is taken.

    """
    bound = {"door": Door(settings, vault, token, events), "end": staticmethod(end)}
    handler = type("_BoundHandler", (_Handler,), bound)
    try:
        server = _Server(("127.0.0.1", settings.port), handler)
    except OSError as error:
        said = (error.strerror or "unknown reason").lower()
        raise ConfigurationError(f"cannot listen at 127.0.0.1:{settings.port}: {said}", hint="choose a port") from error
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="listener", daemon=True).start()
    events.info(f"listening at 127.0.0.1:{server.server_port}")

    def close() -> None:
        server.shutdown()
        server.server_close()

    return close


class Door:
    """What the application may do.

    Args:
        settings: What is offered.
        vault: Vault.
        token: The agent's token.
        events: Gets a line for what goes wrong.

    """

    def __init__(self, settings: Listener, vault: VaultOperations, token: TokenKeeper, events: Events) -> None:
        self._settings = settings
        self._vault = vault
        self._token = token
        self._events = events

    def offers(self, method: str, path: str) -> str:
        """Return what a request is answered by: ``quit``, ``vault``, or nothing."""
        if self._settings.quits and path == _QUIT and method in {"POST", "PUT"}:
            return "quit"
        return "vault" if self._settings.proxy is not None and path.startswith("/v1/") else ""

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Iterable[tuple[str, str]], bytes]:
        """Pass a request on to Vault; return status, headers and body of its answer."""
        lease = self._token.lease
        token = added_token(self._settings.proxy, headers, None if lease is None else lease.token)
        if token is not None:
            self._token.in_use = True  # what is made with it may be in use when the agent ends
        try:
            answer = self._vault.forward(method, target, headers, body, token=token)
        except VaultError as error:
            self._events.warn(f"a request of the application: {error.message}")
            return (503 if error.patience is Patience.LONG else 502), [], b'{"errors":["vault gave no answer"]}'
        return answer.status, answer.headers, answer.body


def added_token(proxy: ProxyToken | None, headers: Mapping[str, str], token: str | None) -> str | None:
    """Return the token to add to a request of the application; None to leave it as it is (pure).

    Args:
        proxy: ``force`` adds it always, ``true`` where the request has none, ``false`` never.
        headers: Of the request.
        token: The agent's.

    """
    has_own = any(name.lower() == _TOKEN and value for name, value in headers.items())
    return token if proxy == "force" or (proxy == "true" and not has_own) else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Say nothing: a client that goes away is no fault of ours, and a traceback may hold its request."""


class _Handler(BaseHTTPRequestHandler):
    door: Door
    end: Callable[[], None]
    protocol_version = "HTTP/1.1"
    server_version = "sealer-agent"
    sys_version = ""
    timeout = _PATIENCE

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()) or self.headers.get("Transfer-Encoding"):
            self._refuse(411, "a body needs its length")
        elif int(length) > _LARGEST:
            self._refuse(413, "the request is too large")
        else:
            self._serve(self.rfile.read(int(length)))

    def _serve(self, body: bytes) -> None:
        offered = self.door.offers(self.command, self.path.partition("?")[0])
        if offered == "quit":
            self._send(200, [], b"")
            type(self).end()
        elif offered == "vault":
            self._send(*self.door.ask(self.command, self.path, dict(self.headers.items()), body))
        else:
            self._send(404, [], b'{"errors":["there is nothing here"]}')

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_LIST = _answer  # noqa: N815  # the class asks so

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True  # what follows is the body that is not read
        self._send(status, [], f'{{"errors":["{why}"]}}'.encode())

    def _send(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _OURS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing for each request."""
