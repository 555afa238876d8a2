"""Pods that asked for injection and did not get it: what ``failurePolicy: Ignore`` hides (reference 7, theme 11).

Now and then all pods that are not at their end are looked at, a page at a time, by their metadata alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from injector.errors import AnnotationError
from injector.webhook import logs, values
from injector.webhook.keys import PREFIX
from injector.webhook.mutate import SYSTEM_NAMESPACES
from sealer.apiserver.errors import ApiError, ExistsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from sealer.apiserver.lease import Leadership

_INJECT: Final = PREFIX + "agent-inject"
_STATUS: Final = PREFIX + "agent-inject-status"
# Pods that the kubelet makes of files never pass a webhook.
_MIRROR: Final = "kubernetes.io/config.mirror"
_UNFINISHED: Final = "status.phase!=Succeeded,status.phase!=Failed"
_PAGE: Final = "500"
# Seconds until the first look, and between looks at who leads.
_SOON: Final = 5.0
_CONFIGURATIONS: Final = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MESSAGE: Final = (
    f"this pod asks for injection ({_INJECT}) and was created without it: the webhook did not answer then, or is not "
    "called for this namespace; delete the pod to have it made again"
)


class Pods(Protocol):
    """What the audit needs of a client; every call raises `ApiError`."""

    async def get(self, path: str) -> dict[str, Any]:
        """Return the object at `path`."""

    async def get_metadata(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return one page with the metadata of the objects only."""

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create `body` in the collection at `path`; return it as stored."""


def missed(pods: Iterable[Mapping[str, Any]], since: datetime) -> Iterator[Mapping[str, Any]]:
    """Yield the metadata of the pods that asked for injection and did not get it.

    Args:
        pods: Pods, of which the metadata is enough.
        since: Pods from before then are nobody's fault: there was no webhook yet.

    """
    for pod in pods:
        metadata = pod["metadata"]
        annotations = metadata.get("annotations") or {}
        if _asks(annotations) and annotations.get(_STATUS) != "injected" and _counts(metadata, since):
            yield metadata


def event(metadata: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the event about a pod that was missed.

    Its name follows from the pod's uid, so that two replicas, or one that was started again, tell it once.
    """
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    mark = hashlib.sha256(metadata["uid"].encode()).hexdigest()[:16]
    about = {name: metadata[name] for name in ("namespace", "name", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": metadata["namespace"], "name": f"{metadata['name'][:200].rstrip('.-')}.{mark}"},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", **about},
        "type": "Warning",
        "reason": "NotInjected",
        "message": _MESSAGE,
        "source": {"component": "sealer-injector"},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


@dataclass
class Audit:
    """Looks at all pods every so often.

    Attributes:
        leadership: Whether it is on us to look.
        configurations: The MutatingWebhookConfigurations of the webhook: pods from before them do not count.
        every: Seconds between two looks.
        found: How many pods were missed at the last look; None before it, and while another replica looks.

    """

    leadership: Leadership
    configurations: tuple[str, ...] = ()
    every: float = 300.0
    found: int | None = None
    _told: set[str] = field(default_factory=set)

    async def follow(self, client: Pods, chance: Callable[[], float] = random.random) -> None:
        """Look for ever."""
        pause = min(self.every, _SOON)
        while True:
            await asyncio.sleep(pause)
            if not self.leadership.is_leader():
                self.found, pause = None, min(self.every, _SOON)
                continue
            # At moments of its own, so that restarts of many replicas do not look together.
            pause = self.every * (1 - chance() / 2)
            try:
                await self.look(client)
            except ApiError as error:
                logs.problem("cannot look for pods without injection", error=error.message)

    async def look(self, client: Pods) -> None:
        """Look once, and tell of each pod that is newly found.

        Raises:
            ApiError: The pods cannot be listed.

        """
        since = await self._since(client)
        seen: set[str] = set()
        async for page in _pages(client):
            for metadata in missed(page, since):
                seen.add(metadata["uid"])
                if metadata["uid"] not in self._told:
                    await self._tell(client, metadata)
        self._told, self.found = seen, len(seen)

    async def _since(self, client: Pods) -> datetime:
        made = [(await client.get(f"{_CONFIGURATIONS}/{name}"))["metadata"] for name in self.configurations]
        return min((datetime.fromisoformat(one["creationTimestamp"]) for one in made), default=_EVER)

    async def _tell(self, client: Pods, metadata: Mapping[str, Any]) -> None:
        where = {"namespace": metadata["namespace"], "pod": metadata["name"]}
        logs.problem("pod without the injection that it asks for", **where)
        try:
            await client.create(
                f"/api/v1/namespaces/{metadata['namespace']}/events", event(metadata, datetime.now(UTC))
            )
        except ExistsError:
            return
        except ApiError as error:
            logs.problem("cannot write an event", error=error.message, **where)


async def _pages(client: Pods) -> AsyncIterator[list[dict[str, Any]]]:
    params = {"fieldSelector": _UNFINISHED, "limit": _PAGE}
    while True:
        page = await client.get_metadata("/api/v1/pods", params)
        yield page.get("items") or []
        more = page["metadata"].get("continue")
        if not more:
            return
        params["continue"] = more


def _asks(annotations: Mapping[str, str]) -> bool:
    try:
        return values.boolean(_INJECT, annotations.get(_INJECT, ""))
    except AnnotationError:
        # The webhook would have refused it, so it never saw it.
        return True


def _counts(metadata: Mapping[str, Any], since: datetime) -> bool:
    return (
        metadata["namespace"] not in SYSTEM_NAMESPACES
        and _MIRROR not in (metadata.get("annotations") or {})
        and not metadata.get("deletionTimestamp")
        and datetime.fromisoformat(metadata["creationTimestamp"]) >= since
    )
