"""`sealer verify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sealer.cli import options as shared
from sealer.cli.help import ExampleCommand
from sealer.cli.streams import located, read_bytes, read_documents, refuse_reading_twice, source_name
from sealer.cli.terminal import complain, put
from sealer.errors import InputError, SealerError, ServiceError, UnsealError
from sealer.manifest import SealedSecret
from sealer.recovery import read_keyring
from sealer.unseal import moved_hint, open_items, unseal

Check = Callable[[SealedSecret], None]


@click.command(
    cls=ExampleCommand,
    examples=(
        "sealer verify sealed.yaml",
        "sealer verify sealed.yaml --key backup.yaml",
    ),
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-k", "--key", "keys", multiple=True, metavar="FILE", help="Check offline, with these sealing keys.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of SealedSecrets that open.")
@shared.controller_options
def verify(files: tuple[str, ...], keys: tuple[str, ...], quiet: bool, **rest: Any) -> int:
    """Check that SealedSecrets open, with the controller or offline.

    Every SealedSecret of FILEs, or of standard input, is checked, and each that does not open is named. The exit code
    is 0 when all open; else it is that of the first problem.
    """
    refuse_reading_twice([*(files or ("-",)), *keys])
    check = _offline(keys) if keys else _online(shared.take_controller(rest))
    code = 0
    for document in read_documents(files, "a SealedSecret manifest"):
        try:
            sealed = located(document, lambda manifest: _checked(manifest, check))
        except ServiceError:
            raise  # of no document: the next one would fare no better
        except SealerError as error:
            complain(error.message, error.hint)
            code = code or error.exit_code
            continue
        if not quiet:
            put(f"{document.origin}: {sealed} opens\n".encode())
    return code


def _checked(manifest: object, check: Check) -> SealedSecret:
    sealed = SealedSecret.from_manifest(manifest)
    try:
        check(sealed)
    except UnsealError as error:
        raise UnsealError(f"{sealed}: {error.message}", hint=error.hint or moved_hint(sealed)) from error
    except InputError as error:
        raise InputError(f"{sealed}: {error.message}", hint=error.hint) from error
    return sealed


def _offline(keys: tuple[str, ...]) -> Check:
    keyring = read_keyring((source_name(path), read_bytes(path, "a sealing key")) for path in keys)

    def check(sealed: SealedSecret) -> None:
        if sealed.legacy_data is None:
            open_items(sealed, keyring)  # no template is rendered: whether values open does not depend on it
        else:
            unseal(sealed, keyring)

    return check


def _online(controller: shared.ControllerOptions) -> Check:
    from sealer.cluster.controller import connect  # imports `kubernetes`

    cluster = connect(controller.kubeconfig, controller.context)
    return lambda sealed: cluster.verify(controller.namespace, controller.name, sealed.to_manifest())
