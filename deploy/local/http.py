"""Plain JSON over HTTP with the standard library, for the API server and for Vault."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import ServiceError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

SECONDS: Final = 30.0


class StatusError(ServiceError):
    """A server answered with an error.

    Attributes:
        status: HTTP status code.

    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: HTTP method.
        url: Whole address.
        body: Bytes to send, if any.
        headers: Header names and values; they may hold a token, so `repr` does not show a request.

    """

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"


def send(request: Request, *, context: ssl.SSLContext | None = None, seconds: float = SECONDS) -> bytes:
    """Send a request and return the body of the answer.

    Raises:
        StatusError: The server answered with a status of 400 or more; the message has what it says in `message` or
            `errors`.
        ServiceError: The server cannot be reached.

    """
    # The address is one of ours, made from a port that we chose.
    raw = urllib.request.Request(  # noqa: S310  # see above
        request.url, data=request.body, headers=dict(request.headers), method=request.method
    )
    # No proxy of the environment may stand between us and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(raw, timeout=seconds) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            text = _reason(error.read())
        message = f"{request.method} {request.url}: {error.code} {text}"
        raise StatusError(message, status=error.code) from None
    except OSError as error:
        raise ServiceError(f"{request.method} {request.url}: {error}") from error


def _reason(body: bytes) -> str:
    """Take what a person can use from an error's body: Kubernetes says `message`, Vault says `errors`."""
    try:
        decoded: Any = json.loads(body)
    except ValueError:
        return body.decode(errors="replace").strip()[:500]
    if isinstance(decoded, dict):
        return str(decoded.get("message") or "; ".join(map(str, decoded.get("errors") or [])))
    return ""
