"""The configuration of our own agent: JSON, version 2, in base64 in the environment variable ``SEALER_AGENT_CONFIG``.

It is the contract between the webhook and ``sealer-agent`` (docs/reference/agent-configuration.md). It names secrets
and holds none. What is not said is left out; the agent's own default applies then.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import orjson

from injector.webhook import connection, launching, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from injector.webhook.request import EnvFile, InjectionRequest, Part, SecretFile
    from injector.webhook.wire import JsonObject

HOME: Final = "/home/vault"
READY_FILE: Final = "/home/vault/ready"
HANDOVER_FOLDER: Final = "/vault/agent-cache"
_HANDOVER: Final = "/vault/agent-cache/handover"
_TOKEN_FILE_PERMISSIONS: Final = "0640"  # noqa: S105  # a file's mode
_USUAL_PORT: Final = 8200


def build(request: InjectionRequest, part: Part) -> JsonObject:
    """Make the configuration of one of a pod's agents; the templates are in the order of their names."""
    first, stays = part != "sidecar", part != "init"
    folders = [*request.folders, *([launching.FOLDER] if request.env_files else [])]
    return _given(
        {
            "version": 2,
            "mode": part,
            "vault": _vault(request),
            "auth": _auth(request),
            "templates": [_template(secret) for secret in request.secrets],
            "template_config": _template_config(request) or None,
            "folders": folders,
            "sinks": _sinks(request) or None,
            "listener": (_listener(request) or None) if stays else None,
            "revoke_on_shutdown": True if stays and request.revoke_grace is not None else None,
            "revoke_grace": request.revoke_grace if stays else None,
            "handover": _HANDOVER if hands_over(request) else None,
            "env_files": [_env_file(env_file) for env_file in request.env_files] or None,
            "launcher": {"destination": launching.LAUNCHER} if request.env_files and first else None,
            "ready_file": READY_FILE if part == "native" else None,
            "log": _log(request) or None,
        }
    )


def encode(config: JsonObject) -> str:
    """Encode a configuration: standard base64 of compact JSON with sorted keys, the same for the same configuration."""
    return base64.b64encode(orjson.dumps(config, option=orjson.OPT_SORT_KEYS)).decode()


def hands_over(request: InjectionRequest) -> bool:
    """Tell whether the init container leaves its token and leases to the sidecar: what a cache is asked for."""
    return request.engine.cache and request.parts == ("init", "sidecar")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _usable(read: Callable[[str, str], object], text: str | None) -> str | None:
    # What the existing injector never checks does not stop a pod: the user is warned, and the agent's default applies.
    return text if text and values.usable(read, text) else None


def _vault(request: InjectionRequest) -> dict[str, Any]:
    vault = request.vault
    retries = _usable(values.unsigned, vault.client_max_retries)
    return _given(
        {
            "address": vault.address,
            "namespace": vault.namespace,
            "ca_cert": vault.ca_cert,
            "ca_path": vault.ca_path,
            "client_cert": vault.client_cert,
            "client_key": vault.client_key,
            "tls_server_name": vault.tls_server_name,
            "tls_skip_verify": vault.tls_skip_verify or None,
            "proxy": vault.proxy_address,
            "timeout": _usable(values.seconds_or_duration, vault.client_timeout),
            "max_retries": None if retries is None else int(retries),
        }
    )


def _auth(request: InjectionRequest) -> dict[str, Any]:
    login = request.login
    known = connection.PARAMETERS.get(login.auth_type, frozenset())
    params = {"role": login.role, **connection.token_parameter(login), **dict(login.parameters)}
    return _given(
        {
            "type": login.auth_type,
            "mount_path": login.mount_path,
            "params": {name: text for name, text in params.items() if name in known and text is not None},
            "namespace": login.namespace,
            "min_backoff": login.min_backoff,
            "max_backoff": login.max_backoff,
            "exit_on_error": login.exit_on_error or None,
        }
    )


def _template(secret: SecretFile) -> dict[str, Any]:
    own = secret.contents is not None or secret.source is not None
    return _given(
        {
            "name": secret.name,
            "destination": secret.destination,
            "default_template": secret.default_template,
            "perms": secret.permissions,
            "contents": secret.contents,
            "source": secret.source,
            "left_delimiter": secret.left_delimiter if own else None,
            "right_delimiter": secret.right_delimiter if own else None,
            "error_on_missing_key": True if own and secret.error_on_missing_key else None,
            "command": secret.command,
            "signal": {"process": secret.signal.process, "signal": secret.signal.name} if secret.signal else None,
        }
    ) | {"path": secret.path}


def _template_config(request: InjectionRequest) -> dict[str, Any]:
    engine = request.engine
    threshold = engine.lease_renewal_threshold
    return _given(
        {
            "exit_on_retry_failure": None if engine.exit_on_retry_failure else False,
            "static_secret_render_interval": _usable(values.seconds_or_duration, engine.static_secret_render_interval),
            # As for the existing agent, nothing and less stand for its default.
            "lease_renewal_threshold": threshold if threshold is not None and 0 < threshold < 1 else None,
            "max_connections_per_host": engine.max_connections_per_host
            if engine.max_connections_per_host > 0
            else None,
        }
    )


def _sinks(request: InjectionRequest) -> list[dict[str, Any]]:
    if request.token_file is None:
        return []
    return [{"path": request.token_file, "perms": _TOKEN_FILE_PERMISSIONS}]


def _listener(request: InjectionRequest) -> dict[str, Any]:
    engine = request.engine
    if not engine.cache and not engine.quit:
        return {}
    port = int(engine.cache_port) if values.usable(values.port, engine.cache_port) else _USUAL_PORT
    usable = values.usable(values.use_auto_auth_token, engine.cache_use_auto_auth_token)
    proxy = (engine.cache_use_auto_auth_token if usable else "true") if engine.cache else None
    return _given({"port": port, "quit": engine.quit or None, "proxy": proxy})


def _env_file(env_file: EnvFile) -> dict[str, Any]:
    fields = [{"name": name, "path": field.path, "key": field.key} for name, field in env_file.fields]
    secrets = [{"prefix": prefix, "path": path} for prefix, path in env_file.secrets]
    return {"path": env_file.path, "perms": env_file.permissions, "variables": [*fields, *secrets]}


def _log(request: InjectionRequest) -> dict[str, Any]:
    return _given(
        {
            "level": _usable(values.log_level, request.agent.log_level),
            "format": _usable(values.log_format, request.agent.log_format),
        }
    )
