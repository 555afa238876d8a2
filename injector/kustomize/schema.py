"""From a manifest to a `Generator` (pure). Strict: what is not known is an error, never left out."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, cast

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import (
    API_VERSION,
    KIND,
    SERVICE_ACCOUNT_TOKEN,
    AppRoleLogin,
    Behavior,
    Generator,
    Item,
    KubernetesLogin,
    Login,
    Source,
    TokenLogin,
    VaultSource,
)
from sealer.errors import InputError
from sealer.manifest.fields import FieldError, expect_kind, object_at, optional_at, strings_at
from sealer.seal import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Path = tuple[str | int, ...]

_BEHAVIORS: Final = ("create", "replace", "merge")
# What tools keep in annotations for themselves (reference, vault-agent-injector 8.3).
_TOOLS: Final = (
    "config.kubernetes.io/",
    "config.k8s.io/",
    "internal.config.kubernetes.io/",
    "kustomize.config.k8s.io/",
    "kubectl.kubernetes.io/",
)
_OURS: Final = {
    "kustomize.config.k8s.io/needs-hash": "spec.disableNameSuffixHash",
    "kustomize.config.k8s.io/behavior": "spec.behavior",
}
_LOGINS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("tokenFile", "tokenEnv"),
    "approle": ("mount", "roleId", "roleIdFile", "roleIdEnv", "secretIdFile", "secretIdEnv"),
    "kubernetes": ("mount", "role", "tokenPath"),
}
_NEVER_INLINE: Final = {"token": "tokenFile or tokenEnv", "secretId": "secretIdFile or secretIdEnv"}


def read_generator(manifest: object, place: Callable[[Path], object] | None = None) -> Generator:
    """Read a SecretGenerator.

    Args:
        manifest: A decoded document.
        place: Says where the field at a path stands, for messages: file, document and line; None where that is
            nothing a person could open.

    Raises:
        GeneratorError: It is none, or a field is unknown, missing or of the wrong type; the message names both. Or its
            name or namespace cannot exist in a cluster, which the API server would say only after the build.

    """
    try:
        generator = _generator(object_at(manifest, ()))
        check_names(generator.name, generator.namespace)
    except FieldError as error:
        quote = "quote it, so that YAML takes it for text" if "expected a string" in error.message else None
        named = _named(manifest, place, error.path)
        raise GeneratorError(f"{named}: {error.message}", hint=error.hint or quote) from error
    except InputError as error:
        named = _named(manifest, place, ("metadata",))
        raise GeneratorError(f"{named}: metadata: {error.message}", hint=error.hint) from error
    return generator


def _named(manifest: object, place: Callable[[Path], object] | None, path: Path) -> str:
    where = "" if place is None else f"{place(path)}: "
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return where + (f"{KIND} {name}" if isinstance(name, str) and name else "generator without a name")


def _generator(top: Mapping[str, Any]) -> Generator:
    expect_kind(top, API_VERSION, KIND)
    _known(top, (), ("apiVersion", "kind", "metadata", "spec"))
    metadata = _part(top, ("metadata",), ("name", "namespace", "labels", "annotations", "creationTimestamp"))
    known = ("vault", "type", "immutable", "disableNameSuffixHash", "behavior", "data")
    spec = _part(top, ("spec",), known)
    behavior = _one_of(spec, ("spec", "behavior"), _BEHAVIORS)
    return Generator(
        name=_text(metadata, ("metadata", "name")),
        namespace=_maybe(metadata, ("metadata", "namespace")),
        labels=strings_at(metadata, ("metadata", "labels")),
        annotations=_annotations(strings_at(metadata, ("metadata", "annotations"))),
        vault=_vault(_part(spec, ("spec", "vault"), ("address", "namespace", "caCert", "skipVerify", "auth"))),
        type=_maybe(spec, ("spec", "type")),
        immutable=optional_at(spec, ("spec", "immutable"), bool),
        hash_suffix=not optional_at(spec, ("spec", "disableNameSuffixHash"), bool),
        behavior=cast("Behavior | None", behavior),  # checked against the same words
        items=_items(spec.get("data")),
    )


def _annotations(found: Mapping[str, str]) -> dict[str, str]:
    for key, instead in _OURS.items():
        if key in found:
            raise FieldError(("metadata", "annotations", key), "the generator decides this", hint=f"use {instead}")
    return {key: value for key, value in found.items() if not key.startswith(_TOOLS)}


def _vault(part: Mapping[str, Any]) -> VaultSource:
    at = ("spec", "vault")
    return VaultSource(
        login=_login(object_at(part.get("auth") or {}, (*at, "auth"))),
        address=_maybe(part, (*at, "address")),
        namespace=_maybe(part, (*at, "namespace")),
        ca_cert=_maybe(part, (*at, "caCert")),
        skip_verify=optional_at(part, (*at, "skipVerify"), bool),
    )


def _login(part: Mapping[str, Any]) -> Login:
    at = ("spec", "vault", "auth")
    kind = _one_of(part, (*at, "type"), tuple(_LOGINS)) or "token"
    for name, instead in _NEVER_INLINE.items():
        if name in part:
            raise FieldError((*at, name), "a secret has no place in a manifest", hint=f"use {instead}")
    _known(part, at, ("type", *_LOGINS[kind]), f"in a login of type {kind}")
    if kind == "approle":
        role_id = _source(part, at, "roleId")
        if role_id is None:
            raise FieldError((*at, "roleId"), "missing", hint="or roleIdFile or roleIdEnv")
        return AppRoleLogin(_maybe(part, (*at, "mount")) or "approle", role_id, _source(part, at, "secretId"))
    if kind == "kubernetes":
        token_path = _maybe(part, (*at, "tokenPath")) or SERVICE_ACCOUNT_TOKEN
        return KubernetesLogin(_maybe(part, (*at, "mount")) or "kubernetes", _text(part, (*at, "role")), token_path)
    return TokenLogin(_source(part, at, "token"))


def _source(part: Mapping[str, Any], at: tuple[str, ...], name: str) -> Source | None:
    given = [key for key in (name, f"{name}File", f"{name}Env") if part.get(key) is not None]
    if len(given) > 1:
        raise FieldError((*at, given[1]), f"stands beside {given[0]}, and only one of them can count")
    if not given:
        return None
    text = _text(part, (*at, given[0]))
    suffix = given[0].removeprefix(name)
    return Source(file=text) if suffix == "File" else Source(env=text) if suffix == "Env" else Source(value=text)


def _items(value: object) -> tuple[Item, ...]:
    if not isinstance(value, list) or not value:
        raise FieldError(
            ("spec", "data"), "missing" if not value else "expected a list", hint="list the items to fetch"
        )
    return tuple(_item(entry, ("spec", "data", index)) for index, entry in enumerate(value))


def _item(value: object, at: Path) -> Item:
    part = object_at(value, at)
    _known(part, at, ("key", "path", "field", "encoding"))
    texts = {name: _maybe(part, (*_strings(at), name)) for name in ("key", "field", "encoding")}
    path = _text(part, (*_strings(at), "path"))
    if texts["encoding"] not in {None, "base64"}:
        raise FieldError((*at, "encoding"), f'"{texts["encoding"]}" is not one of: base64')
    if texts["field"] is None and (texts["key"] is not None or texts["encoding"] is not None):
        raise FieldError((*at, "field"), "missing", hint="name the field, or give a path alone for all fields")
    return Item(path, texts["key"] or texts["field"], texts["field"], base64=texts["encoding"] is not None)


def _part(parent: Mapping[str, Any], at: tuple[str, ...], known: tuple[str, ...]) -> Mapping[str, Any]:
    part = object_at(parent.get(at[-1]) if parent.get(at[-1]) is not None else {}, at)
    _known(part, at, known)
    return part


def _known(part: Mapping[str, Any], at: Path, known: tuple[str, ...], where: str = "here") -> None:
    for name in part:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise FieldError((*at, name), f"there is no such field {where}", hint=hint)


def _text(part: Mapping[str, Any], at: tuple[str, ...]) -> str:
    text = optional_at(part, at, str)
    if not text:
        raise FieldError(at, "missing")
    return text


def _maybe(part: Mapping[str, Any], at: tuple[str, ...]) -> str | None:
    return optional_at(part, at, str) or None


def _one_of(part: Mapping[str, Any], at: tuple[str, ...], words: tuple[str, ...]) -> str | None:
    text = _maybe(part, at)
    if text is not None and text not in words:
        raise FieldError(at, f'"{text}" is not one of: {", ".join(words)}')
    return text


def _strings(at: Path) -> tuple[str, ...]:
    return tuple(str(step) for step in at)
