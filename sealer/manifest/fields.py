"""Typed access to the fields of a manifest, and what is the same in every object's metadata."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_T = TypeVar("_T", str, bool)

# What an API server adds to an object, and what clients leave on it: never part of what somebody meant to seal. The
# last-applied annotations hold the plaintext itself.
_SERVER_FIELDS: Final = frozenset(
    [
        "ownerReferences",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
    ]
)
_LAST_APPLIED: Final = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
)
_EXPECTED: Final[Mapping[type, str]] = {str: "a string", bool: "true or false"}
_LINE_ENDS: Final = str.maketrans("", "", "\r\n")


class FieldError(InputError):
    """One field of a manifest cannot be used as it is.

    Attributes:
        path: The field's place, keys and indices from the document's root.

    """

    def __init__(self, path: Iterable[str | int], problem: str, *, hint: str | None = None) -> None:
        self.path = tuple(path)
        where = ".".join(str(step) for step in self.path)
        super().__init__(f"{where}: {problem}" if where else problem, hint=hint)


def strip_server_fields(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata without what API servers and clients left on it (reference, sealed-secrets 1.7)."""
    kept = {key: value for key, value in metadata.items() if key not in _SERVER_FIELDS}
    annotations = {k: v for k, v in (kept.pop("annotations", None) or {}).items() if k not in _LAST_APPLIED}
    return kept | ({"annotations": annotations} if annotations else {})


def expect_kind(top: Mapping[str, Any], api_version: str, kind: str) -> None:
    """Refuse a document of another kind."""
    found = (top.get("apiVersion"), top.get("kind"))
    if found != (api_version, kind):
        shown = " ".join(part for part in found if isinstance(part, str)) or "neither apiVersion nor kind"
        raise FieldError((), f"expected {api_version} {kind}, found {shown}")


def refuse_unknown(top: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse a field that is not in `known`, naming the nearest that is."""
    for key in top:
        if key not in known:
            import difflib  # noqa: PLC0415  # only here: most runs have no misspelt field

            near = difflib.get_close_matches(key, known, 1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"known fields: {', '.join(known)}"
            raise FieldError((key,), "a Secret has no such field", hint=hint)


def metadata_of(top: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest's metadata without null fields, its labels and annotations checked."""
    metadata = object_at(top.get("metadata") or {}, ("metadata",))
    for maps in ("labels", "annotations"):
        strings_at(metadata, ("metadata", maps))
    return {key: value for key, value in metadata.items() if value is not None}


def name_of(metadata: Mapping[str, Any]) -> str:
    """Return the name, which must be there."""
    name = optional_at(metadata, ("metadata", "name"), str)
    if not name:
        raise FieldError(("metadata", "name"), "missing")
    return name


def without_identity(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata without name and namespace."""
    return {key: value for key, value in metadata.items() if key not in {"name", "namespace"}}


def with_identity(namespace: str | None, name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with name and namespace first, as people write it."""
    identity = {"name": name} | ({"namespace": namespace} if namespace else {})
    return identity | {key: _sorted(value) for key, value in sorted(metadata.items(), reverse=True)}


def _sorted(value: Any) -> Any:
    return {key: value[key] for key in sorted(value)} if isinstance(value, dict) else value


def object_at(value: object, path: tuple[str | int, ...]) -> dict[str, Any]:
    """Return `value`, which stands at `path`, as the mapping that it must be."""
    if not isinstance(value, dict):
        raise FieldError(path, "missing" if value is None and path else "expected a mapping")
    return value


def strings_at(parent: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, str]:
    """Return the mapping of strings at the last step of `path` in `parent`; absent or null is empty."""
    value = parent.get(path[-1])
    mapping = {} if value is None else object_at(value, path)
    for key, text in mapping.items():
        if not isinstance(text, str):
            raise FieldError((*path, key), f"expected a string, found {_describe(text)}", hint=f"quote it: {key}: '…'")
    return mapping


def optional_at(parent: Mapping[str, Any], path: tuple[str, ...], wanted: type[_T]) -> _T | None:
    """Return the string or boolean at the last step of `path` in `parent`, or None where it is absent or null."""
    value = parent.get(path[-1])
    if value is None or isinstance(value, wanted):
        return value
    raise FieldError(path, f"expected {_EXPECTED[wanted]}, found {_describe(value)}")


def _describe(value: object) -> str:
    """Name the type of a value, and never the value: it may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "a mapping"


def from_base64(text: str, path: tuple[str, ...]) -> bytes:
    """Decode an item of ``data``, as Go does: standard alphabet, padding, line ends skipped."""
    try:
        return base64.b64decode(text.translate(_LINE_ENDS), validate=True)
    except (binascii.Error, ValueError):
        # `from None`: nothing about a value that may be the plaintext itself.
        raise FieldError(path, "not standard base64", hint="plain text belongs in stringData") from None
