"""May this caller ask now? Addresses and tokens to a caller, callers to allowances.

Each caller has its own allowance, and each peer one that is ten times as large for all that come through it: a caller
is named by what the peer says, so a peer of ill will could name a new one each time. A request that its caller's
allowance refuses takes nothing from the peer's: else one caller could shut out all the others behind the API server.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from controller.http.authentication import no_token, token_in
from controller.http.callers import origin_of
from controller.http.errors import RefusedError
from controller.http.limits import Limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from controller.http.authentication import Authenticator
    from controller.http.limits import Rate

_LOG: Final = logging.getLogger(__name__)
_OF_A_PEER: Final = 10


@dataclass(frozen=True)
class Admitted:
    """A request that may go on.

    Attributes:
        caller: Whose it is.
        headers: What to tell of its allowance.

    """

    caller: str
    headers: dict[str, str]


@dataclass
class Gate:
    """Admits requests that use private keys.

    Attributes:
        rate: What one caller may ask of one path.
        authenticator: Who says who asks; None where addresses do.
        clock: Seconds, never stepping back.

    """

    rate: Rate
    authenticator: Authenticator | None = None
    clock: Callable[[], float] = time.monotonic
    _callers: Limiter = field(init=False)
    _peers: Limiter = field(init=False)

    def __post_init__(self) -> None:
        self._callers = Limiter(self.rate)
        self._peers = Limiter(self.rate.times(_OF_A_PEER))

    async def admit(self, request: Request) -> Admitted:
        """Admit a request.

        Raises:
            RefusedError: 401, 403 or 503 by the authenticator, 429 by an allowance.

        """
        path = request.url.path
        if self.authenticator is None:
            return self._by_address(request, path)
        token = token_in(request.headers)
        if token is None:
            raise no_token()
        user = self.authenticator.known(token, path)
        if user is None:
            # A token that is not known costs the API server two requests: its address may not ask that often.
            self._by_address(request, path)
            user = await self.authenticator.review(token, path)
        return Admitted(user, self._allow(self._callers, f"{path} user {user}"))

    def _by_address(self, request: Request, path: str) -> Admitted:
        peer = request.client.host if request.client else None
        origin = origin_of(peer, request.headers.getlist("x-forwarded-for"))
        headers = self._allow(self._callers, f"{path} address {origin}")
        self._allow(self._peers, origin.peer)
        return Admitted(str(origin), headers)

    def _allow(self, limiter: Limiter, caller: str) -> dict[str, str]:
        allowance = limiter.ask(caller, self.clock())
        if allowance is None:
            return {}
        if not allowance.allowed:
            _LOG.debug("limit exceeded", extra={"fields": {"caller": caller}})
            raise RefusedError(429, "limit exceeded", headers=allowance.headers())
        return allowance.headers()
