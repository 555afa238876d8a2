"""What the controller remembers of each object between attempts: little, since there may be ten thousand.

No manifest stays longer than until its attempt: one that is needed again is read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from controller.manifests import Key, Status, key_of
from controller.reconcile import is_restored_when_deleted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controller.verdict import Reason, Verdict


@dataclass
class Record:
    """One SealedSecret.

    Attributes:
        uid: Whose record this is: a deleted and re-created object of the same name is another.
        essence: Hash of what a new attempt is worth for: generation and annotations. A status is not part of it.
        body: The newest manifest, until an attempt has used it.
        stale: Whether an attempt is due whatever the Secret's version.
        settled: The resourceVersion of the Secret at the end of the last attempt.
        reason: What the last attempt came to.
        told: Generation and verdict of the last event about it.
        failures: Attempts in a row that ended in something that time may mend.

    """

    uid: str
    essence: int
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    stale: bool = True
    settled: str | None = None
    reason: Reason | None = None
    told: tuple[int, Verdict] | None = None
    failures: int = 0


class SeenSecret(NamedTuple):
    """A Secret of ours as the watch saw it last."""

    version: str
    restored: bool


@dataclass
class Records:
    """All SealedSecrets, and the Secrets that carry our object label. Each method returns who is due for an attempt."""

    _records: dict[Key, Record] = field(default_factory=dict)
    _secrets: dict[Key, SeenSecret] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: Key) -> Record | None:
        """Return the record of a SealedSecret, unless it is gone."""
        return self._records.get(key)

    def secret_version(self, key: Key) -> str | None:
        """Return the resourceVersion of our Secret of that name, or None when none was seen."""
        seen = self._secrets.get(key)
        return seen.version if seen else None

    def see(self, sealed: Mapping[str, Any]) -> bool:
        """Take in a SealedSecret; return whether an attempt is due: not when only its status changed."""
        key, uid = key_of(sealed), sealed["metadata"]["uid"]
        essence = _essence(sealed["metadata"])
        record = self._records.get(key)
        if record is None or record.uid != uid:
            self._records[key] = Record(uid, essence, sealed)
            return True
        if record.essence == essence:
            if record.body is not None:
                record.body = sealed
            return False
        record.essence, record.body, record.stale, record.failures = essence, sealed, True, 0
        return True

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
        if self._records.get(key) is record:
            del self._records[key]

    def secrets_listed(self, secrets: Iterable[Mapping[str, Any]]) -> Iterator[Key]:
        """Take in all Secrets that there are."""
        before, self._secrets = self._secrets, {key_of(secret): _seen(secret) for secret in secrets}
        for key in self._secrets:
            yield from self._if_drifted(key)
        for key in before.keys() - self._secrets.keys():
            yield from self._if_missed(key, before[key])

    def secret_changed(self, secret: Mapping[str, Any]) -> Iterator[Key]:
        """Take in a Secret that is new or changed."""
        key = key_of(secret)
        self._secrets[key] = _seen(secret)
        yield from self._if_drifted(key)

    def secret_deleted(self, secret: Mapping[str, Any]) -> Iterator[Key]:
        """Take in that a Secret is gone, or lost its object label."""
        key = key_of(secret)
        self._secrets.pop(key, None)
        yield from self._if_missed(key, _seen(secret))

    def with_reason(self, reason: Reason) -> list[Key]:
        """Return the SealedSecrets whose last attempt came to `reason`, and mark them stale."""
        keys = [key for key, record in self._records.items() if record.reason is reason]
        for key in keys:
            self._records[key].stale = True
        return keys

    def is_settled(self, key: Key) -> bool:
        """Return whether nothing changed since the last attempt, our own write of the Secret apart."""
        record = self._records[key]
        return not record.stale and record.settled is not None and record.settled == self.secret_version(key)

    def _if_drifted(self, key: Key) -> Iterator[Key]:
        record = self._records.get(key)
        if record is not None and record.settled != self._secrets[key].version:
            yield key

    def _if_missed(self, key: Key, secret: SeenSecret) -> Iterator[Key]:
        record = self._records.get(key)
        if record is not None and secret.restored:
            record.stale = True
            yield key


def with_status(sealed: Mapping[str, Any], status: Status) -> Mapping[str, Any]:
    """Return the manifest with another status."""
    return {**sealed, "status": status}


def _essence(metadata: Mapping[str, Any]) -> int:
    annotations = metadata.get("annotations") or {}
    return hash((metadata.get("generation"), *sorted(annotations.items())))


def _seen(secret: Mapping[str, Any]) -> SeenSecret:
    metadata = secret["metadata"]
    return SeenSecret(metadata.get("resourceVersion", ""), is_restored_when_deleted(metadata))
