"""The pages of docs/reference/cli: `python -m tests.support.cli_reference` brings their usage up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from sealer.cli.main import COMMANDS, cli

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference" / "cli"
# A group of commands has the usage of its one command on its page.
WORDS: Final = {"template": ("template", "render")}
USAGE: Final = re.compile(r"(?<=^```usage\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def help_of(name: str) -> str:
    """Return what `sealer NAME … --help` prints on a terminal of 80 columns."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*WORDS.get(name, (name,)), "--help"], prog_name="sealer")
    assert result.exit_code == 0
    return result.output


def usage_in(page: Path) -> str:
    """Return the usage block of a page."""
    found = USAGE.search(page.read_text())
    assert found is not None, f"{page} has no block that begins with ```usage"
    return found.group()


def main() -> None:
    """Write the usage of every command into its page."""
    for name in COMMANDS:
        page = FOLDER / f"{name}.md"
        before, after = USAGE.split(page.read_text(), maxsplit=1)
        page.write_text(before + help_of(name) + after)


if __name__ == "__main__":
    main()
