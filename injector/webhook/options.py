"""The flags of ``sealer-injector``: those of the existing injector that apply here (reference 4.1), and ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from injector.errors import AnnotationError, ServingError
from injector.webhook import values
from injector.webhook.logs import LEVELS
from injector.webhook.settings import DEFAULT_AGENT_IMAGE, Resources, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PREFIX: Final = "AGENT_INJECT_"


class _EnvironmentWins(click.Option):
    """An option whose environment variable overrides the flag.

    The existing injector does so (reference 4.1), and its deployments set both: with the flag first, as is usual, such
    a deployment would behave otherwise here.
    """

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        value = self.value_from_envvar(ctx)
        if value is not None:
            return value, ParameterSource.ENVIRONMENT
        return super().consume_value(ctx, opts)


class _Quantity(click.ParamType[str | None]):
    """A Kubernetes quantity; empty for none."""

    name = "quantity"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | None:
        try:
            return values.quantity("", str(value))
        except AnnotationError:
            self.fail(f'"{value}" is not a quantity such as 250m or 64Mi', param, ctx)


def _option(flag: str, variable: str, text: str, kind: Any = None, default: Any = None) -> click.Option:
    return _EnvironmentWins(
        [flag],
        envvar=_PREFIX + variable,
        show_envvar=True,
        show_default=default is not None,
        help=text,
        type=kind,
        default=default,
    )


_FILE: Final = click.Path(path_type=Path)
_QUANTITY: Final = _Quantity()
_TEMPLATE: Final = click.Choice(["map", "json"], case_sensitive=False)
_LEVEL: Final = click.Choice(list(LEVELS))
_FORMAT: Final = click.Choice(["standard", "json"])

OPTIONS: Final = (
    _option("--listen", "LISTEN", "Address to listen on, HOST:PORT.", default=":8080"),
    _option("--vault-address", "VAULT_ADDR", "URL of Vault as the pods reach it. Needed."),
    _option("--vault-auth-type", "VAULT_AUTH_TYPE", "Login method of the pods.", default="kubernetes"),
    _option("--vault-auth-path", "VAULT_AUTH_PATH", "Mount of the login method.", default="auth/kubernetes"),
    _option("--vault-namespace", "VAULT_NAMESPACE", "Namespace in Vault."),
    _option("--agent-image", "AGENT_IMAGE", "Image with sealer-agent.", default=DEFAULT_AGENT_IMAGE),
    _option("--tls-auto", "TLS_AUTO", "Make a certificate, and register its CA in this MutatingWebhookConfiguration."),
    _option("--tls-auto-hosts", "TLS_AUTO_HOSTS", "Names and addresses the API server calls, comma-separated."),
    _option("--tls-cert-file", "TLS_CERT_FILE", "Serving certificate, PEM.", _FILE),
    _option("--tls-key-file", "TLS_KEY_FILE", "Its private key, PEM.", _FILE),
    _option("--default-template", "DEFAULT_TEMPLATE", "Template of secrets without one.", _TEMPLATE, "map"),
    _option("--run-as-user", "RUN_AS_USER", "User id of the agent.", int, 100),
    _option("--run-as-group", "RUN_AS_GROUP", "Group id of the agent.", int, 1000),
    _option("--cpu-request", "CPU_REQUEST", "CPU request of the agent.", _QUANTITY, "250m"),
    _option("--memory-request", "MEM_REQUEST", "Memory request of the agent.", _QUANTITY, "64Mi"),
    _option("--ephemeral-storage-request", "EPHEMERAL_REQUEST", "Ephemeral storage request of the agent.", _QUANTITY),
    _option("--cpu-limit", "CPU_LIMIT", "CPU limit of the agent.", _QUANTITY, "500m"),
    _option("--memory-limit", "MEM_LIMIT", "Memory limit of the agent.", _QUANTITY, "128Mi"),
    _option("--ephemeral-storage-limit", "EPHEMERAL_LIMIT", "Ephemeral storage limit of the agent.", _QUANTITY),
    _option(
        "--secrets-size-limit",
        "SECRETS_SIZE_LIMIT",
        "Size limit of each memory volume; empty for none.",
        _QUANTITY,
        "64Mi",
    ),
    _option("--log-level", "LOG_LEVEL", "Least important messages to log.", _LEVEL, "info"),
    _option("--log-format", "LOG_FORMAT", "Text, or one JSON object a line.", _FORMAT, "standard"),
)


def without_effect(environment: Iterable[str]) -> tuple[str, ...]:
    """List the variables that are meant for the existing injector and that no flag of ours reads, sorted."""
    known = {option.envvar for option in OPTIONS}
    return tuple(sorted(name for name in environment if name.startswith(_PREFIX) and name not in known))


def build_settings(options: Mapping[str, Any]) -> Settings:
    """Make the settings of the options' values, by their names.

    Raises:
        ServingError: There is no Vault address.

    """
    if not options["vault_address"]:
        raise ServingError("no Vault address", hint="give --vault-address, or set AGENT_INJECT_VAULT_ADDR")
    return Settings(
        vault_address=options["vault_address"],
        vault_namespace=options["vault_namespace"] or None,
        auth_type=options["vault_auth_type"],
        auth_path=options["vault_auth_path"],
        agent_image=options["agent_image"],
        run_as_user=options["run_as_user"],
        run_as_group=options["run_as_group"],
        limits=_resources(options, "limit"),
        requests=_resources(options, "request"),
        secrets_size_limit=options["secrets_size_limit"],
        default_template=options["default_template"],
    )


def _resources(options: Mapping[str, Any], kind: str) -> Resources:
    return Resources(options[f"cpu_{kind}"], options[f"memory_{kind}"], options[f"ephemeral_storage_{kind}"])
