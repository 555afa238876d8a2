"""``sealer-controller``: flags and environment in, a running controller out."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from controller import logs
from controller.durations import parse_duration
from controller.settings import Settings, parse_address
from sealer import __version__
from sealer.apiserver.credentials import load_credentials, own_namespace
from sealer.errors import ConfigError, SealerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.run import Controller

_LEVELS: Final = ["DEBUG", "INFO", "WARN", "WARNING", "ERROR"]


def _flag(name: str, text: str, **more: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return an option that our environment variable gives, or else the existing one; the command line wins."""
    suffix = name.strip("-").upper().replace("-", "_")
    names = [f"SEALER_{suffix}", f"SEALED_SECRETS_{suffix}"]
    return click.option(name, help=text, envvar=names, show_default=True, **more)


def _switch(name: str, text: str, *, default: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a boolean flag as Go has them: ``--name``, ``--name=true``, ``--name=false``."""
    return _flag(name, text, type=bool, is_flag=False, flag_value=True, default=default)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@_flag("--key-prefix", "What the names of key Secrets begin with.", default="sealed-secrets-key")
@_flag("--key-size", "RSA bits of a new sealing key.", type=int, default=4096)
@_flag("--key-ttl", "How long a new certificate is valid.", default="87600h")
@_flag("--my-cn", "Common name of a new certificate.", default="")
@_flag("--key-renew-period", "Age of the newest key at which the next is made; 0 for never.", default="720h")
@_flag("--listen-addr", "Address for HTTP.", default=":8080")
@_flag("--namespace", "The controller's own namespace.  [default: that of the Pod]", default=None)
@_switch("--all-namespaces", "Serve all namespaces, or the own one only.", default=True)
@_switch("--update-status", "Write the status of SealedSecrets.", default=True)
@_flag("--log-level", "The least that is logged.", type=click.Choice(_LEVELS, case_sensitive=False), default="INFO")
@_flag("--log-format", "How it is logged.", type=click.Choice(["text", "json"]), default="text")
@click.version_option(__version__, message="controller version: v%(version)s")
def main(*, log_level: str, log_format: str, **flags: Any) -> None:
    """Turn SealedSecrets into Secrets, and keep them right.

    Each flag can be given as an environment variable: SEALER_KEY_SIZE for --key-size, or SEALED_SECRETS_KEY_SIZE as
    the existing controller has it.
    """
    logs.set_up(log_level, log_format)
    try:
        settings, credentials = _settings(flags), load_credentials(os.environ)
        asyncio.run(_controller()(settings, credentials).run())
    except SealerError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        sys.exit(error.exit_code)


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


def _settings(flags: dict[str, Any]) -> Settings:
    return Settings(
        namespace=flags["namespace"] or own_namespace(os.environ),
        all_namespaces=flags["all_namespaces"],
        key_prefix=flags["key_prefix"],
        key_size=flags["key_size"],
        key_ttl=parse_duration(flags["key_ttl"]),
        common_name=flags["my_cn"],
        key_renew_period=parse_duration(flags["key_renew_period"]),
        listen=parse_address(flags["listen_addr"]),
        update_status=flags["update_status"],
    )
