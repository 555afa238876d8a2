"""`sealer unseal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sealer.cli import options as shared
from sealer.cli.help import ExampleCommand
from sealer.cli.streams import (
    located,
    read_bytes,
    read_documents,
    refuse_overwriting,
    refuse_reading_twice,
    source_name,
    write_documents,
)
from sealer.errors import UnsealError
from sealer.manifest import SealedSecret, Secret
from sealer.recovery import read_keyring
from sealer.unseal import unseal as unseal_secret

if TYPE_CHECKING:
    from sealer.keyring import Keyring


@click.command(
    cls=ExampleCommand,
    examples=(
        "sealer unseal sealed.yaml --key backup.yaml",
        "sealer unseal sealed.yaml --key backup.yaml -w secret.yaml",
    ),
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "-k",
    "--key",
    "keys",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Sealing keys: a PEM private key, a key Secret, or a List of them. May be repeated.",
)
@shared.output_options
def unseal(files: tuple[str, ...], keys: tuple[str, ...], output: str | None, write: str | None) -> None:
    """Turn SealedSecrets back into Secrets, offline, with a sealing key.

    Reads SealedSecret manifests of any number of documents, from FILEs or standard input. Either every one opens, or
    nothing is written. The output is plaintext: mind where it goes.
    """
    inputs = [*(files or ("-",)), *keys]
    refuse_reading_twice(inputs)
    refuse_overwriting(inputs, write)
    keyring = read_keyring((source_name(path), read_bytes(path, "a sealing key")) for path in keys)
    secrets = [
        located(document, lambda value: _unseal(value, keyring))
        for document in read_documents(files, "a SealedSecret manifest")
    ]
    write_documents((secret.to_manifest() for secret in secrets), output=output, write=write)


def _unseal(manifest: object, keyring: Keyring) -> Secret:
    sealed = SealedSecret.from_manifest(manifest)
    try:
        return unseal_secret(sealed, keyring).secret
    except UnsealError as error:
        raise UnsealError(f"{sealed}: {error.message}", hint=error.hint) from error
