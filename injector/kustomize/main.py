"""The command ``sealer-kustomize``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer import __version__
from sealer.cli.terminal import PipeClosedError, complain, complain_of_use, note, put
from sealer.errors import SealerError, UsageError

if TYPE_CHECKING:
    from injector.kustomize.generator import Generator
    from sealer.manifest import Secret


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("config", required=False, metavar="[CONFIG]", type=click.Path(path_type=Path))
@click.version_option(__version__, prog_name="sealer-kustomize")
def cli(config: Path | None) -> None:
    """Make a Secret from Vault during `kustomize build`.

    kustomize starts this command, by either of its protocols: as a KRM exec function, with a ResourceList on stdin and
    no argument, or as a legacy exec plugin, with the file of a SecretGenerator as CONFIG. Any secret or field that
    cannot be had fails the build.

    Build with --enable-alpha-plugins, and for a KRM function --enable-exec too: without the latter kustomize leaves the
    function out, and says nothing.
    """
    if config is not None:
        output = _legacy(config)
    elif sys.stdin.isatty():
        raise UsageError(
            "there is no ResourceList on stdin: it is a terminal",
            hint="kustomize starts this command; to see what a SecretGenerator gives, run: sealer-kustomize FILE",
        )
    else:
        output = _function(sys.stdin.buffer.read())
    put(output.encode())


def _legacy(config: Path) -> str:
    from injector.kustomize.krm import read_legacy, write_legacy  # noqa: PLC0415  # --help needs none of it
    from injector.kustomize.schema import read_generator  # noqa: PLC0415  # as above
    from sealer.files import read_input  # noqa: PLC0415  # as above

    document = read_legacy(read_input(str(config)), str(config))
    generator = read_generator(document.value, document.at)
    return write_legacy(_generate(generator).to_manifest())


def _function(data: bytes) -> str:
    from injector.kustomize.krm import read_resource_list, write_resource_list  # noqa: PLC0415  # as above
    from injector.kustomize.schema import read_generator  # noqa: PLC0415  # as above

    received = read_resource_list(data, "stdin")
    generator = read_generator(received["functionConfig"])
    return write_resource_list(received, _generate(generator).to_manifest())


def _generate(generator: Generator) -> Secret:
    from injector.kustomize.generate import generate  # noqa: PLC0415  # as above

    return generate(generator, os.environ, Path.home(), note)


def main() -> None:
    """Run the command and exit; the codes are those of `sealer`."""
    sys.exit(_run())


def _run() -> int:
    try:
        cli.main(prog_name="sealer-kustomize", standalone_mode=False)
    except SealerError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except click.ClickException as error:
        return complain_of_use(error)
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return 130
    except PipeClosedError:
        return 141  # as a shell reports a program that ended by SIGPIPE
    return 0
