"""What Go writes into an error of a Sprig function with a value in it, and how it reads without."""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = r'"(?:\\.|[^"\\])*"'
_RULES: Final = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (rf"time {_QUOTED} as {_QUOTED}: cannot parse {_QUOTED} as ({_QUOTED})", r"time: cannot parse as \1"),
        (rf"parsing time {_QUOTED}: extra text: {_QUOTED}", "parsing time: extra text"),
        (rf"parsing time {_QUOTED}: ", "parsing time: "),
        (rf"unknown unit {_QUOTED} in duration {_QUOTED}", "unknown unit in duration"),
        (rf"(invalid|missing unit in) duration {_QUOTED}", r"\1 duration"),
        (r"invalid character '.*?' (?:after|looking|in) .*", "invalid character in JSON"),
        (r"cannot unmarshal number \S+ into", "cannot unmarshal number into"),
        (r"json: unsupported value: (?:[-+]Inf|NaN)", "json: unsupported value: not a finite number"),
        (r"encountered a cycle via .*", "encountered a cycle"),
        (r"slice bounds out of range \[.*", "slice bounds out of range"),
        (r"index out of range \[-1\]", "index out of range"),
        (r"Cannot create a Decimal from (?:[-+]Inf|NaN)", "Cannot create a Decimal from a value that is not finite"),
        (r"(error parsing ip|error processing alternate dns name): .* is not a string", r"\1: not a string"),
        (r"error parsing ip: (?!not a string).*", "error parsing ip"),
        (rf"x509: {_QUOTED} cannot be encoded", "x509: a name cannot be encoded"),
        (r"(parsing \w+ private key from PEM|decoding PEM as PKCS#8): .*", r"\1"),
        (r"invalid private key type .*", "invalid private key type"),
        (r"no private key data in PEM block of type .*", "no private key data in PEM block"),
        (r"decodedCert.Bytes: x509: .*", "decodedCert.Bytes: malformed certificate"),
        (r"regexp: Compile\((?:`.*?`|\".*?\")\): ", "regexp: Compile: "),
        (r"(error parsing regexp: [^:`]*): `.*`", r"\1"),
        (r"strconv\.ParseUint: parsing \"\d+\": ", ""),
        (r"improper constraint: .*", "improper constraint"),
        (rf"parse {_QUOTED}: ", ""),
        (rf"(?:invalid URL escape|invalid character) {_QUOTED}", lambda found: found[0].partition(' "')[0]),
        (r"invalid URL escape|invalid character in host name", "invalid URL escape or character"),
        (rf"invalid port {_QUOTED} after host", "invalid port after host"),
        (rf"invalid host: ParseAddr\({_QUOTED}\): ((?:zone must|unable to) [^,:]*).*", r"invalid host: \1"),
    )
)  # fmt: skip


def without_values(message: str) -> str:
    """A message as Sealer words it, from Go's or from our own."""
    for pattern, replacement in _RULES:
        message = pattern.sub(replacement, message)
    return message
