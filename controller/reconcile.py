"""The decision: a SealedSecret, the Secret that is there, and the keyring become what to do.

Pure: values in, an `Outcome` out; no client, no clock. Private-key operations make it slow (about 1.3 ms an item), so
callers run it in a thread; it touches no shared state.

A Secret that carries our digest and still says what was written is right, whatever object labels and annotations others
added: two controllers that each take the other's away would write for ever. One that does not is compared. When there
is a reason to write, all is replaced, as in the existing system.

The rules are those of the existing system (reference, sealed-secrets 1.4, 1.7 and 2.3), with three differences where
that one is defective: a Secret that we made ourselves without owner references is ours by its object label; a Secret
of an earlier SealedSecret of the same name is taken over before it is garbage collected; and a Secret's type and
immutability are looked at before the API server refuses the update.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from controller.digest import DigestKeys, digest_in, digest_of, ids_of, is_as_written
from controller.manifests import (
    DIGEST_ANNOTATION,
    MANAGED_ANNOTATION,
    MANAGED_BY_LABEL,
    MANAGER,
    PATCH_ANNOTATION,
    SKIP_OWNER_ANNOTATION,
    annotation,
    controlling_owner,
    key_of,
)
from controller.verdict import Reason, Verdict, unsealed
from sealer.errors import InputError, SealerError
from sealer.manifest import API_VERSION, KIND, SEALED_WITH_ANNOTATION, SealedSecret, Secret, strip_server_fields
from sealer.template import TemplateError
from sealer.unseal import ItemsNotOpenedError, unseal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.keyring import Keyring

_OPAQUE: Final = "Opaque"
_OWNED_ELSEWHERE: Final = (
    'Resource "{name}" already exists and is not managed by SealedSecret; delete it, or annotate it with '
    f'{MANAGED_ANNOTATION}: "true" to have it taken over'
)
_IMMUTABLE: Final = (
    "Error updating {namespace}/{name}: the target Secret is immutable. Once a Secret is marked as immutable, it is "
    "not possible to revert this change nor to mutate the contents of the data field. You can only delete and recreate "
    "the Secret."
)
_TYPE_IS_FIXED: Final = (
    "Error updating {namespace}/{name}: the type of a Secret cannot be changed, and it is {was}, not {wanted}. You can "
    "only delete and recreate the Secret."
)
_BEING_DELETED: Final = "the Secret {namespace}/{name} is being deleted, and is made again when it is gone"


@dataclass(frozen=True)
class Wanted:
    """The Secret that a SealedSecret describes.

    Attributes:
        manifest: It, with its digest. Never shown.
        source: What it was made of, as `Digest.source`.
        opened_with: Fingerprint of a key that opened it; None when there was nothing to open.
        mac_key: The key of its digest. Never shown.

    """

    manifest: Mapping[str, Any] = field(repr=False)
    source: str
    opened_with: str | None
    mac_key: bytes = field(repr=False)


class Action(StrEnum):
    """What to do with the Secret."""

    CREATE = "create"
    UPDATE = "update"
    NONE = "none"


@dataclass(frozen=True)
class Outcome:
    """What to do, and what to tell when it is done.

    Attributes:
        action: What to do with the Secret.
        verdict: What to tell, provided that the write succeeds.
        secret: The manifest to write; empty when there is nothing to write. Never shown.
        retry: Whether time alone may change the verdict.
        news: Whether somebody should hear of the write: not when it only puts our object label or a digest on a Secret
            that is right, as taking over from the existing controller does thousands of times.
        repair: Whether the Secret was made of this very SealedSecret, and somebody changed it since.

    """

    action: Action
    verdict: Verdict
    secret: Mapping[str, Any] = field(default_factory=dict, repr=False)
    retry: bool = False
    news: bool = False
    repair: bool = False


def reconcile(sealed: Mapping[str, Any], existing: Mapping[str, Any] | None, keyring: Keyring) -> Outcome:
    """Return what to do for a SealedSecret.

    Args:
        sealed: Its manifest, as the API server has it.
        existing: The Secret of that name, as the API server has it; None if there is none.
        keyring: The keys to open it with.

    """
    return decide(sealed, wanted_secret(sealed, keyring, DigestKeys()), existing)


def wanted_secret(
    sealed: Mapping[str, Any],
    keyring: Keyring,
    keys: DigestKeys,
    *,
    guess: str | None = None,
    accept_deprecated: bool = True,
) -> Wanted | Verdict:
    """Return the Secret that a SealedSecret describes, or why there is none.

    Args:
        sealed: Its manifest, as the API server has it.
        keyring: The keys to open it with.
        keys: Of digests.
        guess: Fingerprint of the key to try first if the object itself names none of the ring.
        accept_deprecated: Whether the deprecated ``spec.data`` may be used.

    """
    try:
        parsed = SealedSecret.from_manifest(sealed)
        guess = _first_guess(parsed, keyring, guess)
        opened = unseal(parsed, keyring, prefer=guess, accept_deprecated=accept_deprecated)
        return _wanted(
            sealed, _manifest(parsed, opened.secret), sorted(set(opened.opened_with.values())), keyring, keys
        )
    except ItemsNotOpenedError as error:
        return Verdict(Reason.DECRYPT_FAILED, _with_hint(error))
    except TemplateError as error:
        return Verdict(Reason.TEMPLATE_ERROR, _with_hint(error))
    except InputError as error:
        return Verdict(Reason.MALFORMED, _with_hint(error))


def decide(sealed: Mapping[str, Any], wanted: Wanted | Verdict, existing: Mapping[str, Any] | None) -> Outcome:
    """Return what to do, given what is wanted and what is there.

    It costs nothing, unlike `wanted_secret`, so that a caller may take None for `existing` first, and decide again with
    the Secret that it then finds in its way.

    Args:
        sealed: The SealedSecret's manifest.
        wanted: What `wanted_secret` returned.
        existing: The Secret that is there, or None.

    """
    if isinstance(wanted, Verdict):
        return Outcome(Action.NONE, wanted)
    if existing is None:
        return Outcome(Action.CREATE, unsealed(sealed), wanted.manifest, news=True)
    if existing["metadata"].get("deletionTimestamp"):
        return Outcome(Action.NONE, _told(Reason.API_ERROR, _BEING_DELETED, existing), retry=True)
    return _change(sealed, wanted, existing)


def is_restored_when_deleted(secret_metadata: Mapping[str, Any]) -> bool:
    """Return whether a Secret that we made is made again when somebody deletes it.

    As in the existing system: it is, if a SealedSecret controls it or it is marked as managed. One without an owner
    reference was asked for that way, so that its life is its own.
    """
    return controlling_owner(secret_metadata) is not None or annotation(secret_metadata, MANAGED_ANNOTATION)


def _change(sealed: Mapping[str, Any], wanted: Wanted, existing: Mapping[str, Any]) -> Outcome:
    digest = digest_in(existing)
    same_source = digest is not None and digest.source == wanted.source
    if digest is not None and same_source and is_as_written(wanted.mac_key, digest, existing):
        return Outcome(Action.NONE, unsealed(sealed))
    updated = _updated(sealed, wanted.manifest, existing)
    if updated is None:
        return Outcome(Action.NONE, _told(Reason.NOT_OWNED, _OWNED_ELSEWHERE, existing))
    fixed = _fixed(existing, updated)
    if fixed is not None or _essence(existing) == _essence(updated):
        return Outcome(Action.NONE, fixed or unsealed(sealed))
    news = _essence(_bare(existing)) != _essence(_bare(updated))
    return Outcome(Action.UPDATE, unsealed(sealed), updated, news=news, repair=same_source)


def _first_guess(sealed: SealedSecret, keyring: Keyring, guess: str | None) -> str | None:
    """Return the key to try first: the object's own hint where the ring has that key, or else `guess`."""
    hint = sealed.annotations.get(SEALED_WITH_ANNOTATION)
    named = hint.split(",") if hint else []
    return hint if any(key.fingerprint in named for key in keyring.keys) else guess


def _wanted(
    sealed: Mapping[str, Any], manifest: dict[str, Any], opened_with: list[str], keyring: Keyring, keys: DigestKeys
) -> Wanted:
    ids = ids_of(opened_with, keyring) if keyring.keys else ()
    mac_key = keys.key_for(ids, keyring)
    if mac_key is None:  # Nothing to open and no key at all, which the controller waits for before it works.
        return Wanted(manifest, "", None, b"")
    metadata = manifest["metadata"]
    digest = digest_of(mac_key, ids, sealed, manifest)
    annotations = {**(metadata.get("annotations") or {}), DIGEST_ANNOTATION: str(digest)}
    manifest = {**manifest, "metadata": {**metadata, "annotations": annotations}}
    return Wanted(manifest, digest.source, opened_with[0] if opened_with else None, mac_key)


def _manifest(sealed: SealedSecret, secret: Secret) -> dict[str, Any]:
    manifest = secret.to_manifest()
    template = sealed.template.metadata
    metadata = strip_server_fields(manifest["metadata"])
    metadata.pop("generateName", None)
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY_LABEL: MANAGER}
    if not annotation(template, SKIP_OWNER_ANNOTATION):
        metadata["ownerReferences"] = [_owner_reference(sealed)]
    elif template.get("ownerReferences"):
        metadata["ownerReferences"] = template["ownerReferences"]
    return {**manifest, "metadata": metadata}


def _owner_reference(sealed: SealedSecret) -> dict[str, Any]:
    """Reference, sealed-secrets 1.4 step 6: exactly these fields, so that either controller knows it again."""
    uid = sealed.metadata.get("uid", "")
    return {"apiVersion": API_VERSION, "kind": KIND, "name": sealed.name, "uid": uid, "controller": True}


def _is_ours(sealed: Mapping[str, Any], secret: Mapping[str, Any]) -> bool:
    owner = controlling_owner(secret)
    if owner is None:
        return (secret.get("labels") or {}).get(MANAGED_BY_LABEL) == MANAGER
    if owner.get("uid") == sealed.get("uid"):
        return True
    # Another uid under our name is that of an earlier SealedSecret, as there is only one of a name at a time: taking
    # its Secret over takes it from nobody, and saves it from the garbage collector.
    return owner.get("apiVersion") == API_VERSION and owner.get("kind") == KIND and owner.get("name") == sealed["name"]


def _updated(
    sealed: Mapping[str, Any], wanted: Mapping[str, Any], existing: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the Secret that `existing` becomes, or None when it is not ours to touch."""
    metadata = existing["metadata"]
    ours = _is_ours(sealed["metadata"], metadata) or annotation(metadata, MANAGED_ANNOTATION)
    if annotation(metadata, PATCH_ANNOTATION):
        return _patched(existing, wanted, ours=ours)
    return _replaced(existing, wanted) if ours else None


def _fixed(existing: Mapping[str, Any], updated: Mapping[str, Any]) -> Verdict | None:
    """Return why `existing` cannot become `updated`, which the API server would refuse."""
    if _type_of(existing) != _type_of(updated):
        return _told(Reason.IMMUTABLE, _TYPE_IS_FIXED, existing, was=_type_of(existing), wanted=_type_of(updated))
    if existing.get("immutable") and (existing.get("data") or {}) != updated["data"]:
        return _told(Reason.IMMUTABLE, _IMMUTABLE, existing)
    return None


def _told(reason: Reason, message: str, secret: Mapping[str, Any], **more: str) -> Verdict:
    return Verdict(reason, message.format(**key_of(secret)._asdict(), **more))


def _replaced(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {name: wanted["metadata"].get(name) for name in ("labels", "annotations", "ownerReferences")}
    return _rewritten(existing, wanted, metadata, wanted["data"])


def _patched(existing: Mapping[str, Any], wanted: Mapping[str, Any], *, ours: bool) -> dict[str, Any]:
    before, new = existing["metadata"], wanted["metadata"]
    labels = {**(before.get("labels") or {}), **new["labels"]}
    # No digest: what a patched Secret holds is not ours alone. It is compared each time.
    annotations = {**(before.get("annotations") or {}), **(new.get("annotations") or {})}
    annotations.pop(DIGEST_ANNOTATION, None)
    if not ours:
        # Not ours to watch or to restore: we only add to it.
        labels.pop(MANAGED_BY_LABEL, None)
    managed = annotation(before, MANAGED_ANNOTATION)
    metadata = {
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": (new if managed else before).get("ownerReferences"),
    }
    return _rewritten(existing, wanted, metadata, {**(existing.get("data") or {}), **wanted["data"]})


def _rewritten(
    existing: Mapping[str, Any], wanted: Mapping[str, Any], metadata: Mapping[str, Any], data: Mapping[str, str]
) -> dict[str, Any]:
    """Return `existing` with new content; finalizers and all else stay, and ``immutable`` counts at creation only."""
    kept = {k: v for k, v in existing["metadata"].items() if k not in {*metadata, "managedFields"}}
    given = {k: v for k, v in metadata.items() if v}
    return {**existing, "type": _type_of(wanted), "metadata": {**kept, **given}, "data": dict(data)}


def _type_of(secret: Mapping[str, Any]) -> str:
    return str(secret.get("type") or _OPAQUE)


def _bare(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Secret without what only we look at."""
    metadata = secret["metadata"]
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != MANAGED_BY_LABEL}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != DIGEST_ANNOTATION}
    return {**secret, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def _essence(secret: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what we answer for in a Secret; absent and empty are the same, as in Kubernetes."""
    metadata = secret["metadata"]
    maps = (metadata.get("labels"), metadata.get("annotations"), secret.get("data"))
    return (*(value or {} for value in maps), metadata.get("ownerReferences") or [])


def _with_hint(error: SealerError) -> str:
    """Return message and hint as two sentences, the message first and unchanged: others match on its beginning."""
    if not error.hint:
        return error.message
    end = "" if error.hint.endswith("?") else "."
    return f"{error.message}. {error.hint[0].upper()}{error.hint[1:]}{end}"
