"""The images, as far as their recipe tells: what they start is there, and built by the tool chain that it asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
RECIPE: Final = (ROOT / "deploy" / "images" / "Containerfile").read_text()


def test_every_image_starts_a_program_of_the_distribution() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    started = re.findall(r'^(?:ENTRYPOINT|CMD) \["([^"]+)"', RECIPE, re.MULTILINE)
    assert set(started) == {"sealer-controller", "sealer-injector", "sealer-agent"}
    assert set(started) <= set(scripts)


def test_no_image_runs_as_root() -> None:
    for stage in re.split(r"^FROM ", RECIPE, flags=re.MULTILINE):
        if "ENTRYPOINT" in stage or "CMD" in stage:
            user = re.search(r"^USER (\d+):\d+$", stage, re.MULTILINE)
            assert user is not None
            assert int(user[1]) > 0


def test_the_launcher_is_built_by_the_go_that_its_module_asks_for() -> None:
    module = (ROOT / "deploy" / "images" / "launch" / "go.mod").read_text()
    wanted = re.search(r"^go (\S+)$", module, re.MULTILINE)
    used = re.search(r"golang:(\S+)", RECIPE)
    assert wanted is not None
    assert used is not None
    assert wanted[1] == used[1]


def test_what_the_recipe_copies_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", RECIPE, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
