"""From the bytes of a request to a SealedSecret, with bounds on size, time and memory."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import yaml
from starlette.requests import ClientDisconnect

from controller.http.errors import RefusedError
from sealer import documents
from sealer.errors import InputError
from sealer.manifest import SealedSecret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

# An object of the API server ends at 1.5 MiB; what is larger cannot be one.
LARGEST_BODY: Final = 2 * 1024 * 1024
# 2 MiB of small YAML nodes would take 350 MB and eight seconds to compose; a SealedSecret of 1.5 MiB has 10,000.
_MOST_YAML_EVENTS: Final = 40_000
# The rest of the body is not read, so the connection cannot carry another request.
_CLOSE: Final = {"Connection": "close"}


async def read(request: Request, seconds: float) -> bytes:
    """Return the body of a request.

    Args:
        request: It may promise any length, or none.
        seconds: How long it may take to arrive.

    Raises:
        RefusedError: It is too long (as soon as that is known), too slow, or its sender went away.

    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        raise _too_long()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise _too_long()
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {seconds:g} s", headers=_CLOSE) from None
    except ClientDisconnect:
        # Nobody is there to read this answer.
        raise RefusedError(400, "the body ends too early", headers=_CLOSE) from None
    return bytes(body)


def _too_long() -> RefusedError:
    return RefusedError(413, f"the body is longer than {LARGEST_BODY} bytes", headers=_CLOSE)


def sealed_secret_in(body: bytes) -> SealedSecret:
    """Return the one SealedSecret in a body, YAML or JSON: the content type is not asked, as `kubeseal` sends none.

    Raises:
        InputError: It is none, or there are several.

    """
    _refuse_what_would_take_too_much(body)
    found = documents.read(body, "body", at_most=2)
    if len(found) > 1:
        raise InputError("body: several documents", hint="send one SealedSecret at a time")
    try:
        return SealedSecret.from_manifest(found[0].value)
    except InputError as error:
        raise InputError(f"body: {error.message}", hint=error.hint) from None


def _refuse_what_would_take_too_much(body: bytes) -> None:
    """Refuse YAML that would take more time or memory than it may, by parsing it without keeping anything.

    What this parser refuses at some event is refused there when it is composed, too, or it is JSON, where 2 MiB of the
    smallest values take a third of a second and 70 MB.
    """
    try:
        text = body.decode("utf-8-sig")
        if len(_DIRECTIVE.findall(text)) > _MOST_DIRECTIVES:
            raise InputError("body: too many lines begin with %")
        depth = 0
        for number, event in enumerate(yaml.parse(text, Loader=_PARSER)):
            depth += _STEP.get(type(event), 0)
            if depth > _DEEPEST or number > _MOST_YAML_EVENTS:
                raise InputError("body: too deep, or too many values, for a SealedSecret")
    except (yaml.YAMLError, UnicodeDecodeError):
        return


_PARSER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# libyaml compares each level of nesting with each, and each directive with each: 2 MiB of either would take minutes.
_DEEPEST: Final = 100
_MOST_DIRECTIVES: Final = 8
# At the beginning of a line, as YAML 1.1 has lines.
_DIRECTIVE: Final = re.compile("(?:^|[\\r\\n\\x85\\u2028\\u2029])%")
_STEP: Final[Mapping[type, int]] = {
    yaml.MappingStartEvent: 1,
    yaml.SequenceStartEvent: 1,
    yaml.MappingEndEvent: -1,
    yaml.SequenceEndEvent: -1,
}
