"""Unseal: a SealedSecret and a keyring become a Secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sealer.errors import InputError, UnsealError
from sealer.keyring import Keyring, Opened
from sealer.manifest import SEALED_FOR_ANNOTATION, SEALED_WITH_ANNOTATION, SealedSecret, Secret
from sealer.seal import sealed_for
from sealer.template import render_items
from sealer.wire import MalformedValueError

Render = Callable[[Mapping[str, str | None], Mapping[str, bytes]], Mapping[str, bytes]]


class ItemsNotOpenedError(UnsealError):
    """Some items open with no key of the ring.

    Attributes:
        items: Their keys, sorted.

    """

    def __init__(self, items: tuple[str, ...], *, hint: str | None = None) -> None:
        self.items = items
        super().__init__(f"no key could decrypt secret ({', '.join(items)})", hint=hint)


class MalformedItemsError(InputError):
    """Some items are not sealed values at all; nothing is said of the others.

    Attributes:
        items: Item key to what is wrong with it.

    """

    def __init__(self, items: Mapping[str, str], *, hint: str | None = None) -> None:
        self.items = dict(sorted(items.items()))
        super().__init__("; ".join(f"item {key} is {what}" for key, what in self.items.items()), hint=hint)


@dataclass(frozen=True)
class Unsealed:
    """What came out.

    Attributes:
        secret: The Secret, under the SealedSecret's own name and namespace, without owner references of ours.
        opened_with: Item key to the fingerprint of the key that opened it.

    """

    secret: Secret
    opened_with: Mapping[str, str] = field(repr=False)


def unseal(
    sealed: SealedSecret, keyring: Keyring, *, prefer: str | None = None, render: Render = render_items
) -> Unsealed:
    """Open every item and make the Secret that the template describes (reference, sealed-secrets 1.4).

    Args:
        sealed: What to open.
        keyring: The keys to try.
        prefer: Fingerprint of the key to try first; None for the object's own hint. An untrusted hint is safe: it only
            orders the tries.
        render: What renders ``spec.template.data`` and joins it with the items.

    Raises:
        MalformedItemsError: Some items are not sealed values at all.
        ItemsNotOpenedError: Some items open with no key.
        TemplateError: A template cannot be rendered.
        InputError: The legacy ``spec.data`` is used beside ``encryptedData``, or holds no Secret.

    """
    opened = open_items(sealed, keyring, prefer=prefer) if sealed.legacy_data is None else _open_legacy(sealed, keyring)
    items = render(sealed.template.data, {key: value.plaintext for key, value in opened.items()})
    secret = Secret(
        namespace=sealed.namespace or None,
        name=sealed.name,
        data=items,
        type=sealed.template.type,
        immutable=sealed.template.immutable,
        metadata={k: v for k, v in sealed.template.metadata.items() if k not in {"name", "namespace"}},
    )
    return Unsealed(secret, {key: value.fingerprint for key, value in opened.items()})


def open_items(sealed: SealedSecret, keyring: Keyring, *, prefer: str | None = None) -> dict[str, Opened]:
    """Open the items of ``spec.encryptedData``, and render nothing: what verification needs.

    Raises:
        MalformedItemsError: Some items are not sealed values at all.
        ItemsNotOpenedError: Some items open with no key.

    """
    opened: dict[str, Opened] = {}
    malformed: dict[str, str] = {}
    unopened: list[str] = []
    guess = prefer or sealed.annotations.get(SEALED_WITH_ANNOTATION)
    for key in sorted(sealed.encrypted_data):
        try:
            opened[key] = keyring.open(sealed.encrypted_data[key], sealed.label, prefer=guess)
            guess = opened[key].fingerprint
        except MalformedValueError as error:
            malformed[key] = error.message
        except UnsealError:
            unopened.append(key)
    if malformed:
        raise MalformedItemsError(malformed, hint="was the manifest cut off or edited by hand?")
    if unopened:
        raise ItemsNotOpenedError(tuple(unopened), hint=moved_hint(sealed))
    return opened


def moved_hint(sealed: SealedSecret) -> str | None:
    """Say what the hint annotation tells about a SealedSecret that does not open, or None where it tells nothing.

    The annotation is anybody's to write, so this is a hint to a person and never a decision.
    """
    told = sealed.annotations.get(SEALED_FOR_ANNOTATION)
    now = sealed_for(sealed.scope, sealed.namespace, sealed.name)
    if told is None or told == now:
        return None
    scope, _, place = told.partition(":")
    here = f"{sealed.namespace}/{sealed.name}" if sealed.namespace else f"{sealed.name} without a namespace"
    return f"it was sealed for {place} under {scope} scope, and is {here} under {sealed.scope}"


def _open_legacy(sealed: SealedSecret, keyring: Keyring) -> dict[str, Opened]:
    """Open ``spec.data``, one sealed value that holds a whole Secret as JSON (reference, sealed-secrets 1.5)."""
    if sealed.encrypted_data:
        raise InputError(
            "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time",
            hint="move the items to encryptedData",
        )
    try:
        blob = keyring.open(sealed.legacy_data or "", sealed.label)
    except MalformedValueError as error:
        raise MalformedItemsError({"data": error.message}) from error
    except UnsealError:
        raise ItemsNotOpenedError(("data",), hint=moved_hint(sealed)) from None
    return {key: Opened(value, blob.fingerprint) for key, value in _secret_in(blob).data.items()}


def _secret_in(blob: Opened) -> Secret:
    try:
        manifest: Any = json.loads(blob.plaintext)
        return Secret.from_manifest({"apiVersion": "v1", "kind": "Secret"} | manifest)
    except (ValueError, TypeError, InputError):
        # `from None`: the cause would carry the plaintext.
        raise InputError("the deprecated field 'data' does not hold a Secret") from None
