"""A syncer with its surroundings, over an API server in a dictionary."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from controller.apply import Applier
from controller.keys import KeyStore
from controller.manifests import Key, key_of
from controller.records import Records
from controller.syncer import Pace, Syncer
from controller.tally import Tally
from controller.telling import Teller
from controller.workqueue import Priority, WorkQueue
from sealer.apiserver.backoff import Backoff
from tests.reconciling.fakes import FakeObjects
from tests.reconciling.samples import NOW, keyring

if TYPE_CHECKING:
    from datetime import datetime

Json = dict[str, Any]
KEY = Key("shop", "db")
SECRET = "/api/v1/namespaces/shop/secrets/db"
SEALED = "/apis/bitnami.com/v1alpha1/namespaces/shop/sealedsecrets/db"
EVENTS = "/api/v1/namespaces/shop/events"


class Bench:
    """A syncer with its surroundings, one attempt at a time, and a clock that stands still."""

    def __init__(self, *, update_status: bool = True, objects: FakeObjects | None = None) -> None:
        self.objects = objects or FakeObjects()
        self.keys = KeyStore(keyring())
        self.records = Records()
        self.now = 0.0
        self.queue: WorkQueue[Key] = WorkQueue(lambda: self.now)
        self.tally = Tally()
        applier = Applier(self.objects, now=lambda: NOW)
        self.holds: dict[str, str] = {}
        self.wall: datetime = NOW
        self.syncer = Syncer(
            self.objects,
            applier,
            Teller(applier, self.records, self.tally, update_status=update_status, clock=lambda: self.now),
            self.keys,
            self.records,
            self.queue,
            self.tally,
            namespace_hold=self.holds.get,
            pace=Pace(Backoff(first=1.0, cap=60.0, jitter=0.0), permanent=600.0),
            chance=lambda: 0.0,
            clock=lambda: self.now,
            now=lambda: self.wall,
        )

    def put(self, manifest: Json) -> None:
        """Let a SealedSecret appear in the cluster and in the watch."""
        self.objects.stored[SEALED] = manifest
        self.see(manifest)

    def see(self, manifest: Json, priority: Priority = Priority.CHANGE) -> None:
        if self.records.see(manifest):
            self.queue.add(key_of(manifest), priority)

    def see_secret(self) -> None:
        """Let the watch bring the Secret as it is."""
        for key in self.records.secret_changed(self.objects.stored[SECRET]):
            self.queue.add(key, Priority.CHANGE)

    async def attempts(self, *, until: float = 0.0) -> int:
        """Make the attempts that are due until that time; return how many."""
        self.now = max(self.now, until)
        made = 0
        while True:
            key = self.queue._schedule.take(self.now)
            if key is None:
                return made
            made += 1
            await self.syncer.turn(key)
            self.queue.done(key)

    def next_try(self) -> float | None:
        return self.queue._schedule.next_due()

    @property
    def condition(self) -> Json:
        conditions = self.objects.stored[SEALED].get("status", {}).get("conditions") or [{}]
        found: Json = conditions[0]
        return found

    @property
    def values(self) -> dict[str, str]:
        data = self.objects.stored.get(SECRET, {}).get("data", {})
        return {k: base64.b64decode(v).decode() for k, v in data.items()}

    @property
    def events(self) -> list[str]:
        return [o["reason"] for path, o in self.objects.stored.items() if path.startswith(EVENTS)]

    @property
    def writes(self) -> int:
        return len([verb for verb, _ in self.objects.calls if verb != "get"])
