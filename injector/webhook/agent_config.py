"""The agent's configuration: JSON, version 1, in base64 in the environment variable ``SEALER_AGENT_CONFIG``.

It is the contract between the webhook and ``sealer-agent``. It names secrets and holds none.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

import orjson

if TYPE_CHECKING:
    from injector.webhook.request import InjectionRequest, SecretFile


class VaultConfig(TypedDict):
    """The Vault server."""

    address: str
    namespace: NotRequired[str]
    ca_cert: NotRequired[str]
    tls_skip_verify: NotRequired[bool]


class AuthConfig(TypedDict):
    """The login; ``mount_path`` begins with ``auth/``."""

    type: str
    mount_path: str
    role: str
    token_path: str


class TemplateConfig(TypedDict):
    """One file; ``contents`` is the user's template, without which the default template is rendered."""

    name: str
    path: str | None
    destination: str
    contents: NotRequired[str]
    left_delimiter: NotRequired[str]
    right_delimiter: NotRequired[str]
    error_on_missing_key: NotRequired[bool]
    default_template: Literal["map", "json"]
    perms: NotRequired[str]


class AgentConfig(TypedDict):
    """The whole configuration."""

    version: Literal[1]
    vault: VaultConfig
    auth: AuthConfig
    templates: list[TemplateConfig]
    exit_after_render: bool


def build(request: InjectionRequest) -> AgentConfig:
    """Make the configuration of a pod's agent; the templates are in the order of their names."""
    return {
        "version": 1,
        "vault": _vault(request),
        "auth": {
            "type": request.login.auth_type,
            "mount_path": request.login.mount_path,
            "role": request.login.role,
            "token_path": request.login.token.path,
        },
        "templates": [_template(secret) for secret in request.secrets],
        "exit_after_render": True,
    }


def encode(config: AgentConfig) -> str:
    """Encode a configuration: standard base64 of compact JSON with sorted keys, the same for the same configuration."""
    return base64.b64encode(orjson.dumps(config, option=orjson.OPT_SORT_KEYS)).decode()


def _vault(request: InjectionRequest) -> VaultConfig:
    config: VaultConfig = {"address": request.vault.address}
    if request.vault.namespace is not None:
        config["namespace"] = request.vault.namespace
    if request.vault.ca_cert is not None:
        config["ca_cert"] = request.vault.ca_cert
    if request.vault.tls_skip_verify:
        config["tls_skip_verify"] = True
    return config


def _template(secret: SecretFile) -> TemplateConfig:
    config: TemplateConfig = {
        "name": secret.name,
        "path": secret.path,
        "destination": secret.destination,
        "default_template": secret.default_template,
    }
    if secret.contents is not None:
        config["contents"] = secret.contents
        if secret.left_delimiter is not None:
            config["left_delimiter"] = secret.left_delimiter
        if secret.right_delimiter is not None:
            config["right_delimiter"] = secret.right_delimiter
        if secret.error_on_missing_key:
            config["error_on_missing_key"] = True
    if secret.permissions is not None:
        config["perms"] = secret.permissions
    return config
