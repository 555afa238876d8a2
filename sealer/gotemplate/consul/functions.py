"""All functions of consul-template in one registry."""

from __future__ import annotations

from typing import Final

from sealer.gotemplate.consul import (
    collections,
    encodings,
    numbers,
    refused,
    scratch,
    serial,
    spew,
    strings,
    surroundings,
    vault,
)
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import SPRIG

# What depends on more than its arguments: consul-template leaves these out of what it takes from Sprig, and so do we,
# since a template that renders differently each time makes its application restart each time.
NOT_REPEATABLE: Final = (
    "date", "date_in_zone", "date_modify", "now", "htmlDate", "htmlDateInZone", "dateInZone", "dateModify",
    "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "uuidv4", "env", "expandenv", "getHostByName",
)  # fmt: skip

OWN: Final = Registry.join(
    vault.FUNCTIONS,
    surroundings.FUNCTIONS,
    scratch.FUNCTIONS,
    strings.FUNCTIONS,
    collections.FUNCTIONS,
    numbers.FUNCTIONS,
    encodings.FUNCTIONS,
    serial.FUNCTIONS,
    spew.FUNCTIONS,
    refused.FUNCTIONS,
)

CONSUL: Final = Registry.join(OWN, SPRIG.without(*NOT_REPEATABLE).prefixed("sprig_"))
