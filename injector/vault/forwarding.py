"""The headers of a request that is passed on for somebody else (pure; RFC 9110, 7.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ONE_HOP: Final = frozenset({
    "connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip


def of_its_end(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return headers without those that are for one hop only."""
    found = tuple(headers)
    listed = {
        part.strip().lower() for name, value in found if name.lower() == "connection" for part in value.split(",")
    }
    return tuple((name, value) for name, value in found if name.lower() not in _ONE_HOP | listed)


def to_pass_on(headers: Mapping[str, str], token: str | None, namespace: str | None) -> dict[str, str]:
    """Return what to send for a caller.

    Args:
        headers: What the caller sent.
        token: Shown instead of the caller's; None to leave the caller's.
        namespace: The Vault namespace where the caller named none.

    """
    sent = dict(of_its_end(headers.items()))
    if token is not None:
        sent = {name: value for name, value in sent.items() if name.lower() != "x-vault-token"}
        sent["X-Vault-Token"] = token
    if namespace and "x-vault-namespace" not in {name.lower() for name in sent}:
        sent["X-Vault-Namespace"] = namespace
    return sent
