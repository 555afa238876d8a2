"""Keys and manifests for tests that need no cluster. The keys are made once: each takes a moment."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sealer.certificate import Recipient
from sealer.keyring import Keyring, SealingKey
from sealer.manifest import Secret
from sealer.scope import Scope
from sealer.seal import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID: Final = "6b1c1f0e-0000-4000-8000-000000000001"


@functools.cache
def key(number: int = 0) -> SealingKey:
    """Return one of some keys, each a day younger than the one before."""
    begins = NOW + timedelta(days=number)
    return SealingKey.generate(bits=2048, common_name="", validity=timedelta(days=3650), now=begins)


def keyring(*numbers: int) -> Keyring:
    return Keyring.of(key(number) for number in numbers or (0,))


def sealed(
    data: Mapping[str, str] | None = None,
    *,
    with_key: int = 0,
    scope: Scope = Scope.STRICT,
    template: Mapping[str, Any] | None = None,
    **secret: Any,
) -> Json:
    """Return a SealedSecret shop/db as an API server gives it, with uid and generation."""
    plain = {k: v.encode() for k, v in (data or {"password": "hunter2"}).items()}
    recipient = Recipient.from_pem(key(with_key).certificate_pem(), now=NOW + timedelta(days=100))
    identity = {"namespace": "shop", "name": "db"}
    manifest = seal(Secret(data=plain, **{**identity, **secret}), recipient, scope).to_manifest()
    manifest["metadata"] |= {"uid": UID, "generation": 1, "resourceVersion": "1"}
    manifest["spec"]["template"] |= template or {}
    return manifest
