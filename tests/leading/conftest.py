"""Candidates for one Lease of the real API server, with a shorter patience than in a cluster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from sealer.apiserver.client import Client
from sealer.apiserver.credentials import load_credentials
from sealer.apiserver.election import Timing
from sealer.apiserver.lease import Election

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from deploy.local.control_plane import ControlPlane

QUICK: Final = Timing(lease_duration=3, renew_deadline=2, retry_period=0.4)


@dataclass
class Candidates:
    """Some candidates in this process; use it in ``async with``.

    Attributes:
        cluster: The API server.
        namespace: Where the Lease is.
        kubeconfig: Whose rights they have; the administrator's by default.

    """

    cluster: ControlPlane
    namespace: str
    kubeconfig: str = ""
    elections: dict[str, Election] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        credentials = load_credentials({"KUBECONFIG": self.kubeconfig or str(self.cluster.kubeconfig)})
        self._client = Client(credentials, "test", answered=lambda _verb, status, _seconds: self.answers.append(status))
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self.elections):
            await self.kill(name)
        await self._client.__aexit__(kind, error, trace)

    def start(self, name: str) -> None:
        self.elections[name] = election = Election(
            self._client,
            self.namespace,
            "the-lease",
            name,
            lead=lambda: self.calls.append((name, "lead")),
            follow=lambda: self.calls.append((name, "follow")),
            timing=QUICK,
        )
        self._running[name] = asyncio.create_task(election.run())

    async def kill(self, name: str) -> None:
        """End a candidate that has no time to say goodbye."""
        running = self._running.pop(name)
        running.cancel()
        await asyncio.wait({running})
        del self.elections[name]

    async def stop(self, name: str) -> None:
        election = self.elections[name]
        await self.kill(name)
        await election.release()

    def leaders(self) -> list[str]:
        return [name for name, election in self.elections.items() if election.is_leader()]

    async def wait(self, what: Callable[[], bool], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not what():
                await asyncio.sleep(0.02)
                assert len(self.leaders()) <= 1

    async def a_leader(self) -> str:
        await self.wait(lambda: bool(self.leaders()))
        return self.leaders()[0]

    @property
    def path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/the-lease"

    async def lease(self) -> dict[str, Any]:
        return await self._client.get(self.path)

    async def edit(self, **spec: Any) -> None:
        """Edit the Lease by hand."""
        await self._client.merge(self.path, {"spec": spec})

    async def delete(self) -> None:
        await self._client.delete(self.path, {})


@pytest.fixture
def candidates(control_plane: ControlPlane, namespace: str) -> Candidates:
    return Candidates(control_plane, namespace)
