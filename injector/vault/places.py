"""How what is asked for is written: for Vault's API, and for people (pure)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from injector.vault.protocol import Parameters


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
