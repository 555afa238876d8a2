"""`sealer unset`."""

from __future__ import annotations

import click

from sealer.cli.editing import choosing_options, read_one
from sealer.cli.help import ExampleCommand
from sealer.cli.streams import source_name
from sealer.documents.edit import edit
from sealer.errors import InputError
from sealer.files import rewrite
from sealer.manifest import SealedSecret, Secret
from sealer.sealed_file import drops, locating
from sealer.secret_types import check_type, may_be_empty

# Stands for a value that nobody here can read: it passes what a type asks of its items' content.
_SOME_VALUE = b"{}"


@click.command(
    "unset",
    cls=ExampleCommand,
    examples=("sealer unset sealed.yaml old-token", "sealer unset secrets.yaml --name db password"),
    epilog="See also: sealer set.",
)
@click.argument("file", metavar="FILE")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@choosing_options
@click.option("--allow-empty-data", is_flag=True, help="Go on where no item is left.")
@click.option("--allow-incomplete-type", is_flag=True, help="Go on where the Secret then lacks what its type requires.")
def unset(file: str, keys: tuple[str, ...], name: str | None, namespace: str | None, **allow: bool) -> None:
    """Remove items of a SealedSecret, in place.

    Every other byte of FILE stays as it is. A value that was committed is still in git's history: change it where it
    is used.
    """
    data, found = read_one(file, name, namespace)
    wanted = list(dict.fromkeys(keys))
    missing = [key for key in wanted if key not in found.sealed.encrypted_data]
    with locating(found.document, found.sealed):
        if missing:
            there = ", ".join(sorted(found.sealed.encrypted_data)) or "none"
            raise InputError(f"there is no item {', '.join(missing)}", hint=f"its items: {there}")
        left = _without(found.sealed, wanted)
        if not left.data and not allow["allow_empty_data"] and not may_be_empty(left):
            raise InputError("no item would be left", hint="is that meant? then use --allow-empty-data")
        if left.data and not allow["allow_incomplete_type"]:
            check_type(left)
    rewrite(file, data, edit(data, source_name(file), drops=drops(found, wanted)))


def _without(sealed: SealedSecret, keys: list[str]) -> Secret:
    """Return the Secret that will be made, as far as it is known without opening anything."""
    removed = {key for key, template in sealed.template.data.items() if template is None}
    items = (sealed.encrypted_data.keys() | sealed.template.data.keys()) - set(keys) - removed
    return Secret(
        namespace=sealed.namespace or None,
        name=sealed.name,
        data=dict.fromkeys(sorted(items), _SOME_VALUE),
        type=sealed.template.type,
        metadata=sealed.template.metadata,
    )
