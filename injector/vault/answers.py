"""What Vault's API answers, as values (https://developer.hashicorp.com/vault/api-docs)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from injector.vault.errors import VaultRequestError
from injector.vault.verbatim import Number, decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.vault.verbatim import Json

Kind: TypeAlias = Literal["kv1", "kv2", "other"]


@dataclass(frozen=True)
class VaultLease:
    """What a dynamic secret lives by (https://developer.hashicorp.com/vault/docs/concepts/lease).

    Attributes:
        lease_id: Its name in Vault.
        duration: Seconds that are left of it, as of the answer.
        renewable: Whether it can be renewed.

    """

    lease_id: str
    duration: float
    renewable: bool


@dataclass(frozen=True)
class TokenLease:
    """A token, and how long it lives.

    Attributes:
        token: The token.
        duration: Seconds that are left of it, as of the answer; 0 where it never ends, or nobody says.
        renewable: Whether it can be renewed.
        accessor: A name for it that gives no rights.

    """

    token: str = field(repr=False)
    duration: float
    renewable: bool
    accessor: str = ""

    @property
    def ends(self) -> bool:
        """Whether it has an end that is known."""
        return self.duration > 0


@dataclass(frozen=True)
class WrappedToken:
    """An answer that is kept at Vault until somebody shows this token, once.

    Attributes:
        token: The token.
        ttl: Seconds until it ends.
        document: ``wrap_info`` as Vault has it: what the existing agent writes into its sink.

    """

    token: str = field(repr=False)
    ttl: float
    document: Mapping[str, Json] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What Vault answers to a read or a write.

    Attributes:
        body: The whole answer.
        document: Its ``data``: what a template sees as ``.Data``; for KV version 2 it holds ``data`` and ``metadata``.
        fields: The secret's own fields, whatever the version.
        kind: The engine it came from; ``other`` too where Vault would not say.
        warnings: What a person should know, a line each: ours, then Vault's.

    """

    body: Mapping[str, Json] = field(repr=False)
    document: Mapping[str, Json] = field(repr=False)
    fields: Mapping[str, Json] = field(repr=False)
    kind: Kind = "other"
    warnings: tuple[str, ...] = ()

    @property
    def lease(self) -> VaultLease | None:
        """The lease; None where there is none, as with KV."""
        lease_id = self.body.get("lease_id")
        if not isinstance(lease_id, str) or not lease_id:
            return None
        return VaultLease(lease_id, self.duration, self.body.get("renewable") is True)

    @property
    def duration(self) -> float:
        """``lease_duration`` in seconds, which KV version 1 has without a lease; 0 where there is none."""
        return seconds_of(self.body.get("lease_duration"))


def seconds_of(value: Json) -> float:
    """Return a number of seconds; 0 where it is none, or none that a clock could count."""
    if not isinstance(value, Number):
        return 0.0
    try:
        found = float(value.text)
    except (ValueError, OverflowError):
        return 0.0
    return found if 0 < found < float("inf") else 0.0


def body_of(content: bytes) -> Json:
    """Return the body of an answer; None where it is not JSON."""
    try:
        return decode(content.decode("utf-8", errors="replace"))
    except ValueError:
        return None


def answer_in(body: Json, address: str) -> dict[str, Json]:
    """Return a body that has ``data``, be it null.

    Raises:
        VaultRequestError: It is not one of Vault's.

    """
    if not isinstance(body, dict) or "data" not in body:
        raise _not_vault(address)
    return body


def data_in(body: Json, address: str) -> dict[str, Json] | None:
    """Return the ``data`` of a body; None where it is null.

    Raises:
        VaultRequestError: It is not one of Vault's.

    """
    data = answer_in(body, address)["data"]
    return data if isinstance(data, dict) else None


def warnings_in(body: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the ``warnings`` of an answer, each on one line."""
    found = body.get("warnings")
    return tuple(" ".join(text.split()) for text in found if isinstance(text, str)) if isinstance(found, list) else ()


def ends_with_token(answer: Mapping[str, Json]) -> bool:
    """Say whether what was answered ends with the token that asked: a lease, or a token made by it.

    https://developer.hashicorp.com/vault/docs/concepts/lease; KV has no leases.
    """
    return bool(answer.get("lease_id")) or answer.get("auth") is not None


def token_in(body: Json, address: str) -> TokenLease:
    """Return the token that a login or a renewal was answered with.

    Raises:
        VaultRequestError: There is none.

    """
    auth = body.get("auth") if isinstance(body, dict) else None
    token = auth.get("client_token") if isinstance(auth, dict) else None
    if not isinstance(auth, dict) or not isinstance(token, str) or not token:
        raise _not_vault(address)
    accessor = auth.get("accessor")
    return TokenLease(
        token,
        seconds_of(auth.get("lease_duration")),
        auth.get("renewable") is True,
        accessor if isinstance(accessor, str) else "",
    )


def token_looked_up(data: Mapping[str, Json], token: str) -> TokenLease:
    """Return what ``auth/token/lookup-self`` says about `token`."""
    accessor = data.get("accessor")
    return TokenLease(
        token,
        seconds_of(data.get("ttl")),
        data.get("renewable") is True,
        accessor if isinstance(accessor, str) else "",
    )


def wrapped_in(body: Json, address: str) -> WrappedToken:
    """Return the token that stands for an answer.

    Raises:
        VaultRequestError: There is none.

    """
    info = body.get("wrap_info") if isinstance(body, dict) else None
    token = info.get("token") if isinstance(info, dict) else None
    if not isinstance(info, dict) or not isinstance(token, str) or not token:
        raise _not_vault(address)
    return WrappedToken(token, seconds_of(info.get("ttl")), info)


def lease_in(body: Json, address: str) -> VaultLease:
    """Return the lease that a renewal was answered with.

    Raises:
        VaultRequestError: There is none.

    """
    lease = Answer(body, {}, {}).lease if isinstance(body, dict) else None
    if lease is None:
        raise _not_vault(address)
    return lease


def _not_vault(address: str) -> VaultRequestError:
    return VaultRequestError(
        f"the answer of {address} is not one of vault's",
        hint="check the address; a proxy or another server may listen there",
    )
