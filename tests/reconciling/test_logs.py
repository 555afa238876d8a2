"""Where log lines go, and what they look like."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from controller import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

SEALED = {
    "metadata": {"namespace": "shop", "name": "db", "generation": 3, "labels": {"a": "b"}},
    "spec": {"x": "canary"},
}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave the loggers as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    chatty = {name: logging.getLogger(name).level for name in ("kopf", "aiohttp", "uvicorn", "asyncio")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in chatty.items():
        logging.getLogger(name).setLevel(before)


def said() -> None:
    log = logging.getLogger("controller.x")
    log.debug("finely")
    log.info("synced", extra=logs.fields(SEALED, action="create", error=""))
    log.warning("not synced", extra=logs.fields(SEALED, reason="DecryptFailed", error="no key could decrypt (a, b)"))
    log.error("broken")


def test_as_text_each_line_is_words_and_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logging.INFO, "text")
    said()
    out, err = capsys.readouterr()
    assert out == ""
    what = "logger=controller.x namespace=shop name=db generation=3"
    assert [line.partition(" ")[2] for line in err.splitlines()] == [
        f"level=INFO msg=synced {what} action=create",
        f'level=WARN msg="not synced" {what} reason=DecryptFailed error="no key could decrypt (a, b)"',
        "level=ERROR msg=broken logger=controller.x",
    ]


def test_as_json_each_line_is_an_object_with_the_levels_of_slog(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logging.DEBUG, "json")
    said()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["DEBUG", "INFO", "WARN", "ERROR"]
    assert lines[2].items() >= {"namespace": "shop", "name": "db", "generation": 3, "reason": "DecryptFailed"}.items()


def test_up_to_info_goes_to_standard_output_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logging.DEBUG, "json", info_stdout=True)
    said()
    out, err = capsys.readouterr()
    assert [json.loads(line)["level"] for line in out.splitlines()] == ["DEBUG", "INFO"]
    assert [json.loads(line)["level"] for line in err.splitlines()] == ["WARN", "ERROR"]


def test_less_is_logged_when_asked_of_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logging.ERROR, "json")
    said()
    logging.getLogger("kopf").warning("chatter")
    logging.getLogger("kopf.x").error("trouble")
    assert [json.loads(line)["msg"] for line in capsys.readouterr().err.splitlines()] == ["broken", "trouble"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_whatever_is_logged_stays_one_line_without_control_characters(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(logging.INFO, form)
    awkward = "a\nb\r\x1b[31m\x9b31m\x7f\u2028\"c'=\\"
    logging.getLogger("controller.x").info("%s", awkward, extra={"fields": {"name": awkward}})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    if form == "json":
        assert json.loads(line)["name"] == awkward


def test_of_an_object_only_its_identity_is_told() -> None:
    assert logs.fields(SEALED) == {"fields": {"namespace": "shop", "name": "db", "generation": 3}}
    assert logs.fields({"metadata": {"name": "x"}}) == {"fields": {"name": "x"}}
