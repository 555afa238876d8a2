from __future__ import annotations

import re
from pathlib import Path

from injector.webhook.keys import OWN, VAULT

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pod-annotations.md"


def test_the_page_lists_every_annotation_with_whether_our_own_agent_gives_it_an_effect() -> None:
    rows = re.findall(r"^\| `([a-z.]+/)?([a-z-]+?)(?:NAME)?` \| (yes|no) \|", PAGE.read_text(), re.MULTILINE)
    assert sorted((name, effect) for prefix, name, effect in rows if not prefix) == sorted(
        (key.name, "no" if key.unused else "yes") for key in VAULT.keys.values()
    )
    assert sorted((prefix + name, effect) for prefix, name, effect in rows if prefix) == sorted(
        (OWN.prefix + key.name, "yes") for key in OWN.keys.values()
    )
