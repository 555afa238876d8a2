"""The digest of a Secret: how a restart knows, without a private-key operation, that nothing needs to be done.

An annotation on each Secret that we write: ``v1.KEYS.INPUT.CONTENT`` and, where the template has object labels or
annotations, ``.COVERS``. ``INPUT`` is a message authentication code over all of the SealedSecret that decides the
Secret; ``CONTENT`` is one over the Secret as we wrote it and over ``INPUT``, which ties it to one object, name and
uid. ``KEYS`` are the sealing keys that opened it, and ``COVERS`` the names of the labels and annotations that are ours:
what others add beside them is theirs.

It is keyed, because annotations travel further than values do (output of kubectl, exporters, tickets), and whoever had
an unkeyed digest of a short value could guess the value. The key is derived from the sealing key that opened the object
(HKDF, RFC 5869), so that it is the same for all replicas, is in every backup, and is nothing new to keep. It follows
that a Secret whose sealing key is gone from the keyring has no digest that counts: it is tried, and what is told then
is that it can no longer be opened. Better at the next start than on the day on which it is needed.

All here is pure. A wrong digest never breaks anything: it only costs the unsealing that it was to save.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from controller.manifests import DIGEST_ANNOTATION, MANAGED_BY_LABEL, MANAGER
from sealer.scope import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sealer.keyring import Keyring, SealingKey

_VERSION: Final = "v1"
_INFO: Final = b"sealer.dev/digest/v1"
# Raise it when the same SealedSecret makes another Secret than before: then every digest is one of old rules.
_RULES: Final = 1
_OPAQUE: Final = "Opaque"
_ID_LENGTH: Final = 8
_MAC_BYTES: Final = 16
_FEWEST_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Digest:
    """The annotation, taken apart.

    Attributes:
        keys: Ids of the sealing keys that opened the object; the code's key is derived from the first.
        input: Code over the SealedSecret.
        content: Code over the Secret.
        covers: ``l=NAME`` for object labels and ``a=NAME`` for annotations that are ours, sorted.

    """

    keys: tuple[str, ...]
    input: str
    content: str
    covers: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What the Secret was made of: the same for the same SealedSecret opened by the same keys."""
        return f"{'+'.join(self.keys)}.{self.input}"

    def __str__(self) -> str:
        parts = (_VERSION, "+".join(self.keys), self.input, self.content)
        return ".".join(parts) + (f".{','.join(self.covers)}" if self.covers else "")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the digest, or None for what is none of ours."""
        parts = text.split(".", _FEWEST_PARTS)
        if len(parts) < _FEWEST_PARTS or parts[0] != _VERSION:
            return None
        covers = tuple(parts[_FEWEST_PARTS].split(",")) if len(parts) > _FEWEST_PARTS else ()
        return cls(tuple(parts[1].split("+")), parts[2], parts[3], covers)


@dataclass
class DigestKeys:
    """The codes' keys for the keyring as it is, each derived when it is first needed.

    It may be used from several threads: at worst a key is derived twice.
    """

    _keyring: Keyring | None = field(default=None, repr=False)
    _by_id: dict[str, SealingKey] = field(default_factory=dict, repr=False)
    _derived: dict[str, bytes] = field(default_factory=dict, repr=False)

    def key_for(self, ids: tuple[str, ...], keyring: Keyring) -> bytes | None:
        """Return the code's key, or None when one of the sealing keys is not in the ring."""
        if keyring is not self._keyring:
            self._take_in(keyring)
        by_id, derived = self._by_id, self._derived
        if not ids or any(one not in by_id for one in ids):
            return None
        if ids[0] not in derived:
            derived[ids[0]] = _derive(by_id[ids[0]])
        return derived[ids[0]]

    def fingerprint(self, ids: tuple[str, ...], keyring: Keyring) -> str | None:
        """Return the fingerprint of the key with the first id, or None when it is not in the ring."""
        if keyring is not self._keyring:
            self._take_in(keyring)
        found = self._by_id.get(ids[0]) if ids else None
        return found.fingerprint if found else None

    def _take_in(self, keyring: Keyring) -> None:
        by_id = {key_id(key.fingerprint): key for key in reversed(keyring.keys)}
        # What is derived from a key goes with the key.
        self._derived = {one: derived for one, derived in self._derived.items() if one in by_id}
        self._by_id = by_id
        self._keyring = keyring


def key_id(fingerprint: str) -> str:
    """Return a short name of a sealing key: base64url of the first six bytes of its fingerprint."""
    return fingerprint.removeprefix("SHA256:")[:_ID_LENGTH].replace("+", "-").replace("/", "_")


def ids_of(opened_with: Iterable[str], keyring: Keyring) -> tuple[str, ...]:
    """Return the ids of the keys that opened an object; of the newest key for one that has nothing to open."""
    fingerprints = set(opened_with) or {keyring.newest.fingerprint}
    return tuple(sorted(map(key_id, fingerprints)))


def input_code(mac_key: bytes, sealed: Mapping[str, Any]) -> str:
    """Return the code over what decides the Secret: which object it is, its scope and its spec."""
    metadata = sealed["metadata"]
    scope = scope_of(metadata.get("annotations") or {})
    identity = (_RULES, metadata.get("namespace", ""), metadata["name"], metadata.get("uid", ""), scope)
    return _code(mac_key, [*identity, sealed.get("spec")])


def digest_of(mac_key: bytes, ids: tuple[str, ...], sealed: Mapping[str, Any], secret: Mapping[str, Any]) -> Digest:
    """Return the digest of a Secret that is about to be written.

    Args:
        mac_key: What `DigestKeys` returned for `ids`.
        ids: Of the keys that opened it.
        sealed: The SealedSecret.
        secret: The Secret, with all that is ours and nothing else.

    """
    metadata = secret["metadata"]
    labels = {f"l={name}" for name in metadata.get("labels") or {} if name != MANAGED_BY_LABEL}
    annotations = {f"a={name}" for name in metadata.get("annotations") or {} if name != DIGEST_ANNOTATION}
    made_of, covers = input_code(mac_key, sealed), tuple(sorted(labels | annotations))
    return Digest(ids, made_of, _content_code(mac_key, made_of, covers, secret), covers)


def digest_in(secret: Mapping[str, Any]) -> Digest | None:
    """Return the digest that a Secret carries, right or wrong; None if there is none."""
    text = (secret["metadata"].get("annotations") or {}).get(DIGEST_ANNOTATION)
    return Digest.parse(text) if text else None


def is_as_written(mac_key: bytes, digest: Digest, secret: Mapping[str, Any]) -> bool:
    """Return whether a Secret is as the digest in it says, apart from what others added to it."""
    return hmac.compare_digest(_content_code(mac_key, digest.input, digest.covers, secret), digest.content)


def source_if_as_written(keys: DigestKeys, keyring: Keyring, secret: Mapping[str, Any]) -> str | None:
    """Return what a Secret was made of, if it is still as we wrote it; None if it is not, or nobody can say."""
    digest = digest_in(secret)
    mac_key = keys.key_for(digest.keys, keyring) if digest else None
    if digest is None or mac_key is None or secret["metadata"].get("deletionTimestamp"):
        return None
    return digest.source if is_as_written(mac_key, digest, secret) else None


def is_made_of(keys: DigestKeys, keyring: Keyring, source: str, sealed: Mapping[str, Any]) -> bool:
    """Return whether `source` is what a SealedSecret is now."""
    ids, _, code = source.partition(".")
    mac_key = keys.key_for(tuple(ids.split("+")), keyring)
    return mac_key is not None and hmac.compare_digest(input_code(mac_key, sealed), code)


def _content_code(mac_key: bytes, made_of: str, covers: tuple[str, ...], secret: Mapping[str, Any]) -> str:
    metadata = secret["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    # `immutable` is left out: it counts when a Secret is made, and nobody can take it back.
    ours = [(labels if name[:2] == "l=" else annotations).get(name[2:]) for name in covers]
    content = [
        made_of,
        secret.get("type") or _OPAQUE,
        secret.get("data") or {},
        metadata.get("ownerReferences") or [],
        labels.get(MANAGED_BY_LABEL) == MANAGER,
        covers,
        ours,
    ]
    return _code(mac_key, content)


def _code(mac_key: bytes, value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(hmac.digest(mac_key, canonical, "sha256")[:_MAC_BYTES]).decode("ascii").rstrip("=")


def _derive(key: SealingKey) -> bytes:
    private = key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(private)
