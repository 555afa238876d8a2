"""What the API server, and the way to it, can do to a request.

::

    ServiceError
    └── ApiError            the API server did not do what it was asked
        ├── NotFoundError       404
        ├── ConflictError       409: somebody wrote in between
        │   └── ExistsError         409: an object of that name exists
        ├── ExpiredError        410: the resourceVersion is too old
        ├── ForbiddenError      401, 403: not allowed, by RBAC, quota or admission
        ├── InvalidError        400, 413, 422: the object cannot be as we want it
        ├── ThrottledError      429
        └── UnavailableError    5xx, timeouts, no connection

What the API server said is in the message. It may quote what it was sent (an admission webhook does as it likes), so
whoever sent a Secret passes the message through `withhold` before it goes to a log, an event or a status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST_TELLING_VALUE: Final = 4


class ApiError(ServiceError):
    """The API server did not do what it was asked.

    Attributes:
        retry_after: Seconds that the server asks to wait before the next try; None when it does not say.

    """

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class NotFoundError(ApiError):
    """There is no such object, or no such resource."""


class ConflictError(ApiError):
    """The object is not as it was when it was read."""


class ExistsError(ConflictError):
    """An object of that name exists already."""


class ExpiredError(ApiError):
    """The resourceVersion to start from is too old: list again."""


class ForbiddenError(ApiError):
    """Not allowed, or not known: by RBAC, quota or an admission plugin."""


class InvalidError(ApiError):
    """The object cannot be as it was asked for; only another object helps."""


class ThrottledError(ApiError):
    """Too many requests."""


class UnavailableError(ApiError):
    """No answer, or an error of the server's own."""


def withhold(message: str, values: Iterable[str]) -> str:
    """Return `message`, or a stand-in when it quotes one of `values`.

    Args:
        message: What the API server said about a Secret that it was sent.
        values: Every form of the Secret's values that must not be repeated. Values shorter than four characters are
            not looked for: they turn up in ordinary words.

    """
    if any(len(value) >= _SHORTEST_TELLING_VALUE and value in message for value in values):
        return "the API server refused the Secret; its message is withheld, as it quotes a value"
    return message
