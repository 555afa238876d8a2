"""The sealing keys: read from their Secrets, kept up to date while they are added, relabelled and deleted, and made.

Forms are those of the existing system, so that either controller uses the other's keys (reference, sealed-secrets 1.9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from controller.manifests import KEY_LABEL
from sealer.errors import CertificateError, SealerError
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

ACTIVE: Final = "active"
KEY_SELECTOR: Final = f"{KEY_LABEL}={ACTIVE}"
_TLS: Final = "kubernetes.io/tls"


@dataclass(frozen=True)
class KeyFault:
    """A key Secret that cannot be used; the others are not touched by it.

    Attributes:
        name: The Secret's name.
        message: Why, for a person; holds nothing of the key.
        secret: The Secret's metadata, for the event about it.

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


@dataclass
class KeyStore:
    """The key Secrets by name, and the keyring that they make.

    `keyring` is replaced whole and never changed in place, so that threads that open values with it need no lock.
    """

    keyring: Keyring = field(default_factory=lambda: Keyring.of(()))
    _keys: dict[str, SealingKey] = field(default_factory=dict, repr=False)
    _versions: dict[str, str] = field(default_factory=dict)

    def listed(self, secrets: Iterable[Mapping[str, Any]]) -> KeyChange:
        """Take in all key Secrets that there are; forget the rest."""
        secrets = list(secrets)
        names = {secret["metadata"]["name"] for secret in secrets}
        for name in set(self._versions) - names:
            self._forget(name)
        return self._settle([fault for secret in secrets if (fault := self._read(secret))])

    def changed(self, secret: Mapping[str, Any]) -> KeyChange:
        """Take in one key Secret that is new or changed."""
        fault = self._read(secret)
        return self._settle([fault] if fault else [])

    def deleted(self, secret: Mapping[str, Any]) -> KeyChange:
        """Forget a key Secret that was deleted, or lost its label."""
        self._forget(secret["metadata"]["name"])
        return self._settle([])

    def _read(self, secret: Mapping[str, Any]) -> KeyFault | None:
        name, version = secret["metadata"]["name"], secret["metadata"].get("resourceVersion", "")
        if version and self._versions.get(name) == version:
            return None
        self._versions[name] = version
        try:
            self._keys[name] = key_from_secret(secret)
        except SealerError as error:
            self._keys.pop(name, None)
            return KeyFault(name, error.message, secret["metadata"])
        return None

    def _forget(self, name: str) -> None:
        self._keys.pop(name, None)
        self._versions.pop(name, None)

    def _settle(self, faults: list[KeyFault]) -> KeyChange:
        before = {key.fingerprint for key in self.keyring.keys}
        self.keyring = Keyring.of(self._keys.values())
        after = {key.fingerprint for key in self.keyring.keys}
        added = tuple(key for key in self.keyring.keys if key.fingerprint not in before)
        return KeyChange(added, tuple(sorted(before - after)), tuple(faults))


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


def key_secret(key: SealingKey, *, namespace: str, prefix: str) -> dict[str, Any]:
    """Return the Secret to keep a new sealing key in; the API server completes its name."""
    secret = Secret(
        namespace=namespace,
        name="",
        data={"tls.key": key.private_pem(), "tls.crt": key.certificate_pem()},
        type=_TLS,
    )
    metadata = {"generateName": prefix, "namespace": namespace, "labels": {KEY_LABEL: ACTIVE}}
    return {**secret.to_manifest(), "metadata": metadata}


def renewal_due(newest: datetime | None, period: timedelta, now: datetime) -> timedelta | None:
    """Return how long to wait until the next key is made.

    Args:
        newest: When the newest key's certificate begins, aware; None when there is no key.
        period: A key's age at which it is renewed; zero for never.
        now: The time, aware.

    Returns:
        Zero when it is time, or past it; None when it never will be.

    """
    if newest is None:
        return timedelta()
    if period <= timedelta():
        return None
    return max(timedelta(), newest + period - now)
