"""Whether a SealedSecret opens: decided with private keys and nothing else, so that nothing else can be learnt.

Nothing is rendered: rendering a stranger's template over opened values would tell them bit by bit (reference,
sealed-secrets 8, the verify oracle). One value that does not open ends it, so that a request with thousands of them
costs no more than one try with each key; and there is a limit to the time that a request may take.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from controller.http.body import sealed_secret_in
from controller.http.errors import RefusedError
from sealer.errors import InputError, SealerError, UnsealError
from sealer.manifest import SEALED_WITH_ANNOTATION, SealedSecret
from sealer.unseal import ItemsNotOpenedError, MalformedItemsError, moved_hint, unseal
from sealer.wire import MalformedValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.keyring import Keyring, Opened

# Seven thousand values under one RSA-4096 key: more than an object of 1.5 MiB has.
LONGEST_WORK: Final = 10.0


def verdict_on(body: bytes, keyring: Keyring, clock: Callable[[], float] = time.monotonic) -> int:
    """Return the HTTP status that says whether a SealedSecret opens: 200, or 409 if not.

    Args:
        body: One SealedSecret, YAML or JSON.
        keyring: The keys to try.
        clock: Seconds, never stepping back.

    Raises:
        RefusedError: 400, it is no SealedSecret; 503, it takes too long.

    """
    sealed = checked(body)
    try:
        if sealed.legacy_data is None:
            open_each(sealed, keyring, clock)
        else:
            unseal(sealed, keyring, render=_render_nothing)
    except RefusedError:
        raise
    except SealerError:
        return 409
    return 200


def checked(body: bytes) -> SealedSecret:
    """Return the SealedSecret in a body.

    Raises:
        RefusedError: 400, there is none.

    """
    try:
        return sealed_secret_in(body)
    except InputError as error:
        raise RefusedError(400, error.message, hint=error.hint) from None
    except ValueError:
        # What a parser says of a body may quote it.
        raise RefusedError(400, "body: cannot be read") from None


def open_each(sealed: SealedSecret, keyring: Keyring, clock: Callable[[], float]) -> dict[str, Opened]:
    """Open item after item, up to the first that does not open.

    Raises:
        MalformedItemsError: An item is no sealed value at all.
        ItemsNotOpenedError: An item opens with no key.
        RefusedError: 503, it takes too long.

    """
    end = clock() + LONGEST_WORK
    opened: dict[str, Opened] = {}
    guess = sealed.annotations.get(SEALED_WITH_ANNOTATION)
    for key in sorted(sealed.encrypted_data):
        if clock() > end:
            raise RefusedError(503, "it takes too long", hint="open it offline, with a backup of the keys")
        try:
            opened[key] = keyring.open(sealed.encrypted_data[key], sealed.label, prefer=guess)
        except MalformedValueError as error:
            raise MalformedItemsError({key: error.message}) from None
        except UnsealError:
            raise ItemsNotOpenedError((key,), hint=moved_hint(sealed)) from None
        guess = opened[key].fingerprint
    return opened


def _render_nothing(_templates: Mapping[str, str | None], items: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return items
