"""Manifests in kubeseal's order and format (reference, sealed-secrets 1.8), and where they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sealer import documents
from sealer.cli.terminal import put
from sealer.errors import UsageError
from sealer.files import write_atomically
from sealer.manifest import strip_server_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sealer.manifest import Secret

# The order of https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ObjectMeta, in which Go writes it as JSON.
_METADATA: Final = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
# Go's encoding/json writes these as escapes, so that its text may stand in a web page.
_ESCAPED: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def sealed_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a SealedSecret in the order in which kubeseal writes it, all of it but ``status``."""
    spec = manifest["spec"]
    template = spec.get("template") or {}
    known = {key: template[key] for key in ("type", "immutable", "data") if template.get(key) is not None}
    others = {key: value for key, value in template.items() if key not in {*known, "metadata"} and value is not None}
    rest = {key: value for key, value in spec.items() if key not in {"template", "encryptedData"}}
    return {
        "kind": manifest["kind"],
        "apiVersion": manifest["apiVersion"],
        "metadata": _metadata(strip_server_fields(manifest["metadata"])),
        "spec": {
            "template": {"metadata": _metadata(template.get("metadata") or {}), **known, **others},
            **rest,
            "encryptedData": _sorted(spec.get("encryptedData") or {}),
        },
    }


def secret_manifest(secret: Secret) -> dict[str, Any]:
    """Return a Secret's manifest in the order in which kubeseal writes it."""
    manifest = secret.to_manifest()
    order = ("kind", "apiVersion", "metadata", "immutable", "data", "type")
    ordered = {key: manifest[key] for key in order if key in manifest}
    return ordered | {"metadata": _metadata(manifest["metadata"])}


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: metadata[key] for key in _METADATA if key in metadata}
    ordered = known | {key: metadata[key] for key in sorted(metadata.keys() - known.keys())}
    return {key: _sorted(value) for key, value in ordered.items()}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def encode(manifests: Iterable[Mapping[str, Any]], output_format: str) -> bytes:
    """Return manifests as text.

    Args:
        manifests: They.
        output_format: ``json``, which the empty text stands for too, or ``yaml``, in any case.

    Raises:
        UsageError: The format is another.

    """
    match output_format.lower():
        case "json" | "":
            text = "".join(json.dumps(each, indent=2, ensure_ascii=False) + "\n" for each in manifests)
            # All of them can stand in strings only.
            return text.translate(_ESCAPED).encode()
        case "yaml":
            return documents.write_yaml(_sorted(each) for each in manifests).encode()
        case _:
            raise UsageError(f"unsupported output format: {output_format}", hint="json or yaml")


def write(data: bytes, path: str, *, mode: int) -> None:
    """Write to a file, whole or not at all, or to standard output where `path` is empty.

    Args:
        data: What to write.
        path: The file; one that is there keeps its mode and owner.
        mode: Of a file that is not there yet, before the umask.

    Raises:
        InputError: It cannot be written.

    """
    if path:
        write_atomically(Path(path), data, mode=mode)
    else:
        put(data)


def same_file(first: str, second: str) -> bool:
    """Say whether two paths name one file that is there."""
    try:
        return Path(first).samefile(second)
    except (OSError, ValueError):
        return False
