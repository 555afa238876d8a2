"""What the commands that edit a SealedSecret's file share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sealer.cli.streams import source_name
from sealer.cli.terminal import note
from sealer.errors import InputError, UsageError
from sealer.files import read_input
from sealer.scope import Scope
from sealer.sealed_file import find, locating
from sealer.unseal import moved_hint

if TYPE_CHECKING:
    from sealer.sealed_file import Found

_Command = TypeVar("_Command", bound=Callable[..., Any])


def choosing_options(command: _Command) -> _Command:
    """Add ``--name`` and ``--namespace``, which say which SealedSecret of a file is meant."""
    command = click.option("-n", "--namespace", help="Namespace of the SealedSecret, where FILE holds several.")(
        command
    )
    return click.option("--name", help="Name of the SealedSecret, where FILE holds several.")(command)


def read_one(file: str, name: str | None, namespace: str | None) -> tuple[bytes, Found]:
    """Return a file's content, and the SealedSecret in it that is meant.

    Raises:
        UsageError: FILE is standard input, or holds several that are meant.
        InputError: It cannot be read, or holds none that is meant.

    """
    if file == "-":
        raise UsageError("a file is edited in place, and standard input is none", hint="name the file")
    data, source = read_input(file), source_name(file)
    there = find(data, source)
    if not there:
        raise InputError(f"{source}: there is no SealedSecret in it")
    meant = [one for one in there if name in {None, one.sealed.name} and namespace in {None, one.sealed.namespace}]
    listed = ", ".join(f"{one.sealed}".removeprefix("SealedSecret ") for one in there)
    if not meant:
        raise InputError(f"{source}: there is no such SealedSecret in it", hint=f"it holds {listed}")
    if len(meant) > 1:
        raise UsageError(
            f"{source} holds {len(meant)} SealedSecrets that may be meant",
            hint=f"choose with --name and -n of {listed}",
        )
    return data, _usable(meant[0])


def _usable(found: Found) -> Found:
    sealed = found.sealed
    if sealed.legacy_data is not None:
        with locating(found.document, sealed):
            raise InputError(
                "the deprecated field 'data' has no items to edit",
                hint="seal the Secret anew, which writes encryptedData",
            )
    moved = moved_hint(sealed)
    if moved and sealed.scope is not Scope.CLUSTER_WIDE:
        note(f"{sealed} was moved, and its items may no longer open: {moved}")
    if sealed.template.immutable:
        note(f"{sealed} makes an immutable Secret, which the cluster does not change before it is deleted")
    return found
