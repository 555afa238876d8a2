"""``sealer-controller``: flags and environment in, a running controller out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING, Final

from controller import logs
from controller.flags import FLAGS, INTRODUCTION, settings_of
from controller.goflags import parse, usage
from controller.hardening import keep_memory_private
from sealer import __version__
from sealer.apiserver.credentials import load_credentials, own_namespace
from sealer.errors import ConfigError, SealerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.run import Controller

_LOG: Final = logging.getLogger(__name__)


def main() -> None:
    """Run with the process's arguments and environment, and exit."""
    keep_memory_private()
    sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the controller until it is stopped, or print help or version; return the exit code.

    Args:
        arguments: The command line, without the program's name.
        environ: The environment.

    """
    try:
        parsed = parse(arguments, environ, FLAGS)
        if parsed.help:
            sys.stdout.write(usage(INTRODUCTION, FLAGS))
            return 0
        if parsed.values["version"]:
            sys.stdout.write(f"controller version: v{__version__}\n")
            return 0
        settings, notes = settings_of(parsed, own_namespace(environ))
        credentials = load_credentials(environ)
        values = parsed.values
        logs.set_up(values["log-level"], values["log-format"], info_stdout=values["log-info-stdout"])
        for note in (*parsed.notes, *notes):
            _LOG.warning(note)
        asyncio.run(_controller()(settings, credentials).run())
    except SealerError as error:
        from sealer.cli.terminal import complain  # noqa: PLC0415 - click takes its time, and only an error needs it

        complain(error.message, error.hint)
        return error.exit_code
    return 0


def _controller() -> type[Controller]:
    """Return the controller's class, imported late: ``--help`` needs none of what it stands on.

    Raises:
        ConfigError: That is not installed.

    """
    try:
        from controller.run import Controller  # noqa: PLC0415 - late on purpose, see above
    except ModuleNotFoundError as error:
        raise ConfigError(f"{error.name} is not installed", hint="pip install 'sealer[controller]'") from error
    return Controller
