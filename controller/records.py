"""What the controller remembers of each object between attempts: little, since there may be ten thousand.

No manifest stays longer than until its attempt, and those that wait for one are kept as compact JSON and up to a bound;
beyond it, the object is read again when it is its turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from controller.hold import HOLD_ANNOTATION
from controller.manifests import Key, Status, key_of
from controller.reconcile import is_restored_when_deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from controller.verdict import Reason, Verdict

MOST_KEPT: Final = 64 * 2**20
# `kubectl apply` keeps a second copy of the object in it.
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_INSTANCE: Final = "app.kubernetes.io/instance"


def _no_clock() -> float:
    """Return 0: nobody wants to know how long objects wait."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Untold:
    """A verdict that waits until all Secrets have been brought about.

    Attributes:
        about: The SealedSecret without its spec, as compact JSON.
        verdict: What to tell.
        wrote: Whether the Secret was written.
        look_again_in: Seconds until the next attempt, once it is told; None for none.

    """

    about: bytes = field(repr=False)
    verdict: Verdict
    wrote: bool
    look_again_in: float | None


@dataclass(slots=True)
class Record:
    """One SealedSecret.

    Attributes:
        uid: Whose record this is: a deleted and re-created object of the same name is another.
        essence: Hash of what a new attempt is worth for: generation and annotations. A status is not part of it.
        body: The newest manifest as compact JSON, until an attempt has used it.
        stale: Whether an attempt is due whatever the Secret's version.
        settled: The resourceVersion of the Secret at the end of the last attempt.
        reason: What the last attempt came to.
        told: Generation and verdict of the last event about it.
        untold: What is still to be told.
        failures: Attempts in a row that ended in something that time may mend.
        hold: The annotation by which the object itself asks to be held.
        instance: Its object label ``app.kubernetes.io/instance``, which metrics tell; empty for none.
        seen_at: When the newest change of it was seen, monotonic seconds; None once the Secret was written for it.

    """

    uid: str
    essence: int
    body: bytes | None = field(default=None, repr=False)
    stale: bool = True
    settled: str | None = None
    reason: Reason | None = None
    told: tuple[int, Verdict] | None = None
    untold: Untold | None = None
    failures: int = 0
    hold: str | None = None
    instance: str = ""
    seen_at: float | None = None


class SeenSecret(NamedTuple):
    """A Secret of ours as it was seen last.

    Attributes:
        version: Its resourceVersion.
        restored: Whether it is made again when somebody deletes it.
        source: What it was made of, if its content was checked against its digest; see `Digest.source`.

    """

    version: str
    restored: bool
    source: str | None = None


@dataclass
class Records:
    """All SealedSecrets, and the Secrets that carry our object label. Methods return who is due for an attempt.

    Attributes:
        most_kept: How many bytes of manifests to keep for their attempts.
        clock: Monotonic seconds, for how long objects wait.

    """

    most_kept: int = MOST_KEPT
    clock: Callable[[], float] = _no_clock
    _records: dict[Key, Record] = field(default_factory=dict)
    _secrets: dict[Key, SeenSecret] = field(default_factory=dict)
    _kept: int = 0

    def __len__(self) -> int:
        return len(self._records)

    def items(self) -> Iterator[tuple[Key, Record]]:
        """Yield every SealedSecret; nothing may be added or dropped meanwhile."""
        yield from self._records.items()

    def get(self, key: Key) -> Record | None:
        """Return the record of a SealedSecret, unless it is gone."""
        return self._records.get(key)

    def secret(self, key: Key) -> SeenSecret | None:
        """Return our Secret of that name, or None when none was seen."""
        return self._secrets.get(key)

    def secret_version(self, key: Key) -> str | None:
        """Return the resourceVersion of our Secret of that name, or None when none was seen."""
        seen = self._secrets.get(key)
        return seen.version if seen else None

    def see(self, sealed: Mapping[str, Any], *, keep: bool = True) -> bool:
        """Take in a SealedSecret; return whether an attempt is due: not when only its status changed.

        Args:
            sealed: It.
            keep: Whether to keep it for the attempt.

        """
        metadata = sealed["metadata"]
        key, uid, essence = key_of(sealed), metadata["uid"], _essence(metadata)
        record = self._records.get(key)
        instance = (metadata.get("labels") or {}).get(_INSTANCE, "")
        if record is not None and record.uid == uid and record.essence == essence:
            record.instance = instance
            if record.body is not None:
                self._keep(record, sealed)
            return False
        if record is None or record.uid != uid:
            self._put_down(record)
            record = self._records[key] = Record(uid, essence)
        record.essence, record.stale, record.failures, record.seen_at = essence, True, 0, self.clock()
        record.instance = instance
        record.hold = (metadata.get("annotations") or {}).get(HOLD_ANNOTATION)
        if keep:
            self._keep(record, sealed)
        else:
            self._put_down(record)
        return True

    def take_body(self, record: Record) -> dict[str, Any] | None:
        """Return the manifest that was kept, and keep it no longer."""
        body = record.body
        self._put_down(record)
        return None if body is None else json.loads(body)

    def told_status(self, record: Record, status: Status) -> None:
        """Take in that we wrote a status while a newer manifest came."""
        if record.body is not None:
            self._keep(record, {**json.loads(record.body), "status": status})

    def forget(self, sealed: Mapping[str, Any]) -> bool:
        """Forget a SealedSecret that is gone, unless its name is another's by now; return whether it was known."""
        key = key_of(sealed)
        record = self._records.get(key)
        if record is None or record.uid != sealed["metadata"]["uid"]:
            return False
        self.drop(key, record)
        return True

    def drop(self, key: Key, record: Record) -> None:
        """Forget `record`, unless its name is another's by now."""
        self._put_down(record)
        if self._records.get(key) is record:
            del self._records[key]

    def not_among(self, keys: frozenset[tuple[str, str]], namespace: str | None) -> list[Key]:
        """Return the SealedSecrets of a namespace, or of all, that a list did not have."""
        return [key for key in self._records if namespace in {None, key.namespace} and key not in keys]

    def secret_listed(self, secret: Mapping[str, Any], source: str | None) -> Iterator[Key]:
        """Take in a Secret that a list has.

        Args:
            secret: It, or its metadata.
            source: What it was made of, if its content was checked against its digest.

        """
        key = key_of(secret)
        self._secrets[key] = _seen(secret, source)
        yield from self._if_drifted(key)

    def secrets_complete(self, keys: frozenset[tuple[str, str]], namespace: str | None) -> Iterator[Key]:
        """Take in that a list of a namespace's Secrets, or of all, had no others than these."""
        gone = [key for key in self._secrets if namespace in {None, key.namespace} and key not in keys]
        for key in gone:
            yield from self._if_missed(key, self._secrets.pop(key))

    def secret_changed(self, secret: Mapping[str, Any]) -> Iterator[Key]:
        """Take in a Secret that is new or changed."""
        key, seen = key_of(secret), self._secrets.get(key_of(secret))
        version = secret["metadata"].get("resourceVersion", "")
        if seen is None or _is_newer(version, seen.version):
            self._secrets[key] = _seen(secret, None)
            yield from self._if_drifted(key)

    def secret_deleted(self, secret: Mapping[str, Any]) -> Iterator[Key]:
        """Take in that a Secret is gone, or lost its object label."""
        key = key_of(secret)
        seen = self._secrets.get(key)
        if seen is None or _is_newer(secret["metadata"].get("resourceVersion", ""), seen.version):
            self._secrets.pop(key, None)
            yield from self._if_missed(key, _seen(secret, None))

    def secret_written(self, secret: Mapping[str, Any], source: str | None) -> None:
        """Take in what we wrote ourselves, as stored; the watch is to find nothing new in it."""
        self._secrets[key_of(secret)] = _seen(secret, source)

    def with_reason(self, reason: Reason) -> list[Key]:
        """Return the SealedSecrets whose last attempt came to `reason`, and mark them stale."""
        keys = [key for key, record in self._records.items() if record.reason is reason]
        for key in keys:
            self._records[key].stale = True
        return keys

    def in_namespace(self, namespace: str) -> list[Key]:
        """Return the SealedSecrets of a namespace, and mark them stale."""
        keys = [key for key in self._records if key.namespace == namespace]
        for key in keys:
            self._records[key].stale = True
        return keys

    def is_settled(self, key: Key) -> bool:
        """Return whether nothing changed since the last attempt, our own write of the Secret apart."""
        record = self._records[key]
        return not record.stale and record.settled == self.secret_version(key)

    def settle(self, key: Key, generation: int, verdict: Verdict) -> None:
        """Take in that an object and its Secret are as they should be and that its status says so."""
        record = self._records[key]
        self._put_down(record)
        record.stale, record.failures, record.untold, record.seen_at = False, 0, None, None
        record.reason, record.told = verdict.reason, (generation, verdict)
        record.settled = self.secret_version(key)

    def _keep(self, record: Record, sealed: Mapping[str, Any]) -> None:
        body = compact(sealed)
        self._put_down(record)
        if self._kept + len(body) <= self.most_kept:
            record.body = body
            self._kept += len(body)

    def _put_down(self, record: Record | None) -> None:
        if record is not None and record.body is not None:
            self._kept -= len(record.body)
            record.body = None

    def _if_drifted(self, key: Key) -> Iterator[Key]:
        record = self._records.get(key)
        if record is not None and record.settled != self._secrets[key].version:
            yield key

    def _if_missed(self, key: Key, secret: SeenSecret) -> Iterator[Key]:
        record = self._records.get(key)
        if record is not None and secret.restored:
            record.stale = True
            yield key


def compact(sealed: Mapping[str, Any]) -> bytes:
    """Return a manifest as JSON, without what only takes space."""
    metadata = {k: v for k, v in sealed["metadata"].items() if k != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations and _LAST_APPLIED in annotations:
        metadata["annotations"] = {k: v for k, v in annotations.items() if k != _LAST_APPLIED}
    return json.dumps({**sealed, "metadata": metadata}, separators=(",", ":")).encode()


def compact_about(sealed: Mapping[str, Any]) -> bytes:
    """Return what telling needs of a SealedSecret, as JSON."""
    metadata = {k: sealed["metadata"].get(k) for k in ("namespace", "name", "uid", "generation", "resourceVersion")}
    slim = {"apiVersion": sealed["apiVersion"], "kind": sealed["kind"], "metadata": metadata}
    return json.dumps({**slim, "status": sealed.get("status") or {}}, separators=(",", ":")).encode()


def _essence(metadata: Mapping[str, Any]) -> int:
    annotations = metadata.get("annotations") or {}
    return hash((metadata.get("generation"), metadata.get("deletionTimestamp"), *sorted(annotations.items())))


def _seen(secret: Mapping[str, Any], source: str | None) -> SeenSecret:
    metadata = secret["metadata"]
    return SeenSecret(metadata.get("resourceVersion", ""), is_restored_when_deleted(metadata), source)


def _is_newer(version: str, than: str) -> bool:
    """Return whether a resourceVersion is not older; what cannot be compared counts as newer.

    Of one resource they may be compared as numbers
    (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions): an event that was on its way while
    we wrote tells of the past.
    """
    if not (version.isdigit() and than.isdigit()):
        return True
    return int(version) >= int(than)
