from __future__ import annotations

import re

from controller.flags import FLAGS, INTRODUCTION
from controller.goflags import usage
from tests.support.cli_reference import CONTROLLER, usage_in


def test_the_page_shows_the_help() -> None:
    """Bring it up to date with `python -m tests.support.cli_reference`."""
    assert usage_in(CONTROLLER) == usage(INTRODUCTION, FLAGS)


def test_the_page_names_every_flag_and_no_other() -> None:
    named = set(re.findall(r"--([a-z0-9][a-z0-9-]*)", CONTROLLER.read_text())) - {"help"}
    assert named == {flag.name for flag in FLAGS}


def test_the_page_tells_every_flag_without_effect() -> None:
    rows = "\n".join(re.findall(r"^\| .* \| no effect: .* \|$", CONTROLLER.read_text(), re.MULTILINE))
    for flag in FLAGS:
        assert (f"--{flag.name}" in rows and flag.without_effect in rows) == bool(flag.without_effect)
