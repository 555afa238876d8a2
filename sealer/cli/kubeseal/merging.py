"""Changes of a SealedSecret's file in place, which leave alone what they need not change."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sealer.cli.kubeseal.output import encode, sealed_manifest, write
from sealer.cli.kubeseal.reading import read_sealed, read_secrets
from sealer.cli.kubeseal.sealing import Place, complete
from sealer.cli.terminal import note
from sealer.documents.edit import Put, edit
from sealer.errors import InputError
from sealer.files import SHARED, read_input
from sealer.manifest import strip_server_fields
from sealer.scope import Scope, scope_of, with_scope
from sealer.seal import seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sealer.certificate import Recipient
    from sealer.cli.kubeseal.flags import Options
    from sealer.cli.kubeseal.reading import Found
    from sealer.manifest import SealedSecret, Secret

_ENCRYPTED = ("spec", "encryptedData")
_TEMPLATE = ("spec", "template", "metadata")


def merge_into(options: Options, recipient: Recipient, place: Place) -> None:
    """Seal the input with the name, the namespace and the scope of the target, and put its items into that.

    Raises:
        InputError: The target is not one SealedSecret, or the input does not fit it.

    """
    path: str = options["merge-into"]
    data = read_input(path)
    targets = read_sealed(data, path)
    if len(targets) > 1:
        raise InputError(f"{path} holds {len(targets)} SealedSecrets", hint="--merge-into takes a file that holds one")
    target = targets[0]
    _check_scope(path, target.sealed.scope, options)
    secrets = [_fitted(secret, target.sealed, place) for secret in read_secrets(options, target.sealed.name)]
    puts = [put for secret in secrets for put in _puts(target, secret, recipient)]
    write(changed(data, path, targets, puts, options), path, mode=SHARED)


def changed(data: bytes, source: str, found: Sequence[Found], puts: Iterable[Put], options: Options) -> bytes:
    """Return a file's text with the changes made: in its own form, or whole in another where that was asked for.

    Args:
        data: The file's text.
        source: Its name, for messages.
        found: Its SealedSecrets.
        puts: The changes.
        options: Whether another format was asked for.

    Raises:
        InputError: The change cannot be made without changing something else.

    """
    wanted = list(puts)
    own = "json" if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "yaml"
    asked = options["format"].lower() or "json"
    if "format" not in options.given or asked == own:
        return edit(data, source, _joined(wanted)) if wanted else data
    return encode([sealed_manifest(applied(one, wanted)) for one in found], asked)


def applied(found: Found, puts: Iterable[Put]) -> dict[str, Any]:
    """Return the manifest of a SealedSecret with the changes that are meant for it."""
    manifest: dict[str, Any] = copy.deepcopy(found.document.value)
    for put in puts:
        if put.document == found.document.origin.document and put.path[: len(found.path)] == found.path:
            part = manifest
            for step in put.path[len(found.path) :]:
                if part.get(str(step)) is None:
                    part[str(step)] = {}
                part = part[str(step)]
            part.update(put.values)
    return manifest


def put_at(found: Found, path: tuple[str, ...], values: Mapping[str, str]) -> Put:
    """Return the change that puts texts into the mapping at `path` of a SealedSecret."""
    return Put(found.document.origin.document, (*found.path, *path), values)


def _joined(puts: list[Put]) -> list[Put]:
    """Return one change for each place, of the same text the last."""
    joined: dict[tuple[int, tuple[str | int, ...]], dict[str, str]] = {}
    for put in puts:
        joined.setdefault((put.document, put.path), {}).update(put.values)
    return [Put(document, path, values) for (document, path), values in joined.items()]


def _check_scope(path: str, scope: Scope, options: Options) -> None:
    asked: Scope | None = options["scope"]
    if asked is not None and asked is not scope:
        raise InputError(
            f"{path} is {scope}, but --scope {asked} was given",
            hint="its annotations say so; what is sealed for another scope would not open in it",
        )


def _fitted(secret: Secret, target: SealedSecret, place: Place) -> Secret:
    asked = scope_of(secret.annotations)
    if asked is not target.scope and asked is not Scope.STRICT:
        note(f"the input asks for {asked}; it is sealed {target.scope}, as what it is merged into")
    moved = replace(secret, namespace=target.namespace or secret.namespace)
    return complete(moved, target.scope, place)


def _puts(target: Found, secret: Secret, recipient: Recipient) -> list[Put]:
    """Return the changes that bring a Secret in; what is there already, and the same, is none."""
    metadata = target.sealed.template.metadata
    annotations = with_scope(strip_server_fields(secret.metadata).get("annotations", {}), Scope.STRICT)
    groups = {
        _ENCRYPTED: seal(secret, recipient, target.sealed.scope).encrypted_data,
        (*_TEMPLATE, "labels"): _new(secret.labels, metadata.get("labels")),
        (*_TEMPLATE, "annotations"): _new(annotations, metadata.get("annotations")),
    }
    return [put_at(target, path, values) for path, values in groups.items() if values]


def _new(values: Mapping[str, str], old: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if (old or {}).get(key) != value}
