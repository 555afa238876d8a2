"""What only some templates need is loaded by those alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"re2", "bcrypt", "cryptography", "zoneinfo"}
PROGRAM = """
import json, sys
from sealer.gotemplate import parse
from sealer.gotemplate.sprig import SPRIG
parse("test", sys.argv[1], functions=SPRIG).render(None)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(template: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, template], capture_output=True, check=True, text=True)
    return HEAVY & set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("template", "loaded"),
    [
        ('{{ list 1 2 | join "," | b64enc | sha256sum | upper | quote }}{{ semver "1.2.3" }}{{ uuidv4 }}', set[str]()),
        ('{{ regexMatch "a" "a" }}', {"re2"}),
        ('{{ semverCompare ">1" "2" }}', {"re2"}),
        ('{{ bcrypt "a" }}', {"bcrypt"}),
        ('{{ encryptAES "a" "b" }}', {"cryptography"}),
        ('{{ dateInZone "15" 0 "Asia/Tokyo" }}', {"zoneinfo"}),
    ],
)
def test_a_template_loads_what_it_needs(template: str, loaded: set[str]) -> None:
    assert loaded_by(template) == loaded
