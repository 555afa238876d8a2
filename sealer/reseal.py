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
from typing import TYPE_CHECKING

from sealer.errors import InputError
from sealer.manifest import SEALED_FOR_ANNOTATION, SEALED_WITH_ANNOTATION, SealedSecret, strip_server_fields
from sealer.seal import seal_value, sealed_for
from sealer.unseal import open_items

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    metadata = strip_server_fields(sealed.metadata)
    hints = {
        SEALED_FOR_ANNOTATION: sealed_for(sealed.scope, sealed.namespace, sealed.name),
        SEALED_WITH_ANNOTATION: recipient.fingerprint,
    }
    return replace(
        sealed,
        encrypted_data={key: _value(sealed, key, opened[key], recipient) for key in sealed.encrypted_data},
        metadata=metadata | {"annotations": {**metadata.get("annotations", {}), **hints}},
    )


def _value(sealed: SealedSecret, key: str, value: Opened, recipient: Recipient) -> str:
    if value.fingerprint == recipient.fingerprint:
        return sealed.encrypted_data[key]
    return seal_value(value.plaintext, recipient, scope=sealed.scope, namespace=sealed.namespace, name=sealed.name)
