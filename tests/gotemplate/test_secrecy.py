"""No error of any function says what its arguments are: they may be secrets, and errors go to logs and statuses."""

from __future__ import annotations

import itertools

import pytest

from sealer.gotemplate import GoTemplateError, Limits, Registry, parse
from sealer.gotemplate.builtins import BUILTINS
from sealer.gotemplate.consul import CONSUL
from sealer.gotemplate.sprig import SPRIG

CANARY = "5up3r-C4nary/%zz:x=[(*"
DATA = {
    "text": CANARY,
    "number": 5,
    "list": [CANARY, 1.0],
    "map": {CANARY: CANARY},
    "json": f'{{"a": "{CANARY}"',
    "list_of_text": f"1.{CANARY}",
}
SETS: dict[str, Registry] = {"sprig": SPRIG, "consul": CONSUL, "none": Registry.join()}
NAMES = [(kind, name) for kind, functions in SETS.items() for name in sorted(functions)]
NAMES += [("none", name) for name in sorted(BUILTINS)]
# Expensive on purpose, and without a message of their own.
SLOW = {"genPrivateKey", "genCA", "genSelfSignedCert", "genSignedCert", "bcrypt", "htpasswd", "derivePassword"}


def calls(name: str) -> list[str]:
    fields = [f".{field}" for field in DATA]
    most = 2 if name.removeprefix("sprig_") in SLOW else 3
    return [
        f"{{{{ {name} {' '.join(arguments)} }}}}"
        for count in range(most)
        for arguments in itertools.product(fields, repeat=count)
    ] + [f"{{{{ {name} .text .number .text }}}}", f"{{{{ {name} .text .text .text .text }}}}"]


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_an_error_does_not_tell_its_arguments(kind: str, name: str) -> None:
    for call in calls(name):
        try:
            parse("t", call, functions=SETS[kind]).render(DATA, limits=Limits(steps=200_000, output=1 << 16))
        except GoTemplateError as error:
            seen = f"{error} {error.hint} {error!r} {error.__cause__!r} {error.__context__!r}"
            assert "C4nary" not in seen, call
