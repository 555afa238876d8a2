"""Documents in from files and stdin, documents out to a file or stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sealer import documents
from sealer.cli.terminal import note
from sealer.errors import InputError, UsageError
from sealer.files import read_input, write_atomically
from sealer.manifest import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sealer.documents import Document

_Value = TypeVar("_Value")


def read_bytes(path: str, expecting: str) -> bytes:
    """Return the content of a file, or of standard input for ``-``; a person at a terminal is told what is expected."""
    if path != "-":
        return read_input(path)
    if sys.stdin.isatty():
        note(f"reading {expecting} from the terminal; end with Ctrl-D")
    return sys.stdin.buffer.read()


def read_documents(paths: Sequence[str], expecting: str) -> Iterator[Document]:
    """Yield the documents of files, or of standard input where there are none; Lists are taken apart.

    Raises:
        InputError: A file cannot be read or decoded.

    """
    for path in paths or ("-",):
        for document in documents.read(read_bytes(path, expecting), "stdin" if path == "-" else path):
            yield from _items(document)


def located(document: Document, read: Callable[[object], _Value]) -> _Value:
    """Return what `read` makes of a document; its error then says file, document and line.

    Raises:
        InputError: `read` raised one.

    """
    try:
        return read(document.value)
    except FieldError as error:
        raise InputError(f"{document.at(error.path)}: {error.message}", hint=error.hint) from error
    except InputError as error:
        raise InputError(f"{document.origin}: {error.message}", hint=error.hint) from error


def write_documents(manifests: Iterable[Mapping[str, Any]], *, output: str | None, write: str | None) -> None:
    """Write manifests in the format asked for, else that of the file's extension, else YAML.

    Args:
        manifests: What to write.
        output: ``yaml``, ``json`` or None.
        write: A file's path, or None for standard output.

    """
    chosen = output or ("json" if write and write.endswith(".json") else "yaml")
    text = documents.write_json(manifests) if chosen == "json" else documents.write_yaml(manifests)
    write_text(text, write)


def write_text(text: str, write: str | None) -> None:
    """Write text to a file, atomically, or to standard output."""
    if write is None:
        click.echo(text, nl=False)
    else:
        write_atomically(Path(write), text.encode())


def refuse_overwriting(inputs: Iterable[str], write: str | None) -> None:
    """Refuse to write over an input: the plaintext that it holds may be the only copy.

    Raises:
        UsageError: The output is one of the inputs.

    """
    if write is None or not Path(write).exists():
        return
    for path in inputs:
        if path != "-" and Path(path).exists() and Path(path).samefile(write):
            raise UsageError(f"{write} is both input and output", hint="write to another file")


def _items(document: Document) -> Iterator[Document]:
    """Take a v1 List, or SecretList, apart; each item keeps its place in the file."""
    value = document.value
    if not (isinstance(value, dict) and isinstance(value.get("kind"), str) and value["kind"].endswith("List")):
        yield document
        return
    if not isinstance(value.get("items"), list):
        raise InputError(f"{document.origin}: a {value['kind']} without items")
    kind = {"apiVersion": value.get("apiVersion"), "kind": value["kind"].removesuffix("List")}
    for index, item in enumerate(value["items"]):
        # The items of a typed list may leave out what the list already says.
        typed = kind | item if isinstance(item, dict) and kind["kind"] else item
        yield document.part(("items", index), typed)
