"""docs/reference/http-openapi.yaml: `python -m tests.serving.openapi` brings it up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import yaml

from controller.http.app import Facts, make_app
from controller.http.document import describe
from sealer.keyring import Keyring

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "http-openapi.yaml"


def text() -> str:
    """Return the document as the application describes itself, YAML."""
    described = describe(make_app(Facts(lambda: Keyring.of(()), lambda: True)))
    # Through JSON, so that nothing is shared: YAML would name and repeat it.
    return yaml.safe_dump(json.loads(json.dumps(described)), sort_keys=False, width=100)


if __name__ == "__main__":
    PAGE.write_text(text())
