"""One line for each decision, as text or JSON, for our own loggers, kopf's and uvicorn's alike."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Libraries that tell of their own doings at INFO, which are nobody's decisions.
_CHATTY: Final = ("kopf", "aiohttp", "uvicorn", "asyncio")
# Warns at every start that signals are ours, which is on purpose.
_CARELESS: Final = "kopf._core.reactor.running"


def fields(obj: Mapping[str, Any], **more: str) -> dict[str, dict[str, Any]]:
    """Return the ``extra`` of a log call about an object: which one it is, and what more there is to say.

    Empty values are left out. Never pass a value of a Secret.
    """
    metadata = obj["metadata"]
    about = {"namespace": metadata.get("namespace"), "name": metadata.get("name")}
    about["generation"] = metadata.get("generation")
    return {"fields": {name: value for name, value in {**about, **more}.items() if value not in {None, ""}}}


def set_up(level: str, form: str) -> None:
    """Send all logs to stderr.

    Args:
        level: ``DEBUG``, ``INFO``, ``WARN``, ``WARNING`` or ``ERROR``, in any case.
        form: ``text`` or ``json``.

    """
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if number <= logging.DEBUG else logging.WARNING)
    logging.getLogger(_CARELESS).setLevel(logging.DEBUG if number <= logging.DEBUG else logging.ERROR)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_entry(record) | _trace(self, record), ensure_ascii=False, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(record)
        trace = "".join(f"\n{text}" for text in _trace(self, record).values())
        return " ".join(f"{name}={_quoted(str(value))}" for name, value in entry.items()) + trace


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "msg": record.getMessage(),
        "logger": record.name,
    }
    return entry | getattr(record, "fields", {})


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, str]:
    return {"trace": formatter.formatException(record.exc_info)} if record.exc_info else {}


def _quoted(text: str) -> str:
    """Return text as one word: quoted where it has spaces, so that a line of log stays one line."""
    plain = text and text.isprintable() and not set(text) & set(" \"'=\\")
    return text if plain else json.dumps(text, ensure_ascii=False)
