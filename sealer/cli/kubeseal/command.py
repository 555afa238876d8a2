"""The command: its modes in kubeseal's order, and its exit codes."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from sealer import __version__
from sealer.cli.kubeseal import certificates, sealing
from sealer.cli.kubeseal.flags import parse, usage
from sealer.cli.kubeseal.output import encode, sealed_manifest, secret_manifest, write
from sealer.cli.kubeseal.reading import check_source, read_sealed, read_secrets, read_source
from sealer.cli.terminal import complain, note, put
from sealer.errors import ConfigError, SealerError, UsageError
from sealer.files import PRIVATE, SHARED, read_input

if TYPE_CHECKING:
    from sealer.cli.kubeseal.flags import Options
    from sealer.cli.kubeseal.reading import Found
    from sealer.keyring import Keyring
    from sealer.manifest import Secret

# The version whose behaviour this is, for scripts that compare it; and ours, as build metadata (semver.org, 10).
_VERSION: Final = f"v0.40.0+sealer.{__version__}"
_FAILED: Final = 1
_WRONG_FLAG: Final = 2


class _Verbatim(click.Command):
    """A command whose words click leaves alone: they are read as Go reads them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words for the callback."""
        ctx.params["arguments"] = tuple(args)
        return []


@click.command(cls=_Verbatim, add_help_option=False, help="Do what kubeseal does, with its flags.")
def kubeseal(arguments: tuple[str, ...]) -> int:
    """Run one mode, and return kubeseal's exit code: 1 for any error but a wrong flag, which is 2."""
    try:
        options = parse(arguments, os.environ)
    except ConfigError as error:
        complain(error.message, error.hint or "see `sealer kubeseal --help`")
        return _WRONG_FLAG
    try:
        run(options)
    except SealerError as error:
        complain(error.message, error.hint)
        return _FAILED
    return 0


def run(options: Options) -> None:
    """Do what is asked for; of several modes the first of kubeseal's order.

    Raises:
        SealerError: It cannot be done; nothing was written then.

    """
    if options["version"]:
        put(f"kubeseal version: {_VERSION}\n".encode())
    elif options["help"]:
        put(usage("sealer kubeseal").encode())
    else:
        _say_what_is_passed_over(options)
        if options["from-file"] and not options["raw"]:
            raise UsageError("--from-file requires --raw", hint="a Secret of several items goes with `sealer seal`")
        check_source(options)
        if options["recovery-unseal"]:
            _recover(options)
        elif options["validate"]:
            _without_output(options, "--validate")
            from sealer.cli.kubeseal.online import validate

            validate(options)
        elif options["re-encrypt"] or options["rotate"]:
            from sealer.cli.kubeseal.online import re_encrypt

            re_encrypt(options)
        else:
            _with_certificate(options)


def _with_certificate(options: Options) -> None:
    pem = certificates.fetch(options)
    if options["fetch-cert"]:
        write(pem, options["sealed-secret-file"], mode=SHARED)
        return
    recipient = certificates.recipient_of(pem, now=datetime.now(UTC))
    place = sealing.Place.of(options)
    if options["merge-into"]:
        from sealer.cli.kubeseal.merging import merge_into

        _without_output(options, "--merge-into")
        merge_into(options, recipient, place)
    elif options["raw"]:
        text = sealing.seal_raw(options, recipient, place)
        write(text.encode(), options["sealed-secret-file"], mode=SHARED)
    else:
        secrets = read_secrets(options, options["name"])
        sealed = [sealing.seal_one(secret, recipient, options, place) for secret in secrets]
        if options["name"] and len(sealed) > 1:
            note(f"--name gives all {len(sealed)} SealedSecrets one name")
        manifests = [sealed_manifest(one.to_manifest()) for one in sealed]
        write(encode(manifests, options.output_format), options["sealed-secret-file"], mode=SHARED)


def _recover(options: Options) -> None:
    from sealer.recovery import read_keyring

    keyring = read_keyring((path, read_input(path)) for path in options["recovery-private-key"])
    secrets = [_opened(found, keyring) for found in read_sealed(*read_source(options))]
    data = encode([secret_manifest(secret) for secret in secrets], options.output_format)
    write(data, options["sealed-secret-file"], mode=PRIVATE)


def _opened(found: Found, keyring: Keyring) -> Secret:
    from sealer.cli.streams import located
    from sealer.unseal import unseal

    return located(found.document, lambda _: unseal(found.sealed, keyring).secret)


def _without_output(options: Options, mode: str) -> None:
    """Say that a mode writes no --sealed-secret-file: kubeseal leaves an empty one behind."""
    if options["sealed-secret-file"]:
        note(f"{mode} does not write --sealed-secret-file; it is left as it is")


def _say_what_is_passed_over(options: Options) -> None:
    if options.ignored:
        # Not shown: one of them may be a value that was meant for --raw.
        note(f"words that are no flags are ignored: {len(options.ignored)} of them")
    if options["rotate"]:
        note("Flag --rotate has been deprecated, please use --re-encrypt instead")
    if options["recovery-private-key"] and not options["recovery-unseal"] and sys.stderr.isatty():
        note("ignoring --recovery-private-key because unseal command not chosen with --recovery-unseal")
