"""The agent's configuration: what the webhook puts in ``SEALER_AGENT_CONFIG`` (pure).

JSON, in the environment variable base64 of it::

    {"version": 1,
     "vault": {"address": str, "namespace"?: str, "ca_cert"?: str, "tls_skip_verify"?: bool},
     "auth": {"type": "kubernetes", "mount_path": "auth/kubernetes", "role": str, "token_path": str},
     "templates": [{"name": str, "path": str | null, "destination": str, "default_template": "map" | "json",
                    "perms"?: str, "contents"?: str, "left_delimiter"?: str, "right_delimiter"?: str,
                    "error_on_missing_key"?: bool}],
     "exit_after_render": true}

A field that is not listed is an error: a newer webhook asks for something that this agent would leave out.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

from injector.agent.errors import ConfigurationError
from injector.agent.fields import known_object, optional, optional_text, required

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION: Final = 1
_TEMPLATE_FIELDS: Final = (
    "name", "path", "destination", "contents", "left_delimiter", "right_delimiter", "error_on_missing_key",
    "default_template", "perms",
)  # fmt: skip
_PERMS: Final = re.compile(r"0?[0-7]{1,4}")

DefaultTemplate = Literal["map", "json"]


@dataclass(frozen=True)
class VaultSettings:
    """The part ``vault``."""

    address: str
    namespace: str | None
    ca_cert: str | None
    tls_skip_verify: bool | None


@dataclass(frozen=True)
class AuthSettings:
    """The part ``auth``: kubernetes login."""

    mount_path: str
    role: str
    token_path: str


@dataclass(frozen=True)
class TemplateSettings:
    """One file to write.

    Attributes:
        name: The secret's name in the annotations.
        path: Vault path; None only where `contents` is there, which names its own.
        destination: Absolute path of the file.
        default_template: How to print the secret.
        mode: Mode of the file; None for 0644 or, if the file is there, the mode it has.
        contents: A template of the user's; None for the default template.
        delimiters: What begins and what ends an action of `contents`; empty for the usual ones.
        error_on_missing_key: Whether a missing key is an error in `contents`.

    """

    name: str
    path: str | None
    destination: str
    default_template: DefaultTemplate
    mode: int | None
    contents: str | None = field(default=None, repr=False)
    delimiters: tuple[str, str] = ("", "")
    error_on_missing_key: bool = False


@dataclass(frozen=True)
class AgentConfig:
    """The whole configuration."""

    vault: VaultSettings
    auth: AuthSettings
    templates: tuple[TemplateSettings, ...]


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
    known_object(top, "", ("version", "vault", "auth", "templates", "exit_after_render"))
    version = required(top, "version", int)
    if version != _VERSION:
        raise ConfigurationError(
            f"version: this agent reads version {_VERSION}, and found {version}",
            hint="use the agent image that belongs to the webhook",
        )
    if not required(top, "exit_after_render", bool):
        raise ConfigurationError("exit_after_render: must be true: this agent fetches once, and does not stay")
    return AgentConfig(_vault(top.get("vault")), _auth(top.get("auth")), _templates(top.get("templates")))


def _vault(value: object) -> VaultSettings:
    part = known_object(value, "vault", ("address", "namespace", "ca_cert", "tls_skip_verify"))
    return VaultSettings(
        address=required(part, "vault.address", str),
        namespace=optional(part, "vault.namespace", str),
        ca_cert=optional(part, "vault.ca_cert", str),
        tls_skip_verify=optional(part, "vault.tls_skip_verify", bool),
    )


def _auth(value: object) -> AuthSettings:
    part = known_object(value, "auth", ("type", "mount_path", "role", "token_path"))
    kind = required(part, "auth.type", str)
    if kind != "kubernetes":
        raise ConfigurationError(f'auth.type: "{kind}" is not one of: kubernetes')
    return AuthSettings(
        mount_path=required(part, "auth.mount_path", str),
        role=required(part, "auth.role", str),
        token_path=required(part, "auth.token_path", str),
    )


def _templates(value: object) -> tuple[TemplateSettings, ...]:
    if not isinstance(value, list):
        raise ConfigurationError("templates: must be a list")
    templates = tuple(_template(entry, f"templates[{index}]") for index, entry in enumerate(value))
    _refuse_duplicates(template.destination for template in templates)
    return templates


def _template(value: object, at: str) -> TemplateSettings:
    part = known_object(value, at, _TEMPLATE_FIELDS)
    contents = optional_text(part, f"{at}.contents")
    default = required(part, f"{at}.default_template", str)
    if default not in {"map", "json"}:
        raise ConfigurationError(f'{at}.default_template: "{default}" is not one of: map, json')
    return TemplateSettings(
        name=required(part, f"{at}.name", str),
        path=required(part, f"{at}.path", str) if contents is None else optional(part, f"{at}.path", str),
        destination=_destination(required(part, f"{at}.destination", str), at),
        default_template=cast("DefaultTemplate", default),  # checked above
        mode=_mode(optional(part, f"{at}.perms", str), at),
        contents=contents,
        delimiters=(
            optional_text(part, f"{at}.left_delimiter") or "",
            optional_text(part, f"{at}.right_delimiter") or "",
        ),
        error_on_missing_key=bool(optional(part, f"{at}.error_on_missing_key", bool)),
    )


def file_path(text: str) -> str | None:
    """Return an absolute path of a file, cleaned; None where it is none or climbs."""
    if not text.startswith("/") or text.endswith(("/", "/.")) or ".." in text.split("/") or "\0" in text:
        return None
    return "/" + posixpath.normpath(text).lstrip("/")


def _destination(text: str, at: str) -> str:
    path = file_path(text)
    if path is None:
        raise ConfigurationError(f'{at}.destination: "{text}" is not the absolute path of a file, without ".."')
    return path


def _mode(text: str | None, at: str) -> int | None:
    if not text:
        return None
    if not _PERMS.fullmatch(text):
        raise ConfigurationError(f'{at}.perms: "{text}" is not an octal mode', hint="such as 0640")
    return int(text, 8)


def _refuse_duplicates(destinations: Iterable[str]) -> None:
    seen: set[str] = set()
    for destination in destinations:
        if destination in seen:
            raise ConfigurationError(f"templates: two of them write {destination}")
        seen.add(destination)
