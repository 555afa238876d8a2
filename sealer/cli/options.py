"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from sealer.scope import Scope

_Command = TypeVar("_Command", bound=Callable[..., Any])

FORMATS: Final = ("yaml", "json")


@dataclass(frozen=True)
class ControllerOptions:
    """Where the controller is.

    Attributes:
        name: Of its Service.
        namespace: Of its Service.
        kubeconfig: Path, or None for KUBECONFIG and the default places.
        context: Of the kubeconfig, or None for the current one.

    """

    name: str
    namespace: str
    kubeconfig: str | None
    context: str | None


def controller_options(command: _Command) -> _Command:
    """Add the options that say where the controller is; read them with `take_controller`."""
    for option in reversed(
        (
            click.option(
                "--controller-name",
                default="sealed-secrets-controller",
                show_default=True,
                envvar=["SEALER_CONTROLLER_NAME", "SEALED_SECRETS_CONTROLLER_NAME"],
                help="Name of the controller's Service.",
            ),
            click.option(
                "--controller-namespace",
                default="kube-system",
                show_default=True,
                envvar=["SEALER_CONTROLLER_NAMESPACE", "SEALED_SECRETS_CONTROLLER_NAMESPACE"],
                help="Namespace of the controller's Service.",
            ),
            click.option(
                "--kubeconfig", metavar="FILE", help="Kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]"
            ),
            click.option("--context", help="Context of the kubeconfig.  [default: the current one]"),
        )
    ):
        command = option(command)
    return command


def take_controller(options: dict[str, Any]) -> ControllerOptions:
    """Take the options of `controller_options` out of a command's keyword arguments."""
    return ControllerOptions(
        name=options.pop("controller_name"),
        namespace=options.pop("controller_namespace"),
        kubeconfig=options.pop("kubeconfig"),
        context=options.pop("context"),
    )


def cert_option(command: _Command) -> _Command:
    """Add ``--cert``."""
    return click.option(
        "--cert",
        metavar="FILE|URL",
        envvar=["SEALER_CERT", "SEALED_SECRETS_CERT"],
        help="Certificate to seal to: a file, or an http(s) or file URL.  [default: ask the controller]",
    )(command)


def scope_option(command: _Command) -> _Command:
    """Add ``--scope``, None where it was not given."""
    return click.option(
        "--scope",
        type=click.Choice([str(scope) for scope in Scope]),
        envvar=["SEALER_SCOPE", "SEALED_SECRETS_SCOPE"],
        help="What to bind the values to.  [default: the Secret's scope annotation, else strict]",
    )(command)


def output_options(command: _Command) -> _Command:
    """Add ``--output`` (format, None where not given) and ``--write`` (file, None for standard output)."""
    command = click.option(
        "-w", "--write", metavar="FILE", help="Write to FILE, whole or not at all, instead of stdout."
    )(command)
    return click.option(
        "-o", "--output", type=click.Choice(FORMATS), help="Format.  [default: by FILE's extension, else yaml]"
    )(command)
