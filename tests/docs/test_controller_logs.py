from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "controller-logs.md"
METHODS: Final = {"debug": 0, "info": 0, "warning": 0, "error": 0, "exception": 0, "log": 1}


def messages() -> set[str]:
    """Return every message that the controller logs, with ``…`` for what is put into it."""
    found = set()
    for path in [*ROOT.glob("controller/**/*.py"), *ROOT.glob("sealer/apiserver/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="_LOG"), attr=method)) if method in METHODS:
                    text = node.args[METHODS[method]]
                    if isinstance(text, ast.Constant):
                        found.add(re.sub(r"%(\.\d)?[a-z]", "…", str(text.value)))
    return found


def test_the_page_lists_every_message_and_no_other() -> None:
    rows = re.findall(r"^\| (?:DEBUG|INFO|WARN|ERROR) \| ([^|]*) \|", PAGE.read_text(), re.MULTILINE)
    assert {message for row in rows for message in re.findall(r"`([^`]+)`", row)} == messages()
