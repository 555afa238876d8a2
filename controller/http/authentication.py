"""Who asks, and whether they may, as the API server says: TokenReview, then SubjectAccessReview.

The delegated authentication and authorization of Kubernetes' own components
(https://kubernetes.io/docs/reference/access-authn-authz/authentication/#token-review): a caller shows the token that it
has for the API server, and must be allowed ``post`` on the non-resource URL that it asks, such as ``/v1/verify``.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

from controller.http.errors import RefusedError
from sealer.apiserver.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG: Final = logging.getLogger(__name__)
# The API server takes Authorization off what it proxies: behind its service proxy the token needs another header.
OWN_HEADER: Final = "Sealer-Authorization"
_REVIEWS: Final = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCESS_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_KEPT_SECONDS: Final = 60.0
# Whoever was just given the right should not wait for a minute.
_REFUSAL_KEPT_SECONDS: Final = 5.0
_MOST_KEPT: Final = 1024
_AT_A_TIME: Final = 4
_WITHIN_SECONDS: Final = 10.0


class Reviews(Protocol):
    """Where reviews are made: the API server."""

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create `body` in the collection at `path`; return it as answered, or raise `ApiError`."""


def token_in(headers: Mapping[str, str]) -> str | None:
    """Return the bearer token of a request (RFC 6750, 2.1), our own header first; None where there is none."""
    for name in (OWN_HEADER, "Authorization"):
        scheme, _, token = headers.get(name, "").strip().partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip()
    return None


def user_in(review: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the user of an answered TokenReview, or None where the token is nobody's."""
    status = review.get("status") or {}
    user = status.get("user") or {}
    return user if status.get("authenticated") is True and user.get("username") else None


def access_review(user: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the SubjectAccessReview that asks whether `user` may post to `path`."""
    who = {"user": user["username"], "groups": user.get("groups") or [], "uid": user.get("uid") or ""}
    asked = {"path": path, "verb": "post"}
    spec = {**who, "extra": user.get("extra") or {}, "nonResourceAttributes": asked}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}


@dataclass(frozen=True)
class _Kept:
    until: float
    user: str
    refused: tuple[int, str, str] | None


@dataclass
class Authenticator:
    """Asks the API server, and remembers what it said for a minute, by a keyed hash of the token.

    Attributes:
        reviews: The API server.
        clock: Seconds, never stepping back.

    """

    reviews: Reviews
    clock: Callable[[], float] = time.monotonic
    _kept: dict[bytes, _Kept] = field(default_factory=dict, repr=False)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME), repr=False)

    def known(self, token: str, path: str) -> str | None:
        """Return the user behind a token, if that was asked lately.

        Raises:
            RefusedError: 401 or 403, it was refused lately.

        """
        kept = self._kept.get(self._name(token, path))
        if kept is None or kept.until <= self.clock():
            return None
        return _answer(kept)

    async def review(self, token: str, path: str) -> str:
        """Return the user behind a token, who may post to `path`.

        Raises:
            RefusedError: 401, the token is nobody's; 403, its user may not; 503, the API server cannot be asked.

        """
        try:
            async with asyncio.timeout(_WITHIN_SECONDS), self._turns:
                kept = await self._ask(token, path)
        except (ApiError, TimeoutError) as error:
            reason = error.message if isinstance(error, ApiError) else "no answer in time"
            _LOG.warning("cannot authenticate a caller", extra={"fields": {"path": path, "error": reason}})
            raise RefusedError(
                503, "the API server cannot be asked who you are", headers={"Retry-After": "5"}
            ) from None
        name = self._name(token, path)
        self._kept.pop(name, None)
        self._kept[name] = kept
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return _answer(kept)

    async def _ask(self, token: str, path: str) -> _Kept:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        user = user_in(await self.reviews.create(_REVIEWS, review))
        if user is None:
            refused = (401, "the token is not one that the API server accepts", "it may have expired")
            return _Kept(self.clock() + _REFUSAL_KEPT_SECONDS, "", refused)
        name = str(user["username"])
        answer = await self.reviews.create(_ACCESS_REVIEWS, access_review(user, path))
        if (answer.get("status") or {}).get("allowed") is not True:
            hint = f'bind a ClusterRole with nonResourceURLs ["{path}"] and verbs ["post"] to this user'
            return _Kept(self.clock() + _REFUSAL_KEPT_SECONDS, name, (403, f"{name} may not post to {path}", hint))
        return _Kept(self.clock() + _KEPT_SECONDS, name, None)

    def _name(self, token: str, path: str) -> bytes:
        # Keyed, and only the hash is kept: what is in memory here opens nothing and can be looked up nowhere.
        return blake2b(f"{path}\n{token}".encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()


def _answer(kept: _Kept) -> str:
    if kept.refused is None:
        return kept.user
    status, message, hint = kept.refused
    raise RefusedError(status, message, hint=hint, headers=_CHALLENGE if status == _UNAUTHENTICATED else None)


_UNAUTHENTICATED: Final = 401
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


def no_token() -> RefusedError:
    """Return the answer to a request without a token."""
    return RefusedError(
        _UNAUTHENTICATED,
        "a token is needed",
        hint=f"send the header Authorization: Bearer TOKEN, or {OWN_HEADER} through the API server's proxy",
        headers=_CHALLENGE,
    )
