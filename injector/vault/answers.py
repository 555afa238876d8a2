"""Requests and answers of Vault's API as values (pure; https://developer.hashicorp.com/vault/api-docs)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from injector.vault.errors import VaultRequestError
from injector.vault.verbatim import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from injector.vault.protocol import Parameters
    from injector.vault.verbatim import Json


def url_of(path: str) -> str:
    """Return the URL below Vault's address of an API path."""
    # A template may ask for a path of bytes that are no UTF-8: they are sent as they are.
    return f"/v1/{quote(path, errors='surrogateescape')}"


def place_of(path: str, parameters: Parameters) -> str:
    """Return a secret as a person wrote it; parameters other than the version may hold values, and are left out."""
    version = next((value for name, value in parameters if name == "version"), None)
    return path if version is None else f"{path}?version={version}"


def spellings(values: Iterable[str]) -> list[str]:
    """Return what was written in the forms in which Vault's complaint may quote it, the longest first."""
    found = {form for value in values for form in (value, json.dumps(value)[1:-1])}
    return sorted(found, key=len, reverse=True)


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


def ends_with_token(answer: Mapping[str, Json]) -> bool:
    """Say whether what was answered ends with the token that asked: a lease, or a token made by it.

    https://developer.hashicorp.com/vault/docs/concepts/lease; KV has no leases.
    """
    return bool(answer.get("lease_id")) or answer.get("auth") is not None


def token_in(body: Json, address: str) -> str:
    """Return the token that a login was answered with.

    Raises:
        VaultRequestError: There is none.

    """
    auth = body.get("auth") if isinstance(body, dict) else None
    token = auth.get("client_token") if isinstance(auth, dict) else None
    if not isinstance(token, str) or not token:
        raise _not_vault(address)
    return token


def _not_vault(address: str) -> VaultRequestError:
    return VaultRequestError(
        f"the answer of {address} is not one of vault's",
        hint="check the address; a proxy or another server may listen there",
    )
