"""A client of the API server: few verbs, JSON, kept-alive connections, errors of our own.

Sixteen requests at a time: more at once gets 429s from API priority and fairness, and gains nothing on what one API
server can write (design, Controller).
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import aiohttp

from sealer import __version__
from sealer.apiserver.connection import open_session
from sealer.apiserver.errors import (
    ApiError,
    ConflictError,
    ExistsError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from sealer.apiserver.credentials import Credentials

REQUESTS_AT_A_TIME: Final = 16
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, sock_connect=10)
# The server ends a watch after `timeoutSeconds`; silence beyond the bookmarks, which come every minute, is a dead peer.
_WATCH_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
_ERRORS: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidError,
    401: ForbiddenError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
    413: InvalidError,
    422: InvalidError,
    429: ThrottledError,
}


class Objects(Protocol):
    """The verbs that we need of an API server; every one raises `ApiError`."""

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the object, or the list, at `path`."""

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create `body` in the collection at `path`; return it as stored."""

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put `body`, with its resourceVersion, at `path`; return it as stored."""

    async def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Merge `body` into the object at `path` (RFC 7386); return it as stored."""

    async def delete(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Delete the object at `path` as `body`, a ``v1`` DeleteOptions, says; return it, or a Status."""


class Client:
    """`Objects` and watches over HTTP. Use it in ``async with``, in the loop that it was entered in.

    Args:
        credentials: Who we are.
        program: What we are: the field manager of what we write, and the beginning of the User-Agent.
        identity: Which replica we are, for the User-Agent, so that an audit log tells replicas apart.
        answered: Called with the verb, the HTTP status (0 when there was no answer) and the seconds of each request;
            of a watch when it has begun.

    """

    def __init__(
        self,
        credentials: Credentials,
        program: str,
        *,
        identity: str = "",
        answered: Callable[[str, int, float], object] = lambda _verb, _status, _seconds: None,
    ) -> None:
        self._credentials = credentials
        self._program = program
        self._identity = identity
        self._answered = answered
        self._as_manager = {"fieldManager": program}

    async def __aenter__(self) -> Self:
        agent = f"{self._program}/{__version__} ({self._identity})" if self._identity else ""
        self._session = open_session(self._credentials, self._program, connections=REQUESTS_AT_A_TIME, agent=agent)
        # Watches have connections of their own: an open one must not take a place from the sixteen.
        self._watches = open_session(self._credentials, self._program, connections=0, agent=agent)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._watches.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """See `Objects`."""
        return await self._request("GET", path, params=params or {})

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return the list at `path` with the metadata of its objects only: no Secret's value travels."""
        return await self._request("GET", path, params=params, headers={"Accept": _METADATA_LIST})

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        return await self._request("POST", path, params=self._as_manager, body=body)

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        return await self._request("PUT", path, params=self._as_manager, body=body)

    async def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return await self._request("PATCH", path, params=self._as_manager, body=body, headers=headers)

    async def patch(self, path: str, operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Apply a JSON Patch (RFC 6902) to the object at `path`; return it as stored."""
        headers = {"Content-Type": "application/json-patch+json"}
        return await self._request("PATCH", path, params=self._as_manager, body=operations, headers=headers)

    async def delete(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `Objects`."""
        return await self._request("DELETE", path, params={}, body=body)

    async def watch(
        self, path: str, params: Mapping[str, str], *, metadata_only: bool
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the events of one watch until the server ends it.

        Raises:
            ApiError: It could not be started, or broke.

        """
        url = self._credentials.server + path
        headers = {"Accept": _METADATA if metadata_only else "application/json"}
        began = time.perf_counter()
        try:
            async with self._watches.get(
                url, params={**params, "watch": "true"}, headers=headers, timeout=_WATCH_TIMEOUT
            ) as response:
                self._answered("watch", response.status, time.perf_counter() - began)
                if response.status >= _FIRST_ERROR:
                    raise error_from(response.status, await response.read(), response.headers)
                async for line in _lines(response.content):
                    yield json.loads(line)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _unavailable("GET", path, error) from None

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        sent = {"Content-Type": "application/json", **(headers or {})} if data is not None else headers
        began, status = time.perf_counter(), 0
        try:
            async with self._session.request(
                method, self._credentials.server + path, params=params, data=data, headers=sent, timeout=_TIMEOUT
            ) as response:
                content = await response.read()
            status = response.status
            if status >= _FIRST_ERROR:
                raise error_from(status, content, response.headers)
            answer: dict[str, Any] = json.loads(content)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _unavailable(method, path, error) from None
        finally:
            self._answered(method.lower(), status, time.perf_counter() - began)
        return answer


_FIRST_ERROR: Final = 400
_METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def error_from(status: int, content: bytes, headers: Mapping[str, str]) -> ApiError:
    """Return the error for an answer of the API server, with the message of its Status object.

    Args:
        status: The HTTP status, 400 or more.
        content: The body, a ``v1`` Status as a rule.
        headers: Of which Retry-After, in seconds, is kept.

    """
    try:
        answer = json.loads(content)
    except ValueError:
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    message = str(answer.get("message") or f"the API server answered {status}")
    kind = _ERRORS.get(status, UnavailableError)
    if kind is ConflictError and answer.get("reason") == "AlreadyExists":
        kind = ExistsError
    return kind(message, retry_after=_seconds(headers.get("Retry-After", "")))


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _unavailable(method: str, path: str, error: Exception) -> UnavailableError:
    """Translate what went wrong on the way; raise it ``from None``, as a parser's error has the answer in it."""
    match error:
        case TimeoutError():
            reason = "no answer in time"
        case ValueError():
            reason = "the answer is not JSON"
        case _:
            reason = str(error) or type(error).__name__
    return UnavailableError(f"{method} {path}: {reason}")


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of a stream, however long: `StreamReader.readline` stops at its buffer's size."""
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
