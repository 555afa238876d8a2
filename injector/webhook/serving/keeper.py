"""Keeping the serving certificate: the leader makes and renews it, every replica serves what the Secret holds.

What is there is looked at every few seconds with one small request instead of being watched: a leaf is renewed days
before its end, so that seconds do not matter, and reading one object by its name is all that RBAC has to permit.
"""

from __future__ import annotations

import asyncio
import base64
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from injector.webhook import logs
from injector.webhook.registration import bundle_patch, is_registered
from injector.webhook.serving import authority
from injector.webhook.serving.authority import Lifetimes, Serving, Step
from sealer.apiserver.backoff import Backoff
from sealer.apiserver.errors import ApiError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from injector.webhook.serving.protocols import Objects, Served
    from sealer.apiserver.lease import Leadership

_BACKOFF: Final = Backoff(first=0.5, cap=15.0)
_TYPE: Final = "kubernetes.io/tls"
_CONFIGURATIONS: Final = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@dataclass(frozen=True)
class Place:
    """Where the certificate is kept and registered.

    Attributes:
        namespace: Of the Secret.
        secret: Its name.
        configurations: The MutatingWebhookConfigurations that carry the CAs.
        hosts: Names and addresses that the API server calls.

    """

    namespace: str
    secret: str
    configurations: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass
class Keeper:
    """Keeps the certificate that is served as the Secret has it, and, while leading, the Secret as it must be.

    Attributes:
        objects: The API server.
        place: Where all is.
        leadership: Whether it is on us to write.
        served: Takes each new certificate.
        now: The time, aware.
        clock: Seconds that never step.
        lifetimes: Of certificates.
        every: Seconds between two looks.

    """

    objects: Objects
    place: Place
    leadership: Leadership
    served: Served
    now: Callable[[], datetime]
    clock: Callable[[], float]
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    every: float = 5.0
    _serving: Serving | None = field(default=None, repr=False)
    _registered: bool = False
    _registered_since: float | None = None
    _bundle: bytes = b""

    @property
    def ready(self) -> bool:
        """Whether the API server can call us: a certificate that is valid, of a CA that every webhook entry carries."""
        return self._serving is not None and self._registered and authority.expiry(self._serving) > self.now()

    @property
    def expiry(self) -> datetime | None:
        """When the certificate that is served ends; None before there is one."""
        return authority.expiry(self._serving) if self._serving else None

    async def first(self) -> None:
        """Wait until there is a certificate to serve."""
        await self._until(lambda: self._serving is not None)

    async def run(self) -> None:
        """Look for ever."""
        await self._until(lambda: False)

    async def _until(self, done: Callable[[], bool]) -> None:
        failures = 0
        while not done():
            try:
                await self.look()
                failures, pause = 0, self.every if self._serving else min(self.every, 0.5)
            except ApiError as error:
                failures += 1
                pause = _BACKOFF.delay(failures, random.random, at_least=error.retry_after)
                logs.problem("cannot keep the serving certificate", error=error.message, seconds=round(pause, 1))
            if not done():
                await asyncio.sleep(pause)

    async def look(self) -> None:
        """Look once, and do what is due.

        Raises:
            ApiError: The API server did not answer, or refused.

        """
        found = await self._read()
        stored = _serving_in(found)
        if self.leadership.is_leader():
            # Deleted or damaged by hand: what we serve is still good, and everybody trusts it.
            wanted = stored or self._serving or authority.first(self.place.hosts, self.lifetimes, self.now())
            wanted = self._next(wanted)
            if wanted != stored:
                await self._write(found, wanted)
                stored = wanted
        if stored is None:
            return
        if stored != self._serving:
            # A leaf comes into the Secret only once its CA is registered, but for the first, which nobody trusts yet.
            self._serve(stored)
        await self._register(stored)

    def _next(self, serving: Serving) -> Serving:
        step = authority.next_step(serving, self.place.hosts, self.now(), self._settled(serving))
        if step is Step.NOTHING:
            return serving
        logs.event("serving certificate", step=step.value)
        return authority.take(step, serving, self.place.hosts, self.lifetimes, self.now())

    def _settled(self, serving: Serving) -> timedelta | None:
        """Return for how long the API servers have surely known the bundle; None while they may not."""
        if self._registered_since is None or serving.bundle != self._bundle:
            return None
        since = timedelta(seconds=self.clock() - self._registered_since) - self.lifetimes.settle
        return since if since >= timedelta() else None

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self.objects.get(self._path(self.place.secret))
        except NotFoundError:
            return None

    async def _write(self, found: dict[str, Any] | None, serving: Serving) -> None:
        """Write the Secret over what was found, so that of two leaders only one can; the other looks again."""
        data = {name: base64.b64encode(value).decode() for name, value in authority.to_data(serving).items()}
        if found is not None and found.get("type") == _TYPE:
            await self.objects.replace(self._path(self.place.secret), {**found, "data": data})
            return
        if found is not None:
            raise ConflictError(f"the Secret {self.place.secret} is not of type {_TYPE}: delete it")
        metadata = {"namespace": self.place.namespace, "name": self.place.secret}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": _TYPE, "data": data}
        await self.objects.create(self._path(), body)

    async def _register(self, serving: Serving) -> None:
        """See that every entry carries the bundle; while leading, put it there."""
        entries = [await self.objects.get(f"{_CONFIGURATIONS}/{name}") for name in self.place.configurations]
        if self.leadership.is_leader():
            entries = [await self._patched(one, serving) for one in entries]
        complete = all(is_registered(one, serving.bundle) for one in entries)
        if not complete or serving.bundle != self._bundle:
            self._registered_since = None
        if complete and self._registered_since is None:
            self._registered_since, self._bundle = self.clock(), serving.bundle
        # To be called it is enough that the leaf is trusted; the bundle may be on its way to the next.
        self._registered = all(
            bool(bundles) and all(authority.trusted_by(serving, bundle) for bundle in bundles)
            for bundles in map(_bundles, entries)
        )

    async def _patched(self, configuration: dict[str, Any], serving: Serving) -> dict[str, Any]:
        patch = bundle_patch(configuration, serving.bundle)
        if not patch:
            return configuration
        name = configuration["metadata"]["name"]
        patched = await self.objects.patch(f"{_CONFIGURATIONS}/{name}", patch)
        logs.event("certificate authority registered", configuration=name)
        return patched

    def _serve(self, serving: Serving) -> None:
        self.served.take(serving.certificate, serving.key)
        self._serving = serving
        logs.event("serving certificate taken up", until=authority.expiry(serving).isoformat())

    def _path(self, name: str | None = None) -> str:
        collection = f"/api/v1/namespaces/{self.place.namespace}/secrets"
        return f"{collection}/{name}" if name else collection


def _serving_in(found: dict[str, Any] | None) -> Serving | None:
    if found is None:
        return None
    try:
        data = {name: base64.b64decode(text) for name, text in (found.get("data") or {}).items()}
    except ValueError:
        return None
    return authority.from_data(data)


def _bundles(configuration: dict[str, Any]) -> Sequence[bytes]:
    """Return the ``caBundle`` of each entry."""
    entries = configuration.get("webhooks") or []
    return [base64.b64decode((one.get("clientConfig") or {}).get("caBundle") or "") for one in entries]
