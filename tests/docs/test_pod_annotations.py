from __future__ import annotations

import re
from pathlib import Path

from injector.webhook.keys import KEYS, Support

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pod-annotations.md"
EFFECT = {Support.USED: "yes", Support.WARNED: "no, with a warning", Support.REFUSED: "no, the pod is refused"}


def test_the_page_lists_every_annotation_with_what_this_version_does_with_it() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+?)(?:NAME)?` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE))
    assert rows == {key.name: EFFECT[key.support] for key in KEYS.values()}
