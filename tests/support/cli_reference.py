"""Usage in the reference pages of commands and flags: `python -m tests.support.cli_reference` brings it up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from controller.flags import FLAGS, INTRODUCTION
from controller.goflags import usage
from injector.webhook.main import command as injector
from sealer.cli.main import COMMANDS, cli

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference" / "cli"
CONTROLLER: Final = FOLDER.parent / "controller-flags.md"
# Pages of the injector, and the words of which each shows the help.
INJECTOR: Final = {FOLDER.parent / "injector-flags.md": (), FOLDER.parent / "injector-render.md": ("render",)}
# A group of commands has the usage of its one command on its page.
WORDS: Final = {"template": ("template", "render")}
USAGE: Final = re.compile(r"(?<=^```usage\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def help_of(name: str) -> str:
    """Return what `sealer NAME … --help` prints on a terminal of 80 columns."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*WORDS.get(name, (name,)), "--help"], prog_name="sealer")
    assert result.exit_code == 0
    return result.output


def injector_help(*words: str) -> str:
    """Return what `sealer-injector … --help` prints on a terminal of 80 columns."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(injector, [*words, "--help"], prog_name="sealer-injector")
    assert result.exit_code == 0
    return result.output


def usage_in(page: Path) -> str:
    """Return the usage block of a page."""
    found = USAGE.search(page.read_text())
    assert found is not None, f"{page} has no block that begins with ```usage"
    return found.group()


def main() -> None:
    """Write the usage of every command into its page."""
    pages = {FOLDER / f"{name}.md": help_of(name) for name in COMMANDS}
    pages |= {CONTROLLER: usage(INTRODUCTION, FLAGS)}
    pages |= {page: injector_help(*words) for page, words in INJECTOR.items()}
    for page, text in pages.items():
        before, after = USAGE.split(page.read_text(), maxsplit=1)
        page.write_text(before + text + after)


if __name__ == "__main__":
    main()
