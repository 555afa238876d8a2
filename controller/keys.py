"""The sealing keys: read from their Secrets, kept up to date while they are added, relabelled and deleted, and made.

Forms are those of the existing system, so that either controller uses the other's keys (reference, sealed-secrets 1.9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from controller.manifests import KEY_LABEL
from controller.settings import KeyOrder
from sealer.errors import CertificateError, SealerError
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ACTIVE: Final = "active"
KEY_SELECTOR: Final = f"{KEY_LABEL}={ACTIVE}"
_TLS: Final = "kubernetes.io/tls"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Found(StrEnum):
    """How a key Secret was found."""

    LABELLED = "by its label"
    NAMED = "by its name"


@dataclass(frozen=True)
class StoredKey:
    """A sealing key as the cluster keeps it.

    Attributes:
        key: The key; with its certificate.
        name: Its Secret's name.
        created: When the API server got the Secret, aware; None when it does not say.

    """

    key: SealingKey
    name: str
    created: datetime | None = None

    @property
    def begins(self) -> datetime:
        """When the certificate begins, aware."""
        return self.key.not_before or _LONG_AGO


@dataclass(frozen=True)
class KeyFault:
    """A key Secret that cannot be used; the others are not touched by it.

    Attributes:
        name: The Secret's name.
        message: Why, for a person; holds nothing of the key.
        secret: The Secret's name, namespace and uid, for the event about it. Not its annotations: that of the last
            ``kubectl apply`` holds the key.

    """

    name: str
    message: str
    secret: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class KeyChange:
    """What an observation changed.

    Attributes:
        added: Keys that are new in the ring.
        removed: Fingerprints that are no longer in it.
        faults: Key Secrets that are newly found unusable.

    """

    added: tuple[SealingKey, ...] = ()
    removed: tuple[str, ...] = ()
    faults: tuple[KeyFault, ...] = ()


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


@dataclass
class KeyStore:
    """The key Secrets by name, and the keyring that they make.

    `keyring`, `keys` and `faults` are replaced whole and never changed in place, so that whoever opens values with
    them, in whatever thread, needs no lock. The methods must be called one at a time; they read keys, which takes about
    3 ms each, so callers do it off the loop.

    Attributes:
        keyring: The keys, the one to seal to first.
        order: What makes a key the newest.
        on_try: Called with the fingerprint of a key before each try of it.
        now: The time, aware: a certificate that has not begun yet is not sealed to while there is another.
        keys: The same with their Secrets' names and ages, in the same order; each once, even if it is in two Secrets.
        faults: The key Secrets that cannot be used.

    """

    keyring: Keyring = field(default_factory=lambda: Keyring(()))
    order: KeyOrder = KeyOrder.NOT_BEFORE
    now: Callable[[], datetime] = utc_now
    on_try: Callable[[str], object] = lambda _fingerprint: None
    keys: tuple[StoredKey, ...] = ()
    faults: tuple[KeyFault, ...] = ()
    _read_as: dict[str, StoredKey | KeyFault] = field(default_factory=dict, repr=False)
    _versions: dict[str, str] = field(default_factory=dict)
    _found: dict[str, set[Found]] = field(default_factory=dict)

    def listed(self, secrets: Iterable[Mapping[str, Any]], how: Found = Found.LABELLED) -> KeyChange:
        """Take in all key Secrets that are found that way; forget the rest of those."""
        secrets = list(secrets)
        names = {_name(secret) for secret in secrets}
        for name in [name for name, ways in self._found.items() if how in ways and name not in names]:
            self._forget(name, how)
        return self._settle([fault for secret in secrets if (fault := self._take(secret, how))])

    def changed(self, secret: Mapping[str, Any], how: Found = Found.LABELLED) -> KeyChange:
        """Take in one key Secret that is new or changed."""
        fault = self._take(secret, how)
        return self._settle([fault] if fault else [])

    def deleted(self, secret: Mapping[str, Any], how: Found = Found.LABELLED) -> KeyChange:
        """Forget a key Secret that was deleted, or can no longer be found that way."""
        self._forget(_name(secret), how)
        return self._settle([])

    def refresh(self) -> KeyChange:
        """Put the keys into order again, as time goes on."""
        return self._settle([])

    def _take(self, secret: Mapping[str, Any], how: Found) -> KeyFault | None:
        name, version = _name(secret), secret["metadata"].get("resourceVersion", "")
        if how is Found.NAMED and KEY_LABEL in (secret["metadata"].get("labels") or {}):
            # Whoever gave it the label decides by that, and by nothing else: it may say that the key is compromised.
            self._forget(name, how)
            return None
        self._found.setdefault(name, set()).add(how)
        if version and self._versions.get(name) == version:
            return None
        self._versions[name] = version
        read = self._read_as[name] = _read(secret)
        return read if isinstance(read, KeyFault) else None

    def _forget(self, name: str, how: Found) -> None:
        ways = self._found.get(name, set())
        ways.discard(how)
        if not ways:
            for known in (self._found, self._read_as, self._versions):
                known.pop(name, None)

    def _settle(self, faults: list[KeyFault]) -> KeyChange:
        before = {key.fingerprint for key in self.keyring.keys}
        read = self._read_as.values()
        self.faults = tuple(one for one in read if isinstance(one, KeyFault))
        self.keys = in_order([one for one in read if isinstance(one, StoredKey)], self.order, self.now())
        self.keyring = Keyring(tuple(stored.key for stored in self.keys), self.on_try)
        after = {key.fingerprint for key in self.keyring.keys}
        added = tuple(key for key in self.keyring.keys if key.fingerprint not in before)
        return KeyChange(added, tuple(sorted(before - after)), tuple(faults))


def in_order(keys: Iterable[StoredKey], order: KeyOrder, now: datetime) -> tuple[StoredKey, ...]:
    """Return the keys, the one to seal to first, each once.

    That is the one whose certificate began last, or whose Secret is the youngest. Certificates that have not begun yet
    come after those that have, the soonest first: one that a wrong clock dated years ahead would otherwise be sealed to
    for years. Of keys of the same second the older Secret goes first, as in the existing controller (reference,
    sealed-secrets 2.2.2), and then the lesser name, so that all replicas seal to the same.

    Args:
        keys: The keys, one for each Secret.
        order: What makes a key the newest.
        now: The time, aware.

    """

    def rank(stored: StoredKey) -> tuple[bool, float, datetime, str]:
        created = stored.created or _LONG_AGO
        future = order is KeyOrder.NOT_BEFORE and stored.begins > now
        time = (created if order is KeyOrder.CREATED else stored.begins).timestamp()
        return future, time if future else -time, created, stored.name

    unique: dict[str, StoredKey] = {}
    for stored in sorted(keys, key=rank):
        unique.setdefault(stored.key.fingerprint, stored)
    return tuple(unique.values())


def key_from_secret(secret: Mapping[str, Any]) -> SealingKey:
    """Return the sealing key in a key Secret.

    Raises:
        SealerError: It holds no usable key; the message says why, and nothing of the key.

    """
    data = Secret.from_manifest({**secret, "apiVersion": "v1", "kind": "Secret"}).data
    missing = [name for name in ("tls.key", "tls.crt") if not data.get(name)]
    if missing:
        raise CertificateError(f"the key Secret has no {' and no '.join(missing)}")
    return SealingKey.from_pem(data["tls.key"], data["tls.crt"])


def key_secret(
    key: SealingKey,
    *,
    namespace: str,
    prefix: str,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the Secret to keep a new sealing key in; the API server completes its name.

    Args:
        key: The key.
        namespace: Where it is kept.
        prefix: What its name begins with.
        labels: More object labels; none of them can make the key another than an active one.
        annotations: Annotations.

    """
    secret = Secret(
        namespace=namespace,
        name="",
        data={"tls.key": key.private_pem(), "tls.crt": key.certificate_pem()},
        type=_TLS,
    )
    metadata = {"generateName": prefix, "namespace": namespace, "labels": {**(labels or {}), KEY_LABEL: ACTIVE}}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {**secret.to_manifest(), "metadata": metadata}


def _read(secret: Mapping[str, Any]) -> StoredKey | KeyFault:
    metadata = secret["metadata"]
    try:
        return StoredKey(key_from_secret(secret), _name(secret), _time(metadata.get("creationTimestamp")))
    except SealerError as error:
        about = {field: metadata[field] for field in ("name", "namespace", "uid") if field in metadata}
        return KeyFault(_name(secret), error.message, about)


def _name(secret: Mapping[str, Any]) -> str:
    return str(secret["metadata"]["name"])


def _time(text: str | None) -> datetime | None:
    """Return the time that the API server wrote (RFC 3339, whole seconds, UTC)."""
    return datetime.fromisoformat(text) if text else None
