"""Sprig v3 (github.com/Masterminds/sprig, text function map): the functions that charts and manifests are full of.

`SPRIG` has all of them but those that reach out of the template: they are in `REFUSED`, with the reason. A module holds
one family of functions, or a Go package that they stand on (`gojson`, `gotime`, `gourl`, `regexp`, `strconv`, …).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import (
    cases,
    ciphers,
    dates,
    defaults,
    dicts,
    encodings,
    flow,
    hashes,
    lists,
    maths,
    passwords,
    paths,
    pki,
    randomness,
    reflection,
    regex,
    semver,
    strings,
    urls,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REFUSED", "SPRIG"]

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "env": "reads the environment of the program, which is not the template's to read",
        "expandenv": "reads the environment of the program, which is not the template's to read",
        "getHostByName": "reaches the network",
    }
)

SPRIG: Final = Registry.join(
    strings.FUNCTIONS,
    words.FUNCTIONS,
    cases.FUNCTIONS,
    lists.FUNCTIONS,
    dicts.FUNCTIONS,
    defaults.FUNCTIONS,
    encodings.FUNCTIONS,
    maths.FUNCTIONS,
    dates.FUNCTIONS,
    regex.FUNCTIONS,
    semver.FUNCTIONS,
    urls.FUNCTIONS,
    reflection.FUNCTIONS,
    paths.FUNCTIONS,
    flow.FUNCTIONS,
    randomness.FUNCTIONS,
    hashes.FUNCTIONS,
    passwords.FUNCTIONS,
    ciphers.FUNCTIONS,
    pki.FUNCTIONS,
)
