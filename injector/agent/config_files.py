"""The files of a configuration: templates, files of environment variables, files for the token (pure)."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any, Final, cast

from injector.agent import fields
from injector.agent.errors import ConfigurationError
from injector.agent.fields import known_object, optional, optional_text, required
from injector.agent.settings import Access, Custom, EnvFile, EnvVariable, Signal, Sink, TemplateSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.agent.settings import DefaultTemplate

_CUSTOM: Final = ("contents", "left_delimiter", "right_delimiter", "error_on_missing_key")
_TEMPLATE: Final = (
    "name", "path", "destination", *_CUSTOM, "source", "default_template", "perms", "user", "group", "command",
    "command_timeout", "signal",
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def templates(value: object) -> tuple[TemplateSettings, ...]:
    """Read the list ``templates``.

    Raises:
        ConfigurationError: One of them cannot be used, or two write one file.

    """
    if not isinstance(value, list):
        raise ConfigurationError("templates: must be a list")
    found = tuple(_template(entry, f"templates[{index}]") for index, entry in enumerate(value))
    seen: set[str] = set()
    for template in found:
        if template.destination in seen:
            raise ConfigurationError(f"templates: two of them write {template.destination}")
        seen.add(template.destination)
    return found


def env_files(found: list[Any]) -> tuple[EnvFile, ...]:
    """Read the list ``env_files``.

    Raises:
        ConfigurationError: One of them cannot be used.

    """
    return tuple(_env_file(entry, f"env_files[{index}]") for index, entry in enumerate(found))


def sinks(found: list[Any]) -> tuple[Sink, ...]:
    """Read the list ``sinks``.

    Raises:
        ConfigurationError: One of them cannot be used.

    """
    return tuple(_sink(entry, f"sinks[{index}]") for index, entry in enumerate(found))


def _template(value: object, at: str) -> TemplateSettings:
    part = known_object(value, at, _TEMPLATE)
    custom = _custom(part, at)
    return TemplateSettings(
        name=required(part, f"{at}.name", str),
        path=required(part, f"{at}.path", str) if custom is None else optional(part, f"{at}.path", str),
        destination=fields.path(part, f"{at}.destination"),
        default_template=cast(
            "DefaultTemplate", fields.chosen(part, f"{at}.default_template", ("map", "json"))
        ),  # checked by it
        access=_access(part, at),
        custom=custom,
        command=(optional_text(part, f"{at}.command") or "").strip(),
        command_timeout=fields.seconds(part, f"{at}.command_timeout") or 30.0,
        signal=_signal(part["signal"], f"{at}.signal") if part.get("signal") is not None else None,
    )


def _access(part: Mapping[str, Any], at: str, default: int | None = None) -> Access:
    mode = fields.mode(part, f"{at}.perms")
    return Access(
        mode=default if mode is None else mode,
        user=optional(part, f"{at}.user", str) or "",
        group=optional(part, f"{at}.group", str) or "",
    )


def _custom(part: Mapping[str, Any], at: str) -> Custom | None:
    contents = optional_text(part, f"{at}.contents")
    source = fields.optional_path(part, f"{at}.source") if contents is None else None
    left, right = (optional_text(part, f"{at}.{side}_delimiter") or "" for side in ("left", "right"))
    missing = bool(optional(part, f"{at}.error_on_missing_key", bool))
    if contents is None and source is None:
        return None
    return Custom(contents, source, (left, right), missing)


def _signal(value: object, at: str) -> Signal:
    part = known_object(value, at, ("process", "signal"))
    word = required(part, f"{at}.signal", str).upper()
    name = word if word.startswith("SIG") else f"SIG{word}"
    if name not in signal.Signals.__members__:
        raise ConfigurationError(f'{at}.signal: there is no signal "{word}"', hint="such as HUP")
    return Signal(required(part, f"{at}.process", str), signal.Signals[name].value)


def _env_file(value: object, at: str) -> EnvFile:
    part = known_object(value, at, ("path", "perms", "user", "group", "variables"))
    variables = fields.items(part, f"{at}.variables")
    return EnvFile(
        path=fields.path(part, f"{at}.path"),
        variables=tuple(_variable(entry, f"{at}.variables[{index}]") for index, entry in enumerate(variables)),
        access=_access(part, at, 0o400),
    )


def _variable(value: object, at: str) -> EnvVariable:
    part = known_object(value, at, ("name", "path", "key", "prefix", *_CUSTOM))
    name, prefix = optional(part, f"{at}.name", str) or "", optional(part, f"{at}.prefix", str)
    if name and not _NAME.fullmatch(name):
        raise ConfigurationError(f'{at}.name: "{name}" is no name of a variable', hint="letters, digits and _")
    custom = _custom(part, at)
    if custom is not None:
        return EnvVariable(name=required(part, f"{at}.name", str), custom=custom)
    path = required(part, f"{at}.path", str)
    if name:
        return EnvVariable(name=name, path=path, key=required(part, f"{at}.key", str))
    if prefix is None:
        raise ConfigurationError(f"{at}: has neither a name nor a prefix")
    return EnvVariable(path=path, prefix=prefix)


def _sink(value: object, at: str) -> Sink:
    part = known_object(value, at, ("path", "perms"))
    mode = fields.mode(part, f"{at}.perms")
    path = fields.path(part, f"{at}.path")
    return Sink(path) if mode is None else Sink(path, mode)
