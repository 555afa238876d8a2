"""Unseal: a SealedSecret and a keyring become a Secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import InputError, UnsealError
from sealer.manifest import SEALED_FOR_ANNOTATION, SEALED_WITH_ANNOTATION, SealedSecret, Secret
from sealer.seal import sealed_for
from sealer.template import render_items
from sealer.wire import MalformedValueError

if TYPE_CHECKING:
    from sealer.keyring import Keyring, Opened

_FIELDS_OF_A_SECRET: Final = ("apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable")

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
        deprecated: Whether it came out of the deprecated ``spec.data``.

    """

    secret: Secret
    opened_with: Mapping[str, str] = field(repr=False)
    deprecated: bool = False


def unseal(
    sealed: SealedSecret,
    keyring: Keyring,
    *,
    prefer: str | None = None,
    render: Render = render_items,
    accept_deprecated: bool = True,
) -> Unsealed:
    """Open every item and make the Secret that the template describes (reference, sealed-secrets 1.4).

    Args:
        sealed: What to open.
        keyring: The keys to try.
        prefer: Fingerprint of the key to try first; None for the object's own hint. An untrusted hint is safe: it only
            orders the tries.
        render: What renders ``spec.template.data`` and joins it with the items.
        accept_deprecated: Whether ``spec.data`` may be used. What it holds is a whole Secret, and nothing of the
            template counts (reference, sealed-secrets 1.5).

    Raises:
        MalformedItemsError: Some items are not sealed values at all.
        ItemsNotOpenedError: Some items open with no key.
        TemplateError: A template cannot be rendered.
        InputError: The deprecated ``spec.data`` is not accepted, is used beside ``encryptedData``, or holds no Secret.

    """
    if sealed.legacy_data is not None:
        return _unseal_deprecated(sealed, keyring, prefer=prefer, accept=accept_deprecated)
    opened = open_items(sealed, keyring, prefer=prefer)
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


def _unseal_deprecated(sealed: SealedSecret, keyring: Keyring, *, prefer: str | None, accept: bool) -> Unsealed:
    """Open ``spec.data``, one sealed value that holds a whole Secret as JSON (reference, sealed-secrets 1.5)."""
    if sealed.encrypted_data:
        raise InputError(
            "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time",
            hint="move the items to encryptedData",
        )
    if not accept:
        raise InputError(
            "using deprecated 'data' field, use 'encryptedData' or flip the feature flag",
            hint="the flag is --accept-deprecated-v1-data",
        )
    guess = prefer or sealed.annotations.get(SEALED_WITH_ANNOTATION)
    try:
        blob = keyring.open(sealed.legacy_data or "", sealed.label, prefer=guess)
    except MalformedValueError as error:
        raise MalformedItemsError({"data": error.message}) from error
    except UnsealError:
        raise ItemsNotOpenedError(("data",), hint=moved_hint(sealed)) from None
    secret = replace(_secret_in(blob), namespace=sealed.namespace or None, name=sealed.name)
    return Unsealed(secret, dict.fromkeys(secret.data, blob.fingerprint), deprecated=True)


def _secret_in(blob: Opened) -> Secret:
    """Return the Secret in what was opened; unknown fields are passed over, as there, since nobody can correct them."""
    wrong = InputError("the deprecated field 'data' does not hold a Secret")
    try:
        found: Any = json.loads(blob.plaintext)
        known = {key: found[key] for key in _FIELDS_OF_A_SECRET if found.get(key) is not None}
        metadata = {"name": "unused"} | known.get("metadata", {})
        secret = Secret.from_manifest({"apiVersion": "v1", "kind": "Secret"} | known | {"metadata": metadata})
    except (ValueError, TypeError, AttributeError, InputError):
        # `from None`: the cause would carry the plaintext.
        raise wrong from None
    if not known.keys() & {"kind", "data", "stringData"}:
        raise wrong from None
    return secret
