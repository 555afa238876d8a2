"""What kubeseal reads: streams of Secrets and SealedSecrets, with nothing skipped that holds anything."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sealer import documents
from sealer.cli.streams import items_of, located
from sealer.cli.terminal import note
from sealer.errors import InputError
from sealer.files import read_input
from sealer.manifest import SealedSecret, Secret
from sealer.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION

if TYPE_CHECKING:
    from sealer.cli.kubeseal.flags import Options
    from sealer.documents import Document

# Where Kubernetes wants a string, and people write a number or a truth value without quotes.
_TEXTS: Final = (("stringData",), ("metadata", "labels"), ("metadata", "annotations"))
_TEXT: Final = (("metadata", "name"), ("metadata", "namespace"), ("type",))
_SCOPES: Final = {CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION}
_UNREADABLE: Final = "Could not read file specified with --secret-file"
_NOTHING: Final = "no secrets found. Ensure the input is valid and UTF-8 encoded"


def check_source(options: Options) -> None:
    """Refuse a --secret-file that cannot be read before anything else is tried, without opening it: it may be a pipe.

    Raises:
        InputError: It cannot be read.

    """
    path: str = options["secret-file"]
    if path and ("\0" in path or not os.access(path, os.R_OK)):
        raise InputError(_UNREADABLE, hint=f"is {path} there, and yours to read?")


def read_source(options: Options) -> tuple[bytes, str]:
    """Return what --secret-file or standard input holds, and what messages call it.

    Raises:
        InputError: The file cannot be read.

    """
    path: str = options["secret-file"]
    if not path:
        if sys.stdin.isatty():
            note("(tty detected: expecting json/yaml k8s resource in stdin)")
        return sys.stdin.buffer.read(), "stdin"
    try:
        return read_input(path), path
    except InputError as error:
        raise InputError(_UNREADABLE, hint=error.message) from error


def _full_documents(data: bytes, source: str) -> list[Document]:
    """Return the documents of a stream, without those that have nothing in them."""
    if not data.strip():
        raise InputError(_NOTHING, hint=f"{source} is empty")
    found = documents.read(data, source, allow_empty=True)
    full = [document for document in found if document.value is not None]
    if not full:
        raise InputError(_NOTHING, hint=f"{source} holds nothing but empty documents")
    return full


def read_secrets(options: Options, name: str) -> list[Secret]:
    """Return the Secrets of the input.

    Args:
        options: Where they are, and whether they may be without items.
        name: What each is called, whatever its manifest says; empty to leave that to the manifest.

    Raises:
        InputError: A document is no Secret, or a field of it cannot be used.

    """
    found = [item for document in _full_documents(*read_source(options)) for item in items_of(document)]
    return [_secret(document, name, allow_empty=options["allow-empty-data"]) for document in found]


class Found(NamedTuple):
    """A SealedSecret and where it stands.

    Attributes:
        sealed: It.
        document: Its document.
        path: Its place in that: of an item of a List, the keys from the document's root.

    """

    sealed: SealedSecret
    document: Document
    path: tuple[str | int, ...]


def read_sealed(data: bytes, source: str) -> list[Found]:
    """Return the SealedSecrets of a stream.

    Raises:
        InputError: A document is no SealedSecret, or a field of it cannot be used.

    """
    found: list[Found] = []
    for document in _full_documents(data, source):
        items = list(items_of(document))
        for index, item in enumerate(items):
            path = () if item is document else ("items", index)
            found.append(Found(located(item, SealedSecret.from_manifest), item, path))
    return found


def _secret(document: Document, name: str, *, allow_empty: bool) -> Secret:
    value = _as_written(document)
    if isinstance(value, dict):
        if not allow_empty:
            _refuse_empty(document, value)
        value = _named(document, value, name)
    return located(document, lambda _: Secret.from_manifest(value))


def _refuse_empty(document: Document, value: dict[str, Any]) -> None:
    """Refuse, in kubeseal's words, what has no items; what is no Secret at all is told as that, later."""
    if value.get("kind", "Secret") == "Secret" and not (value.get("data") or value.get("stringData")):
        raise InputError(
            "secret.data is empty in input Secret, assuming this is an error and aborting. "
            "To work with empty data, --allow-empty-data can be used",
            hint=f"see {document.origin}",
        )


def _named(document: Document, value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a manifest with the name, and with the kind that its absence stands for."""
    metadata = value.get("metadata") or {}
    if isinstance(metadata, dict):
        if name:
            metadata = metadata | {"name": name}
        if not metadata.get("name"):
            raise InputError("missing metadata.name in input Secret", hint=f"see {document.origin}")
    kind = {} if {"kind", "apiVersion"} & value.keys() else {"apiVersion": "v1", "kind": "Secret"}
    return {**kind, **value, "metadata": metadata}


def _as_written(document: Document) -> Any:
    """Return a Secret's manifest with the text of the file where a string belongs and there are no quotes.

    ``password: 0755``, ``answer: no``: the existing client makes 493 and false of them, and seals that.
    """
    value = document.value
    if not isinstance(value, dict):
        return value
    result = {**value, "metadata": _copied(value.get("metadata"))}
    for path in _TEXTS:
        parent = _at(result, path[:-1])
        fields = parent.get(path[-1]) if isinstance(parent, dict) else None
        if isinstance(fields, dict):
            parent[path[-1]] = {key: _text(document, (*path, key), text) for key, text in fields.items()}
    for path in _TEXT:
        parent = _at(result, path[:-1])
        if isinstance(parent, dict) and parent.get(path[-1]) is not None:
            parent[path[-1]] = _text(document, path, parent[path[-1]])
    return result


def _text(document: Document, path: tuple[str, ...], value: Any) -> Any:
    if value is None and path[0] == "stringData":
        return ""  # as Kubernetes has it
    if not isinstance(value, bool | int | float):
        return value
    if isinstance(value, bool) and path[-1] in _SCOPES:
        return str(value).lower()  # `yes` means it, and only `true` counts
    written = document.written(path)
    return value if written is None else written


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
