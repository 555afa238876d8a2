"""The command ``sealer-agent``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from injector.agent.errors import ConfigurationError
from sealer import __version__
from sealer.cli.terminal import complain
from sealer.errors import SealerError, UsageError

if TYPE_CHECKING:
    from injector.agent.config import AgentConfig

_CONFIG_VARIABLE: Final = "SEALER_AGENT_CONFIG"
_SIGNALLED: Final = 128  # what a shell adds to a signal's number


@click.group()
@click.version_option(__version__, prog_name="sealer-agent")
def cli() -> None:
    """Fetch secrets from Vault, and write them to files for an application."""


@cli.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Read the configuration, JSON, from this file. Otherwise {_CONFIG_VARIABLE} holds it, base64-encoded.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/"),
    help="Take every path of the configuration to lie below this folder: runs a configuration outside of its pod.",
)
@click.option(
    "--retry-for",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    envvar="SEALER_AGENT_RETRY_FOR",
    help="How long to try again when Vault cannot be reached or cannot answer. Refusals are retried for 10 at most.",
)
def init(config: Path | None, root: Path, retry_for: float) -> None:
    """Fetch once, write the files, and exit.

    Nothing is written unless every secret could be had.
    """
    from injector.agent.config import decode_variable  # noqa: PLC0415  # --help needs none of it

    if config is not None:
        settings = _decode(config)
    elif text := os.environ.get(_CONFIG_VARIABLE):
        settings = decode_variable(text)
    else:
        raise UsageError("there is no configuration", hint=f"set {_CONFIG_VARIABLE}, or give --config")
    _run(settings, root, retry_for)


def _run(config: AgentConfig, root: Path, retry_for: float) -> None:
    from injector.agent.container import Container  # noqa: PLC0415  # as above
    from injector.agent.run import (  # noqa: PLC0415  # as above
        auth_of,
        check_references,
        connection_of,
        parse_custom,
        run_once,
    )
    from injector.providers.vault import open_vault  # noqa: PLC0415  # as above
    from injector.vault.retry import RetryPlan  # noqa: PLC0415  # as above

    check_references(config)
    custom = parse_custom(config)
    environment = {name: value for name, value in os.environ.items() if name != _CONFIG_VARIABLE}
    connection, auth = connection_of(config, root, os.environ), auth_of(config, root)
    if connection.verify is False:
        _say("the server's certificate is not checked")
    provider = open_vault(connection, auth, plan=RetryPlan(limit=retry_for), report=_say)
    try:
        provider.login()
        _say(f"logged in: {auth}")
        run_once(config, Container(root, environment), provider, _say, custom)
        provider.keep_leases()
    finally:
        provider.close()


def _decode(path: Path) -> AgentConfig:
    from injector.agent.config import decode_config  # noqa: PLC0415  # as above
    from sealer.files import read_input  # noqa: PLC0415  # as above

    try:
        return decode_config(read_input(str(path)))
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.message}", hint=error.hint) from error


def _say(event: str) -> None:
    click.echo(f"sealer-agent: {event}", err=True)


def _stop(number: int, _frame: object) -> NoReturn:
    """End by an exception, so that what is open is closed, staged files are removed and the token is given back."""
    signal.signal(number, signal.SIG_IGN)  # once is enough: the second would cut the tidying short
    # Not through sys.stderr: the signal may have come in the middle of a write to it.
    os.write(2, f"sealer-agent: stopped by {signal.Signals(number).name}\n".encode())
    sys.exit(_SIGNALLED + number)


def main() -> None:
    """Run the command; the one place that prints errors and exits."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        cli(prog_name="sealer-agent")
    except SealerError as error:
        complain(error.message, error.hint)
        sys.exit(error.exit_code)
