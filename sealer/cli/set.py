"""`sealer set`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from sealer.cli import options as shared
from sealer.cli.editing import choosing_options, read_one
from sealer.cli.help import ExampleCommand
from sealer.cli.recipients import load_recipient
from sealer.cli.streams import read_bytes, refuse_overwriting, refuse_reading_twice, source_name
from sealer.cli.terminal import note
from sealer.documents.edit import edit
from sealer.errors import InputError, UnsealError, UsageError
from sealer.files import rewrite
from sealer.seal import check_item_key, check_size, seal_value
from sealer.sealed_file import locating, puts
from sealer.sources import merge_items, parse_env_file, split_file_argument, split_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.certificate import Recipient
    from sealer.keyring import Keyring
    from sealer.manifest import SealedSecret


@click.command(
    "set",
    cls=ExampleCommand,
    examples=(
        "sealer set sealed.yaml password=./password.txt",
        'printf %s "$TOKEN" | sealer set sealed.yaml token',
        "sealer set sealed.yaml --from-env-file .env --key backup.yaml",
    ),
    epilog="See also: sealer unset, sealer seal.",
)
@click.argument("file", metavar="FILE")
@click.argument("items", nargs=-1, metavar="[KEY[=PATH]]...")
@click.option("-f", "--from-file", multiple=True, metavar="[KEY=]PATH", help="Item from a file (KEY=- for stdin).")
@click.option("--from-env-file", multiple=True, metavar="PATH", help="Items from a file of KEY=VALUE lines.")
@click.option(
    "--from-literal", multiple=True, metavar="KEY=VALUE", help="Item from the command line, which stays in history."
)
@choosing_options
@click.option(
    "-k",
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    help="Sealing keys, to leave items alone that have their value already.",
)
@shared.cert_option
@shared.controller_options
def set_(file: str, keys: tuple[str, ...], name: str | None, namespace: str | None, **rest: Any) -> None:
    """Add or replace items of a SealedSecret, in place.

    Each KEY gets the content of the file at PATH, or of standard input where there is no PATH. The value is sealed
    under the scope, name and namespace of the SealedSecret in FILE; every other byte of FILE stays as it is.
    """
    controller = shared.take_controller(rest)
    cert = rest.pop("cert")
    sources = _files(rest["items"], rest["from_file"])
    inputs = [*(path for _, path in sources), *rest["from_env_file"], *keys]
    refuse_reading_twice(inputs)
    refuse_overwriting(inputs, file)
    data, found = read_one(file, name, namespace)
    values = _values(sources, rest["from_env_file"], rest["from_literal"])
    with locating(found.document):
        for key, value in values.items():
            check_item_key(found.sealed.name, key)
            if not value:
                note(f"the value of {key} is empty")
        check_size("what is to be sealed", sum(map(len, values.values())))
    keyring = _keyring(keys)
    recipient = load_recipient(cert, controller, now=datetime.now(UTC))
    sealed = {
        key: _sealed(found.sealed, value, recipient)
        for key, value in values.items()
        if not _is_so_already(found.sealed, key, value, recipient, keyring)
    }
    edits = puts(found, sealed, recipient.fingerprint)
    if edits:
        rewrite(file, data, edit(data, source_name(file), edits))


def _files(items: tuple[str, ...], from_file: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return item keys and the paths that their values come from, ``-`` for standard input."""
    pairs = [split_file_argument(argument) for argument in from_file]
    for item in items:
        key, separator, path = item.partition("=")
        if not key or (separator and not path):
            raise UsageError("an item is KEY, whose value is on standard input, or KEY=PATH")
        pairs.append((key, path or "-"))
    return pairs


def _values(files: list[tuple[str, str]], env_files: tuple[str, ...], literals: tuple[str, ...]) -> dict[str, bytes]:
    if not (files or env_files or literals):
        raise UsageError("there is nothing to set", hint="name an item: sealer set FILE KEY=PATH")
    if literals:
        note("--from-literal stays in the shell's history; KEY=PATH and stdin do not")
    groups: list[Mapping[str, bytes]] = [{key: _content(key, path)} for key, path in files]
    groups += [parse_env_file(read_bytes(path, "KEY=VALUE lines"), source_name(path)) for path in env_files]
    groups += [dict([split_literal(argument)]) for argument in literals]
    return merge_items(groups)


def _content(key: str, path: str) -> bytes:
    try:
        return read_bytes(path, f"the value of {key}")
    except InputError as error:
        # `from None`, and without the path: whoever wrote KEY=VALUE would find the value in a log.
        reason = error.message.rpartition(": ")[2]
        raise InputError(
            f"cannot read the file for {key}: {reason}", hint="KEY=PATH takes a file; a value comes by stdin"
        ) from None


def _keyring(keys: tuple[str, ...]) -> Keyring | None:
    if not keys:
        return None
    from sealer.recovery import read_keyring

    return read_keyring((source_name(path), read_bytes(path, "a sealing key")) for path in keys)


def _is_so_already(sealed: SealedSecret, key: str, value: bytes, recipient: Recipient, keyring: Keyring | None) -> bool:
    """Say whether an item is known to hold the value, under the newest key.

    Only a private key can know it. Nothing that is kept in git could, without telling the same to whoever reads it.
    """
    text = sealed.encrypted_data.get(key)
    if keyring is None or text is None:
        return False
    try:
        opened = keyring.open(text, sealed.label, prefer=recipient.fingerprint)
    except (UnsealError, InputError):
        return False  # it is replaced by one that opens
    return opened.plaintext == value and opened.fingerprint == recipient.fingerprint


def _sealed(sealed: SealedSecret, value: bytes, recipient: Recipient) -> str:
    return seal_value(value, recipient, scope=sealed.scope, namespace=sealed.namespace, name=sealed.name)
