"""Where Vault is and how the agent logs in: annotations over settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.errors import AnnotationError
from injector.webhook import token
from injector.webhook.keys import PREFIX
from injector.webhook.request import Login, VaultServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from injector.webhook.annotations import Annotations
    from injector.webhook.own_values import FlavourName
    from injector.webhook.pod import Pod
    from injector.webhook.settings import Settings
    from injector.webhook.wire import JsonObject

# The login methods that our own agent knows, and the parameters that each takes.
PARAMETERS: Final[dict[str, frozenset[str]]] = {
    "kubernetes": frozenset({"role", "token_path"}),
    "approle": frozenset(
        {
            "role_id_file_path",
            "secret_id_file_path",
            "remove_secret_id_file_after_reading",
            "secret_id_response_wrapping_path",
        }
    ),
    "jwt": frozenset({"role", "path", "remove_jwt_after_reading"}),
    "cert": frozenset({"name", "client_cert", "client_key", "ca_cert", "reload"}),
    "token_file": frozenset({"token_file_path"}),
    "aws": frozenset(
        {
            "role",
            "type",
            "region",
            "header_value",
            "credential_poll_interval",
            "access_key",
            "secret_key",
            "session_token",
        }
    ),
}
# A login without these can only fail.
REQUIRED: Final[dict[str, str]] = {
    "approle": "role_id_file_path",
    "jwt": "role",
    "token_file": "token_file_path",
    "aws": "role",
}
_TOKEN_PARAMETER: Final = {"kubernetes": "token_path", "jwt": "path"}
_AWS: Final = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_DEFAULT_REGION", "AWS_REGION")


def server(annotations: Annotations, settings: Settings, *, configured: bool) -> VaultServer:
    """Read where Vault is.

    Args:
        annotations: The pod's.
        settings: What applies where the pod says nothing.
        configured: Whether the agent's configuration comes from a ConfigMap, so that no address is needed here.

    Raises:
        AnnotationError: A value is not what its key allows.
        PodError: There is no address.

    """
    address = annotations.text("service", settings.vault_address)
    return VaultServer(
        address=address if configured else annotations.required("service", settings.vault_address, "Vault address"),
        namespace=annotations.optional("namespace", settings.vault_namespace),
        ca_cert=annotations.optional("ca-cert"),
        ca_path=annotations.optional("ca-key"),  # so it is called: reference, 1.3
        ca_cert_bytes=settings.ca_cert_bytes or None,
        client_cert=annotations.optional("client-cert"),
        client_key=annotations.optional("client-key"),
        tls_server_name=annotations.optional("tls-server-name"),
        tls_skip_verify=annotations.flag("tls-skip-verify", default=False),
        proxy_address=annotations.optional("proxy-address", settings.proxy_address),
        client_timeout=annotations.optional("client-timeout"),
        client_max_retries=annotations.optional("client-max-retries"),
    )


def login(annotations: Annotations, pod: Pod, settings: Settings, flavour: FlavourName, *, configured: bool) -> Login:
    """Read how the agent logs in.

    Raises:
        AnnotationError: A value is not what its key allows; a method that our own agent does not know.
        PodError: There is no method, no mount or no role; the volume with the token is not there.

    """
    auth_type, mount_path, role = _method(annotations, settings, configured=configured)
    if flavour == "sealer" and auth_type not in PARAMETERS and not configured:
        allowed = f"{', '.join(sorted(PARAMETERS))} for our own agent; see the annotation sealer.dev/agent-flavor"
        raise AnnotationError(PREFIX + "auth-type", auth_type, allowed)
    parameters = {name.replace("-", "_"): text for name, text in annotations.suffixes("auth-config-")}
    if role:
        parameters.pop("role", None)
    aws = auth_type == "aws"
    return Login(
        auth_type=auth_type,
        mount_path=mount_path,
        role=role or None,
        parameters=tuple(sorted(parameters.items())),
        namespace=annotations.own.get("auth-namespace") or None,
        token=token.detect(
            pod, annotations, settings, needed=_needs_token(auth_type, parameters, configured=configured)
        ),
        cloud_token=token.cloud_mount(pod) if aws else None,
        variables=tuple(_aws_variables(pod, parameters.get("region"))) if aws else (),
        min_backoff=annotations.optional("auth-min-backoff", settings.auth_min_backoff),
        max_backoff=annotations.optional("auth-max-backoff", settings.auth_max_backoff),
        exit_on_error=annotations.flag("agent-auto-auth-exit-on-err", default=False),
    )


def token_parameter(login: Login) -> dict[str, str]:
    """Give the parameters of our own agent that name the token's file, for the methods that log in with one."""
    name = _TOKEN_PARAMETER.get(login.auth_type)
    if name is None or login.token is None:
        return {}
    # The kubelet keeps the file, and the mount is read-only: it cannot be removed after reading, as by default.
    keep = {"remove_jwt_after_reading": "false"} if login.auth_type == "jwt" else {}
    return {name: login.token.path, **keep}


def _method(annotations: Annotations, settings: Settings, *, configured: bool) -> tuple[str, str, str]:
    role = annotations.text("role", "")
    if configured:
        auth_type = annotations.text("auth-type", settings.auth_type)
        return auth_type, annotations.text("auth-path", settings.auth_path), role
    auth_type = annotations.required("auth-type", settings.auth_type, "Vault auth type")
    if auth_type == "kubernetes" and not annotations.text("auth-config-role", ""):
        role = annotations.required("role", "", "Vault role")
    return auth_type, annotations.required("auth-path", settings.auth_path, "Vault auth path"), role


def _needs_token(auth_type: str, parameters: dict[str, str], *, configured: bool) -> bool:
    # A pod that names a file with a token of its own needs no other. With a ConfigMap nobody here knows.
    if configured:
        return True
    own_file = _TOKEN_PARAMETER.get(auth_type)
    return own_file is not None and not parameters.get(own_file)


def _aws_variables(pod: Pod, region: str | None) -> Iterator[JsonObject]:
    found: dict[str, JsonObject] = {}
    for container in pod.containers:
        for entry in _entries(container.manifest.get("env")):
            if entry.get("name") in _AWS:
                found.setdefault(str(entry["name"]), entry)
    if region:
        found["AWS_REGION"] = {"name": "AWS_REGION", "value": region}
    for name in _AWS:
        if name in found:
            yield found[name]


def _entries(env: Any) -> Iterable[JsonObject]:
    return [entry for entry in env if isinstance(entry, dict)] if isinstance(env, list) else ()
