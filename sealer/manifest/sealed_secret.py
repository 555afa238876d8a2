"""SealedSecret, as the existing CRD has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from sealer.manifest.fields import (
    FieldError,
    expect_kind,
    metadata_of,
    name_of,
    object_at,
    optional_at,
    strings_at,
    with_identity,
    without_identity,
)
from sealer.scope import Scope, label_for, scope_of

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSION: Final = "bitnami.com/v1alpha1"
KIND: Final = "SealedSecret"

SEALED_WITH_ANNOTATION: Final = "sealer.dev/sealed-with"
SEALED_FOR_ANNOTATION: Final = "sealer.dev/sealed-for"


@dataclass(frozen=True)
class Template:
    """``spec.template``: what the Secret will be apart from its sealed items.

    Attributes:
        metadata: The Secret's metadata, copied whole except name and namespace.
        type: The Secret type, or None.
        immutable: As the field, or None.
        data: Item key to Go template, or to None which removes that item; never shown, as it may hold plain values.

    """

    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    type: str | None = None
    immutable: bool | None = None
    data: Mapping[str, str | None] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class SealedSecret:
    """A SealedSecret, ``bitnami.com/v1alpha1``.

    Attributes:
        namespace: Its namespace; may be empty in a file when cluster-wide.
        name: Its name.
        encrypted_data: Item key to sealed value.
        template: What else the Secret gets.
        metadata: All metadata but name and namespace, as it came.
        legacy_data: The deprecated ``spec.data``, or None.

    """

    namespace: str
    name: str
    encrypted_data: Mapping[str, str]
    template: Template = field(default_factory=Template)
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    legacy_data: str | None = None

    def __str__(self) -> str:
        return f"{KIND} {self.namespace}/{self.name}" if self.namespace else f"{KIND} {self.name}"

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations."""
        return self.metadata.get("annotations") or {}

    @property
    def scope(self) -> Scope:
        """The scope that its annotations ask for."""
        return scope_of(self.annotations)

    @property
    def label(self) -> bytes:
        """The label bytes that its values open with."""
        return label_for(self.scope, self.namespace, self.name)

    @classmethod
    def from_manifest(cls, manifest: object) -> Self:
        """Read a SealedSecret; ``status`` and unknown fields of the spec are ignored, as the CRD prunes them.

        Raises:
            FieldError: It is no SealedSecret, or a field is of the wrong type.

        """
        top = object_at(manifest, ())
        expect_kind(top, API_VERSION, KIND)
        metadata = metadata_of(top)
        spec = object_at(top.get("spec"), ("spec",))
        if spec.get("encryptedData") is None and not spec.get("data"):
            # The CRD requires it, and a misspelt one would pass for a SealedSecret that opens: it has nothing to open.
            raise FieldError(("spec", "encryptedData"), "missing", hint="write {} where no items are meant")
        return cls(
            namespace=optional_at(metadata, ("metadata", "namespace"), str) or "",
            name=name_of(metadata),
            encrypted_data=strings_at(spec, ("spec", "encryptedData")),
            template=_template(object_at(spec.get("template") or {}, ("spec", "template"))),
            metadata=without_identity(metadata),
            legacy_data=optional_at(spec, ("spec", "data"), str) or None,
        )

    def to_manifest(self) -> dict[str, Any]:
        """Return the manifest, item keys sorted."""
        spec: dict[str, Any] = {
            "encryptedData": {key: self.encrypted_data[key] for key in sorted(self.encrypted_data)},
            "template": self._template_manifest(),
        }
        if self.legacy_data is not None:
            spec["data"] = self.legacy_data
        metadata = with_identity(self.namespace or None, self.name, self.metadata)
        return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}

    def _template_manifest(self) -> dict[str, Any]:
        template = self.template
        manifest: dict[str, Any] = {"metadata": dict(template.metadata)}
        if template.type is not None:
            manifest["type"] = template.type
        if template.immutable is not None:
            manifest["immutable"] = template.immutable
        if template.data:
            manifest["data"] = {key: template.data[key] for key in sorted(template.data)}
        return manifest


def _template(template: Mapping[str, Any]) -> Template:
    path = ("spec", "template")
    metadata = object_at(template.get("metadata") or {}, (*path, "metadata"))
    data = object_at(template.get("data") or {}, (*path, "data"))
    for key, value in data.items():
        if value is not None and not isinstance(value, str):
            raise FieldError((*path, "data", key), "expected a string or null", hint=f"quote it: {key}: '…'")
    for maps in ("labels", "annotations"):
        strings_at(metadata, (*path, "metadata", maps))
    return Template(
        metadata={key: value for key, value in metadata.items() if value is not None},
        type=optional_at(template, (*path, "type"), str) or None,
        immutable=optional_at(template, (*path, "immutable"), bool),
        data=data,
    )
