"""The flags of ``sealer-injector``: those of the existing injector that apply here (reference 4.1), and ours."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from injector.errors import AnnotationError, ServingError
from injector.webhook import values
from injector.webhook.logs import LEVELS
from injector.webhook.serving.wishes import Wishes
from injector.webhook.settings import DEFAULT_AGENT_IMAGE, DEFAULT_VAULT_IMAGE, Resources, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_PREFIX: Final = "AGENT_INJECT_"
# What the existing injector has no flag for; the variable names the product.
_OWN_PREFIX: Final = "SEALER_"


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


class _Text(click.ParamType[str | None]):
    """A text that one of the readers of annotations takes; empty for none."""

    def __init__(self, name: str, read: Callable[[str, str], object], example: str) -> None:
        self.name = name
        self._read = read
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | None:
        text = str(value)
        if text and not values.usable(self._read, text):
            self.fail(f'"{text}" is not a {self.name} such as {self._example}', param, ctx)
        return text or None


class _Lifetime(click.ParamType[timedelta]):
    """A duration as Go writes it: ``720h``, ``90s``."""

    name = "duration"

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", str(value), re.ASCII)
        if not found or not (self._zero or float(found[1])):
            self.fail(f'"{value}" is not a duration such as 720h or 90s', param, ctx)
        return timedelta(seconds=float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[found[2]])


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
        envvar=variable if variable.startswith(_OWN_PREFIX) else _PREFIX + variable,
        show_envvar=True,
        show_default=default is not None,
        help=text,
        type=kind,
        default=default,
    )


_FILE: Final = click.Path(path_type=Path)
_QUANTITY: Final = _Quantity()
_LIFETIME: Final = _Lifetime()
_VERSION: Final = click.Choice(["tls10", "tls11", "tls12", "tls13"])
_TEMPLATE: Final = click.Choice(["map", "json"], case_sensitive=False)
_LEVEL: Final = click.Choice(list(LEVELS))
_DURATION: Final = _Text("duration", values.duration, "5s or 1m30s")
_INTERVAL: Final = _Text("duration", values.seconds_or_duration, "300, 5s or 1m30s")
_THRESHOLD: Final = _Text("number", values.floating, "0.9")
_FLAVOUR: Final = click.Choice(["sealer", "vault"])
_FORMAT: Final = click.Choice(["standard", "json"])

OPTIONS: Final = (
    _option("--listen", "LISTEN", "Address to listen on, HOST:PORT.", default=":8080"),
    _option("--vault-address", "VAULT_ADDR", "URL of Vault as the pods reach it. Needed."),
    _option("--vault-auth-type", "VAULT_AUTH_TYPE", "Login method of the pods.", default="kubernetes"),
    _option("--vault-auth-path", "VAULT_AUTH_PATH", "Mount of the login method.", default="auth/kubernetes"),
    _option("--vault-namespace", "VAULT_NAMESPACE", "Namespace in Vault."),
    _option("--vault-cacert-bytes", "VAULT_CACERT_BYTES", "Vault's CA for the agents, PEM or base64 of PEM."),
    _option("--proxy-address", "PROXY_ADDR", "Proxy between the agents and Vault."),
    _option(
        "--agent-flavor",
        "SEALER_AGENT_FLAVOR",
        "Agent that pods get: ours, or that of Vault and OpenBao.",
        _FLAVOUR,
        "sealer",
    ),
    _option("--agent-image", "AGENT_IMAGE", "Image with sealer-agent.", default=DEFAULT_AGENT_IMAGE),
    _option("--vault-image", "VAULT_IMAGE", "Image of the flavor vault.", default=DEFAULT_VAULT_IMAGE),
    _option(
        "--native-sidecar", "SEALER_NATIVE_SIDECAR", "One native sidecar for init container and sidecar.", bool, False
    ),
    _option(
        "--token-audience",
        "SEALER_TOKEN_AUDIENCE",
        "Log in with a service account token of its own, for this audience.",
    ),
    _option(
        "--token-expiration",
        "SEALER_TOKEN_EXPIRATION",
        "Seconds that such a token is valid.",
        click.IntRange(600, 1 << 32),
        3600,
    ),
    _option("--tls-auto", "TLS_AUTO", "Make a certificate; register it in this MutatingWebhookConfiguration."),
    _option("--tls-auto-hosts", "TLS_AUTO_HOSTS", "Names and addresses the API server calls, comma-separated."),
    _option("--tls-cert-file", "TLS_CERT_FILE", "Serving certificate, PEM.", _FILE),
    _option("--tls-key-file", "TLS_KEY_FILE", "Its private key, PEM.", _FILE),
    _option("--tls-min-version", "TLS_MIN_VERSION", "Oldest version of TLS; 1.2 at least.", _VERSION, "tls12"),
    _option("--tls-cipher-suites", "TLS_CIPHER_SUITES", "For TLS 1.2, as OpenSSL names them, comma-separated."),
    _option("--tls-secret", "TLS_SECRET", "Secret of --tls-auto, shared by replicas.", default="sealer-injector-tls"),
    _option("--tls-validity", "TLS_VALIDITY", "Of certificates of --tls-auto.", _LIFETIME, "720h"),
    _option("--tls-ca-validity", "TLS_CA_VALIDITY", "Of CAs of --tls-auto.", _LIFETIME, "87600h"),
    _option("--lease-name", "LEASE_NAME", "Lease by which replicas elect one.", default="sealer-injector"),
    _option("--defaults-configmap", "DEFAULTS_CONFIGMAP", "ConfigMap with a namespace's defaults; empty for none."),
    _option(
        "--audit-interval",
        "AUDIT_INTERVAL",
        "How often to look for pods that were not injected; 0s for never.  [default: 5m with --tls-auto]",
        _Lifetime(zero=True),
    ),
    _option("--telemetry-path", "TELEMETRY_PATH", "Path of the metrics, such as /metrics; empty for none.", default=""),
    _option("--shutdown-delay", "SHUTDOWN_DELAY", "Seconds from SIGTERM until connections are refused.", float, 0.0),
    _option("--default-template", "DEFAULT_TEMPLATE", "Template of secrets without one.", _TEMPLATE, "map"),
    _option(
        "--template-config-exit-on-retry-failure",
        "TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE",
        "End the agent where a secret cannot be had.",
        bool,
        True,
    ),
    _option(
        "--template-static-secret-render-interval",
        "TEMPLATE_STATIC_SECRET_RENDER_INTERVAL",
        "How often the agent looks at secrets without a lease.",
        _INTERVAL,
    ),
    _option(
        "--template-max-connections-per-host",
        "TEMPLATE_MAX_CONNECTIONS_PER_HOST",
        "Connections of the agent to Vault; 0 for its default.",
        int,
        0,
    ),
    _option(
        "--template-lease-renewal-threshold",
        "TEMPLATE_LEASE_RENEWAL_THRESHOLD",
        "Part of a lease after which it is renewed.",
        _THRESHOLD,
    ),
    _option("--auth-min-backoff", "AUTH_MIN_BACKOFF", "First wait after a failed login.", _DURATION),
    _option("--auth-max-backoff", "AUTH_MAX_BACKOFF", "Longest wait after failed logins.", _DURATION),
    _option("--disable-idle-connections", "DISABLE_IDLE_CONNECTIONS", "Parts of Vault's agent, comma-separated."),
    _option("--disable-keep-alives", "DISABLE_KEEP_ALIVES", "Parts of Vault's agent, comma-separated."),
    _option("--revoke-on-shutdown", "REVOKE_ON_SHUTDOWN", "Revoke the agent's token when a pod ends.", bool, False),
    _option("--run-as-same-user", "RUN_AS_SAME_USER", "Run the agent as the pod's first container.", bool, False),
    _option("--set-security-context", "SET_SECURITY_CONTEXT", "Give the agent a securityContext.", bool, True),
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

# What decides about serving, and nothing about pods.
_SERVING: Final = (
    "listen", "tls_", "lease_name", "defaults_configmap", "audit_interval", "telemetry_path", "shutdown_delay", "log_",
)  # fmt: skip
POD_OPTIONS: Final = tuple(option for option in OPTIONS if not str(option.name).startswith(_SERVING))
# Flags of the existing injector that have no effect here; its Deployments must start all the same (reference 4.1).
PASSED_OVER: Final = ("tls-ca-cert-file", "use-leader-elector")


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
    threshold = options["template_lease_renewal_threshold"]
    return Settings(
        vault_address=options["vault_address"],
        vault_namespace=options["vault_namespace"] or None,
        auth_type=options["vault_auth_type"],
        auth_path=options["vault_auth_path"],
        ca_cert_bytes=options["vault_cacert_bytes"] or None,
        proxy_address=options["proxy_address"] or None,
        flavour=options["agent_flavor"],
        agent_image=options["agent_image"],
        vault_image=options["vault_image"],
        native_sidecar=options["native_sidecar"],
        token_audience=options["token_audience"] or None,
        token_expiration=options["token_expiration"],
        run_as_same_user=options["run_as_same_user"],
        set_security_context=options["set_security_context"],
        exit_on_retry_failure=options["template_config_exit_on_retry_failure"],
        static_secret_render_interval=options["template_static_secret_render_interval"],
        max_connections_per_host=options["template_max_connections_per_host"],
        lease_renewal_threshold=None if threshold is None else float(threshold),
        auth_min_backoff=options["auth_min_backoff"],
        auth_max_backoff=options["auth_max_backoff"],
        disable_idle_connections=options["disable_idle_connections"],
        disable_keep_alives=options["disable_keep_alives"],
        revoke_on_shutdown=options["revoke_on_shutdown"],
        run_as_user=options["run_as_user"],
        run_as_group=options["run_as_group"],
        limits=_resources(options, "limit"),
        requests=_resources(options, "request"),
        secrets_size_limit=options["secrets_size_limit"],
        default_template=options["default_template"],
    )


def build_wishes(options: Mapping[str, Any]) -> Wishes:
    """Return what the options say about TLS."""
    return Wishes(
        certificate=options["tls_cert_file"],
        key=options["tls_key_file"],
        configurations=_words(options["tls_auto"]),
        hosts=_words(options["tls_auto_hosts"]),
        secret=options["tls_secret"],
        lease=options["lease_name"],
        least=options["tls_min_version"],
        ciphers=":".join(_words(options["tls_cipher_suites"])),
        validity=options["tls_validity"],
        ca_validity=options["tls_ca_validity"],
    )


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _resources(options: Mapping[str, Any], kind: str) -> Resources:
    return Resources(options[f"cpu_{kind}"], options[f"memory_{kind}"], options[f"ephemeral_storage_{kind}"])
