"""The agent's configuration: what the webhook puts in ``SEALER_AGENT_CONFIG`` (pure).

JSON, in the environment variable base64 of it::

    {"version": 1,
     "vault": {"address": str, "namespace"?: str, "ca_cert"?: str, "tls_skip_verify"?: bool},
     "auth": {"type": "kubernetes", "mount_path": "auth/kubernetes", "role": str, "token_path": str},
     "templates": [{"name": str, "path": str | null, "destination": str, "contents"?: str,
                    "default_template": "map" | "json", "perms"?: str}],
     "exit_after_render": true}

A field that is not listed is an error: a newer webhook asks for something that this agent would leave out.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

from injector.agent.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_T = TypeVar("_T")
_VERSION: Final = 1
_PERMS: Final = re.compile(r"0?[0-7]{1,4}")
_TYPE_NAMES: Final[Mapping[type, str]] = {str: "a string", bool: "true or false", int: "a number", dict: "a mapping"}

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
        path: Vault path.
        destination: Absolute path of the file.
        default_template: How to print the secret.
        mode: Mode of the file; None for 0644 or, if the file is there, the mode it has.

    """

    name: str
    path: str
    destination: str
    default_template: DefaultTemplate
    mode: int | None


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
    _object(top, "", ("version", "vault", "auth", "templates", "exit_after_render"))
    version = _required(top, "version", int)
    if version != _VERSION:
        raise ConfigurationError(
            f"version: this agent reads version {_VERSION}, and found {version}",
            hint="use the agent image that belongs to the webhook",
        )
    if not _required(top, "exit_after_render", bool):
        raise ConfigurationError("exit_after_render: must be true: this agent fetches once, and does not stay")
    return AgentConfig(_vault(top.get("vault")), _auth(top.get("auth")), _templates(top.get("templates")))


def _vault(value: object) -> VaultSettings:
    part = _object(value, "vault", ("address", "namespace", "ca_cert", "tls_skip_verify"))
    return VaultSettings(
        address=_required(part, "vault.address", str),
        namespace=_optional(part, "vault.namespace", str),
        ca_cert=_optional(part, "vault.ca_cert", str),
        tls_skip_verify=_optional(part, "vault.tls_skip_verify", bool),
    )


def _auth(value: object) -> AuthSettings:
    part = _object(value, "auth", ("type", "mount_path", "role", "token_path"))
    kind = _required(part, "auth.type", str)
    if kind != "kubernetes":
        raise ConfigurationError(f'auth.type: "{kind}" is not one of: kubernetes')
    return AuthSettings(
        mount_path=_required(part, "auth.mount_path", str),
        role=_required(part, "auth.role", str),
        token_path=_required(part, "auth.token_path", str),
    )


def _templates(value: object) -> tuple[TemplateSettings, ...]:
    if not isinstance(value, list):
        raise ConfigurationError("templates: must be a list")
    templates = tuple(_template(entry, f"templates[{index}]") for index, entry in enumerate(value))
    _refuse_duplicates(template.destination for template in templates)
    return templates


def _template(value: object, at: str) -> TemplateSettings:
    part = _object(value, at, ("name", "path", "destination", "contents", "default_template", "perms"))
    name = _required(part, f"{at}.name", str)
    if part.get("contents") is not None:
        raise ConfigurationError(
            f"{at}: the secret {name} has a custom template, and this agent renders only the default templates",
            hint="custom templates come with the template engine; until then remove the template annotation",
        )
    default = _required(part, f"{at}.default_template", str)
    if default not in {"map", "json"}:
        raise ConfigurationError(f'{at}.default_template: "{default}" is not one of: map, json')
    return TemplateSettings(
        name=name,
        path=_required(part, f"{at}.path", str),
        destination=_destination(_required(part, f"{at}.destination", str), at),
        default_template=cast("DefaultTemplate", default),  # checked above
        mode=_mode(_optional(part, f"{at}.perms", str), at),
    )


def _destination(text: str, at: str) -> str:
    if not text.startswith("/") or text.endswith("/") or ".." in text.split("/") or "\0" in text:
        raise ConfigurationError(f'{at}.destination: "{text}" is not the absolute path of a file, without ".."')
    return "/" + posixpath.normpath(text).lstrip("/")


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


def _object(value: object, at: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{at or 'the configuration'}: must be a mapping")
    unknown = next((key for key in value if key not in known), None)
    if unknown is not None:
        where = f"{at}.{unknown}" if at else unknown
        raise ConfigurationError(f"{where}: this agent does not know it", hint=f"known: {', '.join(known)}")
    return value


def _optional(part: Mapping[str, Any], at: str, wanted: type[_T]) -> _T | None:
    value = part.get(at.rpartition(".")[2])
    # A bool is an int to Python, but not to JSON.
    if value is None or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))):
        return value
    raise ConfigurationError(f"{at}: must be {_TYPE_NAMES[wanted]}")


def _required(part: Mapping[str, Any], at: str, wanted: type[_T]) -> _T:
    value = _optional(part, at, wanted)
    if value is None or value == "":
        raise ConfigurationError(f"{at}: missing")
    return value
