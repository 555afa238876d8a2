"""The defaults of namespaces, from ConfigMaps in files: what `defaults` has from the cluster (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from injector.webhook import namespace_defaults
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sealer.documents import Document


@dataclass(frozen=True)
class FileDefaults:
    """What ConfigMaps say.

    Attributes:
        everywhere: Annotations for the pods of all namespaces.
        by_namespace: Annotations for the pods of one namespace, which count before those.
        problems: A sentence, with its place, for each entry that is passed over.

    """

    everywhere: Mapping[str, str] = field(repr=False)
    by_namespace: Mapping[str, Mapping[str, str]] = field(repr=False)
    problems: tuple[str, ...] = ()

    def of(self, namespace: str) -> dict[str, str]:
        """Return the annotations that apply to the pods of a namespace which do not have them themselves."""
        return {**self.everywhere, **self.by_namespace.get(namespace, {})}


def read(documents: Iterable[Document], own_namespace: str) -> FileDefaults:
    """Read ConfigMaps.

    Args:
        documents: Their manifests.
        own_namespace: That of the injector, whose ConfigMap is for all namespaces; so is one that names none.

    Raises:
        InputError: A document is no ConfigMap, or its data are no texts.

    """
    everywhere: dict[str, str] = {}
    by_namespace: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for document in documents:
        found = namespace_defaults.read(_data(document))
        problems += [f"{document.at(('data',))}: {problem}" for problem in found.problems]
        namespace = str((document.value.get("metadata") or {}).get("namespace") or own_namespace)
        target = everywhere if namespace == own_namespace else by_namespace.setdefault(namespace, {})
        target.update(found.annotations)
    return FileDefaults(everywhere, by_namespace, tuple(problems))


def _data(document: Document) -> dict[str, str]:
    manifest: Any = document.value
    if not isinstance(manifest, dict) or manifest.get("kind") != "ConfigMap":
        raise InputError(f"{document.origin}: not a ConfigMap", hint="defaults are the data of ConfigMaps")
    data = manifest.get("data") or {}
    if not isinstance(data, dict):
        raise InputError(f"{document.at(('data',))}: the data of a ConfigMap are not an object")
    for name, text in data.items():
        if not isinstance(text, str):
            raise InputError(f"{document.at(('data', name))}: {name} is not text", hint="put it in quotes")
    return data
