"""One line for each decision, as text or JSON, for our own loggers, kopf's and uvicorn's alike."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

# Libraries that tell of their own doings at INFO, which are nobody's decisions.
_CHATTY: Final = ("kopf", "aiohttp", "uvicorn", "asyncio")
# Warns at every start that signals are ours, which is on purpose.
_CARELESS: Final = "kopf._core.reactor.running"
# The names that slog has for them, so that a log pipeline made for the existing controller goes on working.
_LEVELS: Final = {logging.WARNING: "WARN", logging.CRITICAL: "ERROR"}


def fields(obj: Mapping[str, Any], **more: str) -> dict[str, dict[str, Any]]:
    """Return the ``extra`` of a log call about an object: which one it is, and what more there is to say.

    Empty values are left out. Never pass a value of a Secret.
    """
    metadata = obj["metadata"]
    about = {"namespace": metadata.get("namespace"), "name": metadata.get("name")}
    about["generation"] = metadata.get("generation")
    return {"fields": {name: value for name, value in {**about, **more}.items() if value not in {None, ""}}}


def set_up(level: int, form: str, *, info_stdout: bool = False) -> None:
    """Send all logs to stderr, or those up to INFO to stdout and the rest to stderr.

    Args:
        level: The least that is logged, as `logging` counts.
        form: ``text`` or ``json``.
        info_stdout: Whether to use stdout too, as the existing controller does by default.

    """
    above = _handler(sys.stderr, form)
    handlers = [above]
    if info_stdout:
        above.setLevel(logging.INFO + 1)
        upto = _handler(sys.stdout, form)
        upto.addFilter(lambda record: record.levelno <= logging.INFO)
        handlers.append(upto)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if level <= logging.DEBUG else max(level, logging.WARNING))
    logging.getLogger(_CARELESS).setLevel(logging.DEBUG if level <= logging.DEBUG else max(level, logging.ERROR))


def _handler(stream: TextIO, form: str) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if form == "json" else _Text())
    return handler


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_entry(record) | _trace(self, record), default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(record)
        trace = "".join(f"\n{text}" for text in _trace(self, record).values())
        return " ".join(f"{name}={_quoted(str(value))}" for name, value in entry.items()) + trace


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": _LEVELS.get(record.levelno, record.levelname),
        "msg": record.getMessage(),
        "logger": record.name,
    }
    return entry | getattr(record, "fields", {})


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, str]:
    return {"trace": formatter.formatException(record.exc_info)} if record.exc_info else {}


def _quoted(text: str) -> str:
    """Return text as one word: quoted where it has spaces, so that a line of log stays one line."""
    plain = text and text.isprintable() and not set(text) & set(" \"'=\\")
    # What cannot be printed is escaped: a name that holds a terminal's control characters must not reach one.
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())
