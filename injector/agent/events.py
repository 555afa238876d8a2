"""What the agent says on stderr: one line for each event, and never a value."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from injector.agent.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["info", "warn", "error"]

_LEVELS: Final[Mapping[str, int]] = {
    "trace": 0, "debug": 1, "info": 2, "notice": 2, "warn": 3, "warning": 3, "err": 4, "error": 4,
}  # fmt: skip
_STDERR: Final = 2


@dataclass(frozen=True)
class Events:
    """Lines on stderr.

    Attributes:
        least: The level below which nothing is said.
        as_json: Whether a line is JSON, with the fields that the existing agent's lines have.

    """

    least: int = _LEVELS["info"]
    as_json: bool = False

    def info(self, event: str) -> None:
        """Say what was done."""
        self._say("info", event)

    def warn(self, event: str) -> None:
        """Say what went wrong, and is borne."""
        self._say("warn", event)

    def complain(self, message: str, hint: str | None) -> None:
        """Say what ended the agent, as all commands do."""
        if self.as_json:
            self._say("error", f"{message} ({hint})" if hint else message)
            return
        _write(f"error: {message}\n" + (f"hint: {hint}\n" if hint else ""))

    def _say(self, level: Level, event: str) -> None:
        if _LEVELS[level] >= self.least:
            _write(_as_json(level, event) if self.as_json else f"sealer-agent: {event}\n")


def events_of(level: str | None, form: str | None, environ: Mapping[str, str]) -> Events:
    """Return what a configuration asks for; below it, ``VAULT_LOG_LEVEL`` and ``VAULT_LOG_FORMAT`` count.

    Raises:
        ConfigurationError: There is no such level or format.

    """
    word = (level or environ.get("BAO_LOG_LEVEL") or environ.get("VAULT_LOG_LEVEL") or "info").lower()
    if word not in _LEVELS:
        raise ConfigurationError(f'log level: "{word}" is not one of: {", ".join(_LEVELS)}')
    shape = (form or environ.get("BAO_LOG_FORMAT") or environ.get("VAULT_LOG_FORMAT") or "standard").lower()
    if shape not in {"standard", "json"}:
        raise ConfigurationError(f'log format: "{shape}" is not one of: standard, json')
    return Events(_LEVELS[word], shape == "json")


def place_of(error: BaseException) -> str:
    """Return the class of an error that nobody expected and the lines that led to it, without its words (pure)."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join([type(error).__name__, *reversed(lines)])


def _write(text: str) -> None:
    # One write for a line, since threads speak, too. Whoever closed our stderr does not end us.
    try:
        os.write(_STDERR, text.encode(errors="replace"))
    except OSError:
        return


def _as_json(level: Level, event: str) -> str:
    import json  # noqa: PLC0415  # loaded by then, but for --help

    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
    line = {"@level": level, "@message": event, "@module": "sealer-agent", "@timestamp": moment}
    return json.dumps(line, ensure_ascii=False) + "\n"
