"""Documents in from files and stdin, documents out to a file or stdout."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sealer import documents
from sealer.cli.terminal import note, put
from sealer.errors import InputError, UnsealError, UsageError
from sealer.files import PRIVATE, read_input, write_atomically
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
        for document in documents.read(read_bytes(path, expecting), source_name(path)):
            yield from items_of(document)


def source_name(path: str) -> str:
    """Return what messages call a file; the bytes of a name that are not UTF-8 are shown as U+FFFD."""
    return "stdin" if path == "-" else os.fsencode(path).decode("utf-8", "replace")


def located(document: Document, read: Callable[[object], _Value]) -> _Value:
    """Return what `read` makes of a document; its error then says file, document and line.

    Raises:
        InputError: `read` raised one.
        UnsealError: `read` raised one.

    """
    try:
        return read(document.value)
    except FieldError as error:
        raise InputError(f"{document.at(error.path)}: {error.message}", hint=error.hint) from error
    except InputError as error:
        raise InputError(f"{document.origin}: {error.message}", hint=error.hint) from error
    except UnsealError as error:
        raise UnsealError(f"{document.origin}: {error.message}", hint=error.hint) from error


def write_documents(
    manifests: Iterable[Mapping[str, Any]], *, output: str | None, write: str | None, mode: int = PRIVATE
) -> None:
    """Write manifests in the format asked for, else that of the file's extension, else YAML.

    Args:
        manifests: What to write.
        output: ``yaml``, ``json`` or None.
        write: A file's path, or None for standard output.
        mode: Of a file that is not there yet, as for `write_output`.

    """
    chosen = output or ("json" if write and write.endswith(".json") else "yaml")
    text = documents.write_json(manifests) if chosen == "json" else documents.write_yaml(manifests)
    write_text(text, write, mode=mode)


def write_text(text: str, write: str | None, *, mode: int = PRIVATE) -> None:
    """Write text to a file, atomically, or to standard output."""
    write_output(text.encode(), write, mode=mode)


def write_output(data: bytes, write: str | None, *, mode: int = PRIVATE) -> None:
    """Write bytes to a file, atomically, or to standard output.

    Args:
        data: What to write.
        write: A file's path, or None for standard output.
        mode: Of a file that is not there yet: `sealer.files.SHARED` for what is safe to be read by others.

    """
    if write is None:
        put(data)
    else:
        write_atomically(Path(write), data, mode=mode)


def refuse_overwriting(inputs: Iterable[str], write: str | None) -> None:
    """Refuse to write over an input: the plaintext that it holds may be the only copy.

    Args:
        inputs: What a command reads, ``-`` for standard input.
        write: What it writes, or None for standard output.

    Raises:
        UsageError: The output is one of the inputs.

    """
    output = _identity(write) if write is not None else None
    if output is not None and output in map(_identity, inputs):
        raise UsageError(f"{write} is both input and output", hint="write to another file")


def refuse_reading_twice(inputs: Sequence[str]) -> None:
    """Refuse to read standard input twice: it would be empty the second time, and an empty value be sealed.

    Raises:
        UsageError: More than one input is ``-``.

    """
    if inputs.count("-") > 1:
        raise UsageError("standard input can be read only once", hint="put one of the inputs into a file")


def _identity(path: str) -> tuple[int, int] | None:
    """Return device and inode of a regular file, which two paths to one file share; None where there is none."""
    try:
        found = os.fstat(sys.stdin.fileno()) if path == "-" else Path(path).stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def items_of(document: Document) -> Iterator[Document]:
    """Take a v1 List, or SecretList, apart; each item keeps its place in the file.

    Raises:
        InputError: A List has no items.

    """
    value = document.value
    if not (isinstance(value, dict) and isinstance(value.get("kind"), str) and value["kind"].endswith("List")):
        yield document
        return
    if not isinstance(value.get("items"), list) or not value["items"]:
        raise InputError(f"{document.origin}: a {value['kind']} without items")
    kind = {"apiVersion": value.get("apiVersion"), "kind": value["kind"].removesuffix("List")}
    for index, item in enumerate(value["items"]):
        # The items of a typed list may leave out what the list already says.
        typed = kind | item if isinstance(item, dict) and kind["kind"] else item
        yield document.part(("items", index), typed)
