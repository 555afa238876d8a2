"""The two protocols between kustomize and a generator (pure; reference, vault-agent-injector 8.2 and 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import API_VERSION, KIND
from sealer.documents import read, write_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.documents import Document

_GROUP: Final = "config.kubernetes.io/"
_LIST_API_VERSION: Final = _GROUP + "v1"


def read_legacy(data: bytes, source: str) -> Document:
    """Return the generator's document from a legacy plugin's configuration file.

    Raises:
        InputError: It does not parse.
        GeneratorError: It is not one document.

    """
    documents = read(data, source)
    if len(documents) != 1:
        raise GeneratorError(f"{source}: expected one {KIND}, found {len(documents)} documents")
    return documents[0]


def write_legacy(secret: Mapping[str, Any]) -> str:
    """Return what a legacy plugin prints: the resource as YAML."""
    return write_yaml([secret])


def read_resource_list(data: bytes, source: str) -> Mapping[str, Any]:
    """Return the ResourceList that a KRM function gets.

    Raises:
        InputError: It does not parse.
        GeneratorError: It is no ResourceList, or has no functionConfig.

    """
    documents = read(data, source)
    top = documents[0].value
    if len(documents) != 1 or not isinstance(top, dict) or top.get("kind") != "ResourceList":
        hint = "kustomize sends one; to run by hand, give the file of a SecretGenerator as the argument"
        raise GeneratorError(f"{source}: expected one ResourceList", hint=hint)
    if not str(top.get("apiVersion")).startswith(_GROUP):
        raise GeneratorError(f"{source}: a ResourceList of {top.get('apiVersion')} is not known")
    if not isinstance(top.get("items", []), list | None):
        raise GeneratorError(f"{source}: items: expected a list")
    if top.get("functionConfig") is None:
        raise GeneratorError(f"{source}: the ResourceList has no functionConfig", hint=f"it holds the {KIND}")
    return top


def write_resource_list(received: Mapping[str, Any], secret: Mapping[str, Any]) -> str:
    """Return the ResourceList with the Secret added.

    Only ``functionConfig`` says what to make. Generators among the items are configuration, and end here; what else
    there is passes, as a function that drops what it was given would delete it from the build.
    """
    passed = [item for item in received.get("items") or [] if not _is_generator(item)]
    return write_yaml([{"apiVersion": _LIST_API_VERSION, "kind": "ResourceList", "items": [*passed, secret]}])


def _is_generator(item: object) -> bool:
    return isinstance(item, dict) and (item.get("apiVersion"), item.get("kind")) == (API_VERSION, KIND)
