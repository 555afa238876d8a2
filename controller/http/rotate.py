"""A SealedSecret under the newest key: what `kubeseal --re-encrypt` asks for."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controller.http.errors import RefusedError
from controller.http.verify import checked, open_each
from sealer.certificate import Recipient
from sealer.errors import CertificateError, InputError, UnsealError
from sealer.reseal import refuse_legacy, resealed
from sealer.unseal import MalformedItemsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealer.keyring import Keyring
    from sealer.manifest import SealedSecret


def rotated(
    body: bytes,
    keyring: Keyring,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> bytes:
    """Return a SealedSecret with all its values under the newest key, as a line of JSON.

    Args:
        body: One SealedSecret, YAML or JSON.
        keyring: The keys to open it with, of which the newest seals.
        clock: Seconds, never stepping back.
        now: The time, aware.

    Raises:
        RefusedError: 400, it is no SealedSecret, or of the deprecated form; 409, it does not open; 503, there is no key
            to seal with, or it takes too long.

    """
    sealed = checked(body)
    try:
        refuse_legacy(sealed)
        recipient = Recipient.from_pem(keyring.newest.certificate_pem(), now=now())
        return _line(resealed(sealed, open_each(sealed, keyring, clock), recipient))
    except (UnsealError, MalformedItemsError) as error:
        raise RefusedError(409, error.message, hint=error.hint) from None
    except CertificateError as error:
        raise RefusedError(503, error.message, hint=error.hint) from None
    except InputError as error:
        raise RefusedError(400, error.message, hint=error.hint) from None


def _line(sealed: SealedSecret) -> bytes:
    try:
        text = json.dumps(sealed.to_manifest(), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        # Metadata may hold anything, and YAML has numbers that JSON has not.
        raise InputError("body: it holds a number that JSON does not have") from None
    return text.encode() + b"\n"
