"""Where the serving certificate comes from: two files, or a Secret that the replicas share."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, Self

from injector.webhook import logs
from sealer.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from injector.webhook.serving.keeper import Keeper
    from sealer.apiserver.client import Client
    from sealer.apiserver.lease import Election
    from sealer.serving.switch import Switch

_Signature = tuple[tuple[int, int, int], ...]
_LOOK_EVERY: Final = 1.0


class Source(Protocol):
    """A certificate to serve with, for as long as we live. Use it in ``async with``."""

    @property
    def context(self) -> ssl.SSLContext:
        """What to serve with; it stays the same, whatever the certificate is."""

    @property
    def expiry(self) -> datetime | None:
        """When the certificate ends; None where that is not known."""

    def obstacle(self) -> str | None:
        """Return why the API server cannot call us, for a person; None if nothing stands against it."""

    async def first(self) -> None:
        """Wait until there is a certificate."""

    async def run(self) -> None:
        """Follow it, for ever."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass
class Files:
    """A certificate in two files, as cert-manager and the kubelet keep them; read again when they change.

    A pair that cannot be used, as while one of the two is being replaced, leaves the one before in place.

    Attributes:
        switch: What serves.
        certificate: PEM file.
        key: PEM file.

    """

    switch: Switch
    certificate: Path
    key: Path
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _seen: _Signature | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """See `Source`."""
        return self.switch.context

    @property
    def expiry(self) -> datetime | None:
        """See `Source`."""
        return self.switch.expiry

    def obstacle(self) -> str | None:
        """See `Source`. That the CA is registered is on whoever made the files."""
        return None

    async def first(self) -> None:
        """See `Source`.

        Raises:
            ConfigError: The files cannot be used.

        """
        self._seen = self._signature()
        self.switch.take_files(self.certificate, self.key)

    async def run(self) -> None:
        """See `Source`."""
        while True:
            await self.sleep(_LOOK_EVERY)
            self.look()

    def look(self) -> None:
        """Take the files up if they changed."""
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.switch.take_files(self.certificate, self.key)
        except ConfigError as error:
            logs.problem("the serving certificate stays as it was", error=error.message)
        else:
            logs.event("serving certificate taken up", file=str(self.certificate))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to give back."""

    def _signature(self) -> _Signature:
        """Return what changes when a file does, through the links that a Secret's volume consists of."""
        try:
            stats = [file.stat() for file in (self.certificate, self.key)]
        except OSError:
            return ()
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)


@dataclass
class Shared:
    """A certificate that the replicas share through a Secret.

    Attributes:
        switch: What serves.
        clients: The API server: for everything, and for the Lease alone, which must not wait for the rest.
        election: Who makes the certificate.
        keeper: What keeps it.

    """

    switch: Switch
    clients: tuple[Client, Client]
    election: Election
    keeper: Keeper
    _electing: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def context(self) -> ssl.SSLContext:
        """See `Source`."""
        return self.switch.context

    @property
    def expiry(self) -> datetime | None:
        """See `Source`."""
        return self.keeper.expiry

    def obstacle(self) -> str | None:
        """See `Source`."""
        return None if self.keeper.ready else "the API server does not trust the certificate yet, or it has expired"

    async def first(self) -> None:
        """See `Source`."""
        await self.keeper.first()

    async def run(self) -> None:
        """See `Source`."""
        await self.keeper.run()

    async def __aenter__(self) -> Self:
        for client in self.clients:
            await client.__aenter__()
        self._electing = asyncio.create_task(self.election.run(), name="election")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the Lease up, so that another replica takes over at once."""
        if self._electing is not None:
            self._electing.cancel()
            await asyncio.wait({self._electing})
        await self.election.release()
        for client in self.clients:
            await client.__aexit__()


def monotonic() -> float:
    """Return seconds that never step."""
    return time.monotonic()
