"""What the init container's agent leaves to the sidecar's: its token, and the answers whose vault leases hang on it.

So a pod has one login and one lease for each dynamic secret, also where init container and sidecar are two. The file
lies in a memory volume of the two agents alone, and is removed when it is taken up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from injector.agent.errors import ConfigurationError
from injector.agent.render import to_json
from injector.agent.wants import Read, Write
from injector.agent.write import RenderedFile, write_all
from injector.vault.answers import Answer, TokenLease
from injector.vault.verbatim import Number, decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from injector.providers import Json

_VERSION: Final = "1"
_MODE: Final = 0o600
_LEAST: Final = 5.0  # seconds; a token that ends sooner is not worth to go on with


@dataclass(frozen=True)
class Handover:
    """A token and what hangs on it.

    Attributes:
        token: The token, with the time that it had at `moment`.
        moment: Seconds since 1970 when the token was had: two processes share no other clock.
        answers: What was answered, and when.

    """

    token: TokenLease
    moment: float
    answers: Mapping[Read | Write, tuple[Answer, float]] = field(default_factory=dict, repr=False)


def encode(handover: Handover) -> bytes:
    """Return the content of the file (pure)."""
    token = handover.token
    answers = [_entry(want, answer, moment) for want, (answer, moment) in handover.answers.items()]
    return to_json(
        {
            "version": Number(_VERSION),
            "token": token.token,
            "duration": Number(repr(token.duration)),
            "renewable": token.renewable,
            "accessor": token.accessor,
            "moment": Number(repr(handover.moment)),
            "answers": cast("list[Json]", answers),
        }
    ).encode()


def parse(content: bytes) -> Handover:
    """Read the content of the file (pure).

    Raises:
        ConfigurationError: It is none of ours.

    """
    try:
        top = cast("dict[str, Json]", decode(content.decode()))
        _check_version(top)
        token = TokenLease(
            token=str(top["token"]),
            duration=_float(top["duration"]),
            renewable=top["renewable"] is True,
            accessor=str(top["accessor"]),
        )
        answers = dict(_answer(cast("dict[str, Json]", entry)) for entry in cast("list[Json]", top["answers"]))
        return Handover(token, _float(top["moment"]), answers)
    except (ValueError, KeyError, TypeError, AttributeError):
        # `from None`: the errors quote the content.
        raise ConfigurationError("the file that the init container left is not one of ours") from None


def left(handover: Handover, now: float) -> TokenLease | None:
    """Return the token with the time that it still has; None for one that is over, or nearly (pure)."""
    token = handover.token
    if token.duration <= 0:
        return token
    rest = token.duration - max(now - handover.moment, 0.0)
    return None if rest < _LEAST else TokenLease(token.token, rest, token.renewable, token.accessor)


def leave(handover: Handover, path: Path) -> None:
    """Write the file, for the agent alone.

    Raises:
        OutputError: It cannot be written.

    """
    write_all([RenderedFile(path, encode(handover), _MODE)])


def take(path: Path) -> Handover | None:
    """Read the file and remove it; None where there is none.

    Raises:
        ConfigurationError: It is none of ours.

    """
    try:
        content = path.read_bytes()
        path.unlink()
    except OSError:
        return None
    return parse(content)


def _check_version(top: Mapping[str, Json]) -> None:
    if str(top["version"]) != _VERSION:
        raise ValueError("another version")


def _entry(want: Read | Write, answer: Answer, moment: float) -> dict[str, Json]:
    pairs = want.parameters if isinstance(want, Read) else want.data
    return {
        "action": "read" if isinstance(want, Read) else "write",
        "path": want.path,
        "pairs": [[name, value] for name, value in pairs],
        "body": dict(answer.body),
        "moment": Number(repr(moment)),
    }


def _answer(entry: Mapping[str, Json]) -> tuple[Read | Write, tuple[Answer, float]]:
    pairs = tuple((str(name), str(value)) for name, value in cast("list[list[Json]]", entry["pairs"]))
    path = str(entry["path"])
    want = Read(path, pairs) if entry["action"] == "read" else Write(path, pairs)
    body = cast("dict[str, Json]", entry["body"])
    document = body.get("data")
    known = document if isinstance(document, dict) else {}
    # Only what has a lease is handed over, and KV has none: the document is the secret's own fields.
    return want, (Answer(body, known, known, "other", ()), _float(entry["moment"]))


def _float(value: Json) -> float:
    return float(str(value))
