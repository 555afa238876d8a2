"""HTTP below hvac: kept-alive connections for many threads, with trust, proxy, redirects and time limits of ours."""

from __future__ import annotations

import json as jsonlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

from injector.vault.errors import VaultRequestError
from injector.vault.pool import Exchange, Pool
from injector.vault.throttle import Throttle
from sealer import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPMessage

    from injector.vault.settings import Connection

_USER_AGENT: Final = f"sealer-injector/{__version__}"
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS: Final = 4
_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True)
class Reply:
    """What came back, under the names that hvac uses.

    Attributes:
        url: Who sent it.
        status_code: HTTP status.
        headers: HTTP headers.
        content: The body.

    """

    url: str
    status_code: int
    headers: HTTPMessage = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether it is no error."""
        return self.status_code < 400  # noqa: PLR2004  # HTTP


class Transport:
    """What hvac's adapter calls in the place of a session of requests.

    Many threads may call it at once.

    Args:
        connection: How to reach Vault. Nothing is sent yet.
        max_connections: How many connections may be open; who wants one more waits.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there, or holds none.

    """

    # hvac looks at these and passes them on; who is trusted is said by the connection alone.
    verify = True
    cert: tuple[str, ...] = ()
    proxies: Mapping[str, str] = {}

    def __init__(self, connection: Connection, *, max_connections: int) -> None:
        self._connection = connection
        self._pool = Pool(connection, max_connections)
        self._throttle = Throttle(connection.rate) if connection.rate else None

    def request(  # noqa: PLR0913  # hvac's call
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        allow_redirects: bool,
        timeout: float,
        params: str = "",
        json: Any = None,
        data: bytes | None = None,
        **_of_requests: Any,
    ) -> Reply:
        """Send a request, and return the answer to it, whatever its status.

        Args:
            method: HTTP method.
            url: Where to.
            headers: HTTP headers.
            allow_redirects: Whether to go where an answer points to.
            timeout: Seconds to wait for the server at each step.
            params: The query, encoded.
            json: What to send as JSON, or
            data: as it is.

        Raises:
            UntrustedServerError: TLS fails.
            VaultUnreachableError: There is no answer.
            VaultRequestError: The answer is not HTTP that we understand.

        """
        body = data if json is None else jsonlib.dumps(json).encode()
        sent = {"User-Agent": _USER_AGENT, **headers}
        if json is not None:
            sent["Content-Type"] = "application/json"
        target = f"{url}?{params}" if params else url
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._send(method.upper(), target, sent, body, timeout)
            location = reply.headers.get("Location")
            if not allow_redirects or location is None or reply.status_code not in _REDIRECTS:
                return reply
            target = _redirected(target, location)
        raise VaultRequestError(f"vault at {self._connection.address} redirects without end")

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float) -> Reply:
        if self._throttle is not None:
            self._throttle.wait()
        # hvac leaves some paths as they are given; a URL is ASCII.
        response, content = self._pool.exchange(Exchange(method, quote(url, safe=_SAFE), headers, body, timeout))
        return Reply(url, response.status, response.headers, content)


def _redirected(before: str, location: str) -> str:
    """Return where an answer points to.

    Raises:
        VaultRequestError: It leads away from TLS: the token would go over the wire in the clear.

    """
    after = urljoin(before, location)
    scheme = urlsplit(after).scheme
    if scheme not in {"http", "https"} or (urlsplit(before).scheme == "https" and scheme != "https"):
        raise VaultRequestError(f"vault at {urlsplit(before).netloc} redirects to an address without TLS")
    return after
