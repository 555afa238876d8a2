"""The webhook's log: one line per event on stderr, as text or as JSON, of fields that hold no value of any pod.

A decision's line has the reason and never the message, since a message may quote an annotation; pods appear by name
only.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final, Literal

LOGGER: Final = logging.getLogger("sealer-injector")
_SERVER: Final = logging.getLogger("uvicorn")
LogFormat = Literal["standard", "json"]

# The names that the existing injector knows (reference 4.1).
LEVELS: Final = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": logging.INFO,
    "warn": logging.WARNING,
    "err": logging.ERROR,
}

Field = str | int | float | bool


def event(message: str, **fields: Field) -> None:
    """Log an event with its fields."""
    LOGGER.info(message, extra={"fields": fields})


def problem(message: str, **fields: Field) -> None:
    """Log what a person should look at."""
    LOGGER.warning(message, extra={"fields": fields})


def configure(level: str, log_format: LogFormat) -> None:
    """Send the log to stderr, and with it what the HTTP server has to complain about.

    Args:
        level: One of LEVELS.
        log_format: ``standard`` for text, ``json`` for one JSON object a line.

    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(as_json=log_format == "json"))
    for logger, least in ((LOGGER, LEVELS[level]), (_SERVER, logging.WARNING)):
        logger.handlers = [handler]
        logger.setLevel(least)
        logger.propagate = False


class _Formatter(logging.Formatter):
    """One line a record; line breaks in a field cannot forge a second one, as every field is JSON-encoded.

    Of an exception there is only its type and where it was raised: its text may quote the pod.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Field] = {**getattr(record, "fields", {}), **_raised(record)}
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": time, "level": record.levelname.lower(), "message": record.getMessage()}
        if self._as_json:
            return json.dumps({**head, **fields})
        words = [f"{name}={json.dumps(value)}" for name, value in fields.items()]
        return " ".join([time, record.levelname, json.dumps(record.getMessage())[1:-1], *words])


def _raised(record: logging.LogRecord) -> dict[str, Field]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    frames = traceback.extract_tb(record.exc_info[2])
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"exception": record.exc_info[0].__name__ + place}
