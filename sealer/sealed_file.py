"""SealedSecrets in a file, and edits of their items that leave the rest of the file as it was.

The hints (`sealer.dev/sealed-with`, `sealer.dev/sealed-for`) go with the items: they are renewed where they would no
longer be true, and written into a file that has none only where all that they say is known.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sealer import documents
from sealer.documents.edit import Drop, Put
from sealer.errors import InputError, UnsealError
from sealer.manifest import KIND, SEALED_FOR_ANNOTATION, SEALED_WITH_ANNOTATION, FieldError, SealedSecret
from sealer.seal import sealed_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sealer.documents import Document

_ITEMS: Final = ("spec", "encryptedData")
_ANNOTATIONS: Final = ("metadata", "annotations")


@dataclass(frozen=True)
class Found:
    """A SealedSecret in a file.

    Attributes:
        sealed: It.
        document: Its part of the file; its origin says where that is.
        number: Number of the document in the file, from 1.
        path: Its place in that document: empty, or an index into a List's items.

    """

    sealed: SealedSecret
    document: Document
    number: int
    path: tuple[str | int, ...]


def find(data: bytes, source: str) -> list[Found]:
    """Return the SealedSecrets of a file, also those in Lists; documents of other kinds are passed over.

    Args:
        data: The file's content.
        source: Its name, for messages.

    Raises:
        InputError: It does not parse, or a SealedSecret in it is malformed.

    """
    found = []
    for document in documents.read(data, source, allow_empty=True):  # an edit loses nothing where there is nothing
        for path, part in _parts(document):
            if isinstance(part.value, dict) and part.value.get("kind") == KIND:
                with locating(part):
                    sealed = SealedSecret.from_manifest(part.value)
                found.append(Found(sealed, part, document.origin.document, path))
    return found


@contextmanager
def locating(document: Document, what: object = None) -> Iterator[None]:
    """Let the errors of what is done with a document say its file, number and line, and what it is.

    Raises:
        InputError: One was raised.
        UnsealError: One was raised.

    """
    prefix = "" if what is None else f"{what}: "
    try:
        yield
    except FieldError as error:
        raise InputError(f"{document.at(error.path)}: {prefix}{error.message}", hint=error.hint) from error
    except InputError as error:
        raise InputError(f"{document.origin}: {prefix}{error.message}", hint=error.hint) from error
    except UnsealError as error:
        raise UnsealError(f"{document.origin}: {prefix}{error.message}", hint=error.hint) from error


def puts(found: Found, items: Mapping[str, str], fingerprint: str, *, all_under: bool = False) -> list[Put]:
    """Return the edits that put items, sealed already, into a SealedSecret, and keep its hints true.

    Args:
        found: The SealedSecret.
        items: Item key to sealed value.
        fingerprint: Of the key that they are sealed to.
        all_under: Whether all other items are under that key, too.

    """
    if not items:
        return []
    edits = [Put(found.number, (*found.path, *_ITEMS), items)]
    sealed = found.sealed
    known = all_under or not sealed.encrypted_data.keys() - items.keys()
    hints = _hints(sealed, fingerprint, known=known)
    new = {key: hint for key, hint in hints.items() if sealed.annotations.get(key) != hint}
    return edits + ([Put(found.number, (*found.path, *_ANNOTATIONS), new)] if new else [])


def drops(found: Found, keys: list[str]) -> list[Drop]:
    """Return the edits that take items out of a SealedSecret."""
    return [Drop(found.number, (*found.path, *_ITEMS), key) for key in keys]


def _hints(sealed: SealedSecret, fingerprint: str, *, known: bool) -> dict[str, str]:
    if known:
        place = sealed_for(sealed.scope, sealed.namespace, sealed.name)
        return {SEALED_FOR_ANNOTATION: place, SEALED_WITH_ANNOTATION: fingerprint}
    told = sealed.annotations.get(SEALED_WITH_ANNOTATION)
    if told is None:
        return {}  # nobody knows what the other items are under
    # Several keys are told with commas between them, the newest first.
    return {SEALED_WITH_ANNOTATION: ",".join(dict.fromkeys([fingerprint, *told.split(",")]))}


def _parts(document: Document) -> Iterator[tuple[tuple[str | int, ...], Document]]:
    """Take a List apart; each item keeps its place in the file."""
    value = document.value
    kind = value.get("kind") if isinstance(value, dict) else None
    items = value.get("items") if isinstance(kind, str) and kind.endswith("List") else None
    if not isinstance(items, list):
        yield (), document
        return
    # The items of a typed list may leave out what the list already says.
    said = {"apiVersion": value.get("apiVersion"), "kind": str(kind).removesuffix("List")}
    for index, item in enumerate(items):
        typed = said | item if isinstance(item, dict) and said["kind"] else item
        path = ("items", index)
        yield path, document.part(path, typed)
