"""The users' templates, parsed when the pod is made: a mistake is told at once, and not by an agent that never ends.

The engine is that of our own agent. Vault's agent may know functions that it does not, so for that flavour a template
that cannot be parsed is a warning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from injector.errors import PodError
from injector.webhook.keys import PREFIX
from sealer.gotemplate import ParseError
from sealer.gotemplate.consul import parse_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from injector.webhook.own_values import FlavourName
    from injector.webhook.request import SecretFile

# Parsing takes about 2 µs a character, and other pods wait meanwhile; all annotations of a pod can be 256 KiB.
_LONGEST: Final = 32 * 1024
_PLACE: Final = re.compile(r"template: :[0-9]+: ")


def check(secrets: Iterable[SecretFile], flavour: FlavourName) -> Iterator[str]:
    """Parse the templates of a pod.

    Args:
        secrets: The pod's files.
        flavour: Whose agent renders them.

    Returns:
        Warnings for the user.

    Raises:
        PodError: One cannot be parsed, and our own agent would render it; the message names annotation and line. It
            may quote a word of the template: as all messages about pods, it goes to the user and never to a log.

    """
    left = _LONGEST
    for secret in secrets:
        if secret.contents is None:
            continue
        annotation = f"annotation {PREFIX}agent-inject-template-{secret.name}"
        left -= len(secret.contents)
        if left < 0:
            yield f"{annotation} is not checked: the pod's templates are longer than {_LONGEST} characters together"
            return
        mistake = _mistake(secret.contents, secret)
        if mistake is not None and flavour == "sealer":
            raise PodError(f"{annotation} is no template: {mistake}")
        if mistake is not None:
            yield f"{annotation} may be no template: {mistake}"


def _mistake(contents: str, secret: SecretFile) -> str | None:
    try:
        parse_template(contents, delims=(secret.left_delimiter or "", secret.right_delimiter or ""))
    except ParseError as error:
        said = _PLACE.sub("", error.message, count=1)
        return f"line {error.line}: {said}" if error.line else said
    return None
