"""The agent's configuration: what the webhook puts in ``SEALER_AGENT_CONFIG`` (pure).

JSON, in the environment variable base64 of it; docs/reference/agent-configuration.md lists the fields. A field that is
not listed there is an error: a newer webhook asks for something that this agent would leave out. Version 1 is read as
earlier webhooks wrote it: a login by Kubernetes, and an agent that ends.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final, cast

from injector.agent import fields
from injector.agent.config_files import env_files, sinks, templates
from injector.agent.errors import ConfigurationError
from injector.agent.fields import known_object, optional, required
from injector.agent.settings import (
    AgentConfig,
    AuthSettings,
    Launcher,
    Listener,
    Mode,
    ProxyToken,
    Refresh,
    VaultSettings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FIRST: Final = 1
_NEWEST: Final = 2
_METHODS: Final = ("kubernetes", "approle", "jwt", "cert", "token_file", "aws")
_TOP: Final = (
    "version", "mode", "vault", "auth", "templates", "template_config", "retry_for", "folders", "sinks", "listener",
    "revoke_on_shutdown", "revoke_grace", "handover", "env_files", "launcher", "ready_file", "log",
)  # fmt: skip
_VAULT: Final = (
    "address", "namespace", "ca_cert", "tls_skip_verify", "ca_path", "client_cert", "client_key", "tls_server_name",
    "proxy", "timeout", "max_retries",
)  # fmt: skip
_AUTH: Final = ("type", "mount_path", "params", "namespace", "min_backoff", "max_backoff", "exit_on_error", "wrap_ttl")
_REFRESH: Final = (
    "exit_on_retry_failure", "static_secret_render_interval", "lease_renewal_threshold", "max_connections_per_host",
)  # fmt: skip
_MANY: Final = 1000


def decode_variable(text: str) -> AgentConfig:
    """Read the value of ``SEALER_AGENT_CONFIG``.

    Raises:
        ConfigurationError: It is not base64 of a configuration.

    """
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError("SEALER_AGENT_CONFIG is not base64", hint="it holds base64 of JSON") from None
    return decode_config(data)


def decode_config(data: bytes) -> AgentConfig:
    """Read a configuration.

    Raises:
        ConfigurationError: It is none; the message names the field.

    """
    try:
        top = json.loads(data)
    except (ValueError, RecursionError):
        # `from None`: the decoder's error carries the document, and a template's text may hold a secret.
        raise ConfigurationError("the agent's configuration is not JSON") from None
    version = required(known_object(top, "", (*_TOP, "exit_after_render")), "version", int)
    if version == _FIRST:
        return _first_version(top)
    if version == _NEWEST:
        return _newest_version(top)
    raise ConfigurationError(
        f"version: this agent reads versions {_FIRST} and {_NEWEST}, and found {version}",
        hint="use the agent image that belongs to the webhook",
    )


def _first_version(value: object) -> AgentConfig:
    top = known_object(value, "", ("version", "vault", "auth", "templates", "exit_after_render"))
    if not required(top, "exit_after_render", bool):
        raise ConfigurationError("exit_after_render: must be true in version 1", hint="write version 2, and a mode")
    auth = known_object(top.get("auth"), "auth", ("type", "mount_path", "role", "token_path"))
    return AgentConfig(
        mode="init",
        vault=_vault(top.get("vault")),
        auth=AuthSettings(
            kind=fields.chosen(auth, "auth.type", ("kubernetes",)),
            mount_path=required(auth, "auth.mount_path", str),
            params={name: required(auth, f"auth.{name}", str) for name in ("role", "token_path")},
        ),
        templates=templates(top.get("templates")),
    )


def _newest_version(value: object) -> AgentConfig:
    top = known_object(value, "", _TOP)
    log = known_object(top.get("log", {}), "log", ("level", "format"))
    grace = fields.seconds(top, "revoke_grace")
    config = AgentConfig(
        mode=cast("Mode", fields.chosen(top, "mode", ("init", "sidecar", "native"))),
        vault=_vault(top.get("vault")),
        auth=_auth(top.get("auth")),
        templates=templates(top.get("templates", [])),
        env_files=env_files(fields.items(top, "env_files")),
        refresh=_refresh(top.get("template_config", {})),
        retry_for=fields.seconds(top, "retry_for"),
        folders=_folders(fields.items(top, "folders")),
        sinks=sinks(fields.items(top, "sinks")),
        listener=_listener(top["listener"]) if top.get("listener") is not None else None,
        revoke_on_shutdown=optional(top, "revoke_on_shutdown", bool) or False,
        revoke_grace=5.0 if grace is None else grace,
        handover=fields.optional_path(top, "handover"),
        launcher=_launcher(top["launcher"]) if top.get("launcher") is not None else None,
        ready_file=fields.optional_path(top, "ready_file"),
        log_level=optional(log, "log.level", str),
        log_format=fields.chosen(log, "log.format", ("standard", "json")) if log.get("format") else None,
    )
    _check(config)
    return config


def _check(config: AgentConfig) -> None:
    if config.mode == "native" and config.ready_file is None:
        raise ConfigurationError("ready_file: missing", hint="a native sidecar's probe looks at it")
    if config.auth.wrap_ttl and (config.templates or config.env_files or config.mode != "init"):
        raise ConfigurationError(
            "auth.wrap_ttl: the agent cannot use a token that it gets wrapped",
            hint="only in mode init, with sinks and without secrets",
        )
    _refuse_duplicates(
        [one.destination for one in config.templates]
        + [one.path for one in config.env_files]
        + [one.path for one in config.sinks]
    )


def _vault(value: object) -> VaultSettings:
    part = known_object(value, "vault", _VAULT)
    retries = fields.number(part, "vault.max_retries", 0, _MANY)
    return VaultSettings(
        address=required(part, "vault.address", str),
        tls_skip_verify=optional(part, "vault.tls_skip_verify", bool),
        timeout=fields.seconds(part, "vault.timeout"),
        max_retries=None if retries is None else int(retries),
        **{
            name: optional(part, f"vault.{name}", str)
            for name in ("namespace", "ca_cert", "ca_path", "client_cert", "client_key", "tls_server_name", "proxy")
        },
    )


def _auth(value: object) -> AuthSettings:
    part = known_object(value, "auth", _AUTH)
    params: Mapping[str, Any] = optional(part, "auth.params", dict) or {}
    for name, text in params.items():
        if not isinstance(text, str):
            raise ConfigurationError(f"auth.params.{name}: must be a string")
    return AuthSettings(
        kind=fields.chosen(part, "auth.type", _METHODS),
        mount_path=required(part, "auth.mount_path", str),
        params=params,
        namespace=optional(part, "auth.namespace", str),
        min_backoff=fields.seconds(part, "auth.min_backoff"),
        max_backoff=fields.seconds(part, "auth.max_backoff"),
        exit_on_error=optional(part, "auth.exit_on_error", bool) or False,
        wrap_ttl=optional(part, "auth.wrap_ttl", str) or "",
    )


def _refresh(value: object) -> Refresh:
    part = known_object(value, "template_config", _REFRESH)
    exits = optional(part, "template_config.exit_on_retry_failure", bool)
    # 0 is what the existing injector writes for "not said".
    connections = fields.number(part, "template_config.max_connections_per_host", 0, _MANY)
    threshold = fields.number(part, "template_config.lease_renewal_threshold", 0, 1)
    return Refresh(
        static_interval=fields.seconds(part, "template_config.static_secret_render_interval") or 300.0,
        threshold=threshold if threshold and threshold < 1 else 0.9,
        max_connections=int(connections or 10),
        exit_on_failure=True if exits is None else exits,
    )


def _listener(value: object) -> Listener:
    part = known_object(value, "listener", ("port", "quit", "proxy"))
    given = optional(part, "listener.proxy", str)
    proxy = fields.chosen(part, "listener.proxy", ("false", "true", "force")) if given is not None else None
    return Listener(
        port=int(fields.number(part, "listener.port", 1, 65535) or 8200),
        quits=optional(part, "listener.quit", bool) or False,
        proxy=cast("ProxyToken | None", proxy),  # checked above
    )


def _launcher(value: object) -> Launcher:
    part = known_object(value, "launcher", ("source", "destination"))
    destination, source = fields.path(part, "launcher.destination"), fields.optional_path(part, "launcher.source")
    return Launcher(destination) if source is None else Launcher(destination, source)


def _folders(found: list[Any]) -> tuple[str, ...]:
    return tuple(fields.path({"path": item}, f"folders[{index}].path") for index, item in enumerate(found))


def _refuse_duplicates(destinations: Iterable[str]) -> None:
    seen: set[str] = set()
    for destination in destinations:
        if destination in seen:
            raise ConfigurationError(f"two files of the configuration are {destination}")
        seen.add(destination)
