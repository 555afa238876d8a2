"""The configuration of Vault's agent, and of OpenBao's, which reads the same: JSON (reference, 3.1 and 3.2).

What annotations say stands in it as they say it: Vault's agent checks it, and reports what it does not like.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from injector.webhook.request import InjectionRequest, Part, SecretFile
    from injector.webhook.wire import JsonObject

HOME: Final = "/home/vault"
TOKEN_FILE: Final = f"{HOME}/.vault-token"
CACHE_FOLDER: Final = "/vault/agent-cache"
_LEFT, _RIGHT = "{{", "}}"


def build(request: InjectionRequest, part: Part) -> JsonObject:
    """Make the configuration of one of a pod's agents; the templates are in the order of their names."""
    engine = request.engine
    return {
        "auto_auth": {"method": _method(request), "sink": _sinks(request)},
        "exit_after_auth": part == "init",
        "pid_file": f"{HOME}/.pid",
        "vault": _vault(request),
        **_given(
            {
                "template": [_template(secret) for secret in request.secrets],
                "template_config": _template_config(request),
                "disable_idle_connections": list(engine.disable_idle_connections),
                "disable_keep_alives": list(engine.disable_keep_alives),
                "telemetry": dict(engine.telemetry),
            }
        ),
        **_cache(request, part),
    }


def encode(config: JsonObject) -> str:
    """Encode a configuration: standard base64 of compact JSON with sorted keys, the same for the same configuration."""
    return base64.b64encode(json.dumps(config, separators=(",", ":"), sort_keys=True).encode()).decode()


def persists(request: InjectionRequest) -> bool:
    """Tell whether the init container leaves a cache to the sidecar (reference, 3.2)."""
    return request.engine.cache and request.parts == ("init", "sidecar")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that have something in them; false and zero are something."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}


def _method(request: InjectionRequest) -> JsonObject:
    login = request.login
    # Set for every method, as the existing injector does; one that has no use for it passes over it.
    token = {} if login.token is None else {"token_path": login.token.path}
    return _given(
        {
            "type": login.auth_type,
            "mount_path": login.mount_path,
            "config": _given({**token, **dict(login.parameters), "role": login.role}),
            "namespace": login.namespace or request.vault.namespace,
            "min_backoff": login.min_backoff,
            "max_backoff": login.max_backoff,
            "exit_on_err": login.exit_on_error or None,
        }
    )


def _sinks(request: InjectionRequest) -> list[JsonObject]:
    paths = (TOKEN_FILE, *(() if request.token_file is None else (request.token_file,)))
    return [{"type": "file", "config": {"path": path}} for path in paths]


def _vault(request: InjectionRequest) -> JsonObject:
    vault = request.vault
    return _given(
        {
            "address": vault.address,
            "ca_cert": vault.ca_cert,
            "ca_path": vault.ca_path,
            "client_cert": vault.client_cert,
            "client_key": vault.client_key,
            "tls_server_name": vault.tls_server_name,
            "tls_skip_verify": vault.tls_skip_verify or None,
        }
    )


def _template(secret: SecretFile) -> JsonObject:
    own = secret.contents is not None or secret.source is not None
    contents = secret.contents if own else _default_template(secret)
    return _given(
        {
            "destination": secret.destination,
            "contents": None if secret.source is not None and secret.contents is None else contents,
            "source": secret.source if secret.contents is None else None,
            # A default template has the usual ones, whatever the pod says of its own.
            "left_delimiter": (secret.left_delimiter if own else None) or _LEFT,
            "right_delimiter": (secret.right_delimiter if own else None) or _RIGHT,
            "error_on_missing_key": secret.error_on_missing_key or None,
            "perms": secret.permissions,
            "command": secret.command,
        }
    )


def _default_template(secret: SecretFile) -> str:
    # A JSON string is a Go string.
    path = json.dumps(secret.path or "", ensure_ascii=False)
    if secret.default_template == "json":
        body = "{{ .Data | toJSON }}\n"
    else:
        body = "{{ range $name, $value := .Data }}{{ $name }}: {{ $value }}\n{{ end }}"
    return f"{{{{ with secret {path} }}}}{body}{{{{ end }}}}"


def _template_config(request: InjectionRequest) -> JsonObject:
    engine = request.engine
    return _given(
        {
            "exit_on_retry_failure": engine.exit_on_retry_failure,
            "static_secret_render_interval": engine.static_secret_render_interval,
            "max_connections_per_host": engine.max_connections_per_host or None,
            "lease_renewal_threshold": engine.lease_renewal_threshold or None,
        }
    )


def _cache(request: InjectionRequest, part: Part) -> JsonObject:
    """Return cache and listener: a cache for an agent that stays, and one that is handed over where both run."""
    engine = request.engine
    cache: JsonObject | None = None
    if persists(request):
        cache = {"use_auto_auth_token": engine.cache_use_auto_auth_token, "persist": _persist(request)}
    elif engine.cache and part != "init":
        cache = {"use_auto_auth_token": engine.cache_use_auto_auth_token}
    elif engine.quit:
        # Vault's agent opens a listener only where there is a cache.
        cache = {}
    if cache is None:
        return {}
    quit_api = {"agent_api": {"enable_quit": True}} if engine.quit else {}
    listener = {"type": "tcp", "address": f"127.0.0.1:{engine.cache_port}", "tls_disable": True, **quit_api}
    return {"cache": cache, "listener": [listener]}


def _persist(request: InjectionRequest) -> JsonObject:
    exits = {"exit_on_err": True} if request.engine.cache_exit_on_error else {}
    token = request.login.token
    # The cache is encrypted with the service account's token, which need not be at its usual place.
    file = {} if token is None else {"service_account_token_file": token.path}
    return {"type": "kubernetes", "path": CACHE_FOLDER, **exits, **file}
