"""Secret, as Kubernetes has it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from sealer.manifest.fields import (
    expect_kind,
    from_base64,
    metadata_of,
    name_of,
    object_at,
    optional_at,
    refuse_unknown,
    strings_at,
    with_identity,
    without_identity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Secret:
    """A Kubernetes Secret in plaintext.

    Attributes:
        namespace: Its namespace; None where the manifest leaves it to whoever applies it.
        name: Its name.
        data: Item key to plaintext; never shown.
        type: The Secret type; None where the manifest has none, which Kubernetes takes for ``Opaque``.
        immutable: As the field; None where absent.
        metadata: All metadata but name and namespace: ``labels`` and ``annotations`` (str to str), the rest as it came.

    """

    namespace: str | None
    name: str
    data: Mapping[str, bytes] = field(repr=False)
    type: str | None = None
    immutable: bool | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def labels(self) -> Mapping[str, str]:
        """The object labels."""
        return self.metadata.get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations."""
        return self.metadata.get("annotations") or {}

    @classmethod
    def from_manifest(cls, manifest: object) -> Self:
        """Read a v1 Secret; ``stringData`` beats ``data``, and null in ``data`` is an empty value, as in Kubernetes.

        Raises:
            FieldError: It is no Secret, or a field is unknown, of the wrong type, or not base64.

        """
        top = object_at(manifest, ())
        expect_kind(top, "v1", "Secret")
        refuse_unknown(top, ("apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"))
        metadata = metadata_of(top)
        data = {key: from_base64(text, ("data", key)) for key, text in _encoded(top).items()}
        plain = {key: text.encode() for key, text in strings_at(top, ("stringData",)).items()}
        return cls(
            namespace=optional_at(metadata, ("metadata", "namespace"), str) or None,
            name=name_of(metadata),
            data=data | plain,
            type=optional_at(top, ("type",), str) or None,
            immutable=optional_at(top, ("immutable",), bool),
            metadata=without_identity(metadata),
        )

    def to_manifest(self) -> dict[str, Any]:
        """Return the v1 Secret with its values in ``data``, item keys sorted."""
        manifest: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": with_identity(self.namespace, self.name, self.metadata),
        }
        if self.type is not None:
            manifest["type"] = self.type
        if self.immutable is not None:
            manifest["immutable"] = self.immutable
        manifest["data"] = {key: base64.b64encode(self.data[key]).decode("ascii") for key in sorted(self.data)}
        return manifest


def _encoded(top: Mapping[str, Any]) -> dict[str, str]:
    """Return ``data`` with empty text for null, which is how Go writes an empty value (`kubeseal` among others)."""
    data = top.get("data")
    filled = {key: "" if text is None else text for key, text in data.items()} if isinstance(data, dict) else data
    return strings_at({"data": filled}, ("data",))
