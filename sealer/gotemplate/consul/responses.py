"""What Vault answers, as a secret reader hands it over (pure data, nothing of it in `repr`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import InputError
from sealer.gotemplate.values import JSONNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Auth:
    """A login that came with an answer.

    Attributes:
        client_token: The token.
        accessor: Its accessor.
        policies: Names of its policies.
        metadata: What the auth method says of it.
        lease_duration: Seconds it lives.
        renewable: Whether it can be renewed.

    """

    client_token: str = field(default="", repr=False)
    accessor: str = field(default="", repr=False)
    policies: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    lease_duration: int = 0
    renewable: bool = False


@dataclass(frozen=True, slots=True)
class SecretResponse:
    """An answer of Vault.

    Attributes:
        data: The answer's `data` as decoded JSON: str, bool, None, lists, dicts with text keys, and numbers of any
            class whose `str()` is the number as Vault wrote it; None where there was no data.
        lease_id: Name of the lease; empty without one.
        lease_duration: Seconds.
        renewable: Whether the lease can be renewed.
        request_id: Vault's name of the request.
        warnings: What Vault warns of.
        auth: The login that came with it.

    """

    data: Mapping[str, Any] | None = field(default=None, repr=False)
    lease_id: str = field(default="", repr=False)
    lease_duration: int = 0
    renewable: bool = False
    request_id: str = ""
    warnings: tuple[str, ...] = ()
    auth: Auth | None = None

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> SecretResponse:
        """Read the decoded body of an answer of Vault's API; fields it does not have are empty.

        Raises:
            InputError: It is not shaped as Vault's answers are.

        """
        data, auth = body.get("data"), body.get("auth")
        if not isinstance(data, dict | None) or not isinstance(auth, dict | None):
            raise InputError("the answer is not one of vault's")
        return cls(
            data=data,
            lease_id=_text(body, "lease_id"),
            lease_duration=_seconds(body),
            renewable=body.get("renewable") is True,
            request_id=_text(body, "request_id"),
            warnings=tuple(str(warning) for warning in body.get("warnings") or ()),
            auth=None if auth is None else _auth(auth),
        )


def _auth(body: Mapping[str, Any]) -> Auth:
    metadata = body.get("metadata")
    return Auth(
        client_token=_text(body, "client_token"),
        accessor=_text(body, "accessor"),
        policies=tuple(str(policy) for policy in body.get("policies") or ()),
        metadata={key: str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {},
        lease_duration=_seconds(body),
        renewable=body.get("renewable") is True,
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""


def _seconds(body: Mapping[str, Any]) -> int:
    written = str(body.get("lease_duration") or 0)
    return int(written) if written.isdecimal() else 0


def go_value(decoded: Any) -> Any:
    """Turn decoded JSON into Go values of its own, numbers as `json.Number` with their text.

    Raises:
        InputError: Something in it is not what JSON decodes to.

    """
    if decoded is None or isinstance(decoded, bool):
        return decoded
    if type(decoded) is str:
        return decoded if decoded.isascii() else _SURROGATES.sub("\ufffd", decoded)
    if isinstance(decoded, dict):
        return {_SURROGATES.sub("\ufffd", key): go_value(item) for key, item in decoded.items()}
    if isinstance(decoded, list | tuple):
        return [go_value(item) for item in decoded]
    written = str(decoded)
    if not _NUMBER.fullmatch(written):
        raise InputError(f"a value of class {type(decoded).__name__} is not JSON")
    return JSONNumber(written)
