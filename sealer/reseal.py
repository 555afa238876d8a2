"""Reseal: a SealedSecret's values under the newest key, and nothing else changed.

Values that the newest key opens stay byte for byte: sealing them again would protect them no better, and would show
up as a change in git for nothing. Template, labels and other annotations stay as they are and are never rendered:
rendering would bake the values of today into them, and tell bits of the values to whoever wrote the template
(reference, sealed-secrets 2.5 and 8, the rotate oracle).

The scope is that of the SealedSecret's own metadata, for opening and for sealing alike. It must never come from the
template: who edits that could have a strict value sealed again cluster-wide (CVE-2026-22728).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sealer import wire
from sealer.errors import InputError, ServiceError
from sealer.manifest import SEALED_FOR_ANNOTATION, SEALED_WITH_ANNOTATION, SealedSecret, strip_server_fields
from sealer.seal import seal_value, sealed_for
from sealer.unseal import ItemsNotOpenedError, moved_hint, open_items
from sealer.wire.rsa import split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sealer.certificate import Recipient
    from sealer.keyring import Keyring, Opened


def reseal(sealed: SealedSecret, keyring: Keyring, recipient: Recipient) -> SealedSecret:
    """Return the SealedSecret with every value under the key of `recipient`.

    Args:
        sealed: What to reseal.
        keyring: The keys to open it with.
        recipient: The newest key's certificate.

    Raises:
        InputError: It is of the deprecated form with ``spec.data``.
        MalformedItemsError: Some items are not sealed values at all.
        ItemsNotOpenedError: Some items open with no key.

    """
    refuse_legacy(sealed)
    return resealed(sealed, open_items(sealed, keyring), recipient)


def reseal_others(sealed: SealedSecret, keyring: Keyring, recipient: Recipient) -> SealedSecret:
    """Return the SealedSecret with every value under the key of `recipient`, whose private half may not be at hand.

    Without it, what is under that key already does not open. The hint that says so is believed here, where believing
    it leaves the values as they are; without the hint it is an error, as ever.

    Args:
        sealed: What to reseal.
        keyring: The keys to open it with, with or without that of `recipient`.
        recipient: The newest key's certificate.

    Raises:
        InputError: It is of the deprecated form with ``spec.data``.
        MalformedItemsError: Some items are not sealed values at all.
        ItemsNotOpenedError: Some items open with no key, and are not said to be under that of `recipient`.

    """
    try:
        return reseal(sealed, keyring, recipient)
    except ItemsNotOpenedError as error:
        told = sealed.annotations.get(SEALED_WITH_ANNOTATION, "").split(",")
        at_hand = any(key.fingerprint == recipient.fingerprint for key in keyring.keys)
        if at_hand or recipient.fingerprint not in told or moved_hint(sealed) is not None:
            raise
        others = {key: text for key, text in sealed.encrypted_data.items() if key not in error.items}
        done = reseal(replace(sealed, encrypted_data=others), keyring, recipient)
        return replace(done, encrypted_data={**sealed.encrypted_data, **done.encrypted_data})


def refuse_legacy(sealed: SealedSecret) -> None:
    """Refuse the deprecated form: its one value is a whole Secret, which has no place in ``encryptedData``.

    Raises:
        InputError: It is of that form.

    """
    if sealed.legacy_data is not None:
        raise InputError(
            "the deprecated field 'data' cannot be resealed", hint="seal the Secret anew, which writes encryptedData"
        )


def resealed(sealed: SealedSecret, opened: Mapping[str, Opened], recipient: Recipient) -> SealedSecret:
    """Return the SealedSecret with the opened values under the key of `recipient`, and its hints renewed.

    What an API server added to its metadata is left out, as in every manifest that is made to be committed.

    Args:
        sealed: What was opened.
        opened: Item key to plaintext and the key that opened it, for every item.
        recipient: Whom to seal to.

    """
    # What was one text twice, such as an anchor and its alias in YAML, stays one: it was known to be one value.
    fresh: dict[str, str] = {}
    for key, text in sealed.encrypted_data.items():
        if text not in fresh:
            fresh[text] = _value(sealed, key, opened[key], recipient)
    metadata = strip_server_fields(sealed.metadata)
    hints = {
        SEALED_FOR_ANNOTATION: sealed_for(sealed.scope, sealed.namespace, sealed.name),
        SEALED_WITH_ANNOTATION: recipient.fingerprint,
    }
    return replace(
        sealed,
        encrypted_data={key: fresh[text] for key, text in sealed.encrypted_data.items()},
        metadata=metadata | {"annotations": {**metadata.get("annotations", {}), **hints}},
    )


def resealed_by(sealed: SealedSecret, rotate: Callable[[Mapping[str, Any]], Any]) -> SealedSecret:
    """Return the SealedSecret with the values that a controller's answer has for its items, and nothing else of it.

    The existing controller's answer lacks template data, labels and annotations (reference, sealed-secrets 3.4, defect
    3), and whatever else it says is not what anybody asked for.

    Args:
        sealed: What to reseal.
        rotate: Takes a manifest and returns the controller's answer, a manifest that nobody has checked.

    Raises:
        InputError: It is of the deprecated form with ``spec.data``.
        ServiceError: The answer is no SealedSecret with the same items.

    """
    refuse_legacy(sealed)
    answer = rotate(sealed.to_manifest())
    spec = answer.get("spec") if isinstance(answer, dict) else None
    items = spec.get("encryptedData") if isinstance(spec, dict) else None
    if not isinstance(items, dict) or items.keys() != sealed.encrypted_data.keys() or not _are_sealed(items):
        raise ServiceError(f"the controller's answer does not hold the items of {sealed}")
    return replace(sealed, encrypted_data=items)


def _are_sealed(items: Mapping[str, object]) -> bool:
    try:
        return all(isinstance(text, str) and split(wire.decode(text)) for text in items.values())
    except wire.MalformedValueError:
        return False


def _value(sealed: SealedSecret, key: str, value: Opened, recipient: Recipient) -> str:
    if value.fingerprint == recipient.fingerprint:
        return sealed.encrypted_data[key]
    return seal_value(value.plaintext, recipient, scope=sealed.scope, namespace=sealed.namespace, name=sealed.name)
