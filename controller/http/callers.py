"""Who asks, as far as addresses tell.

Behind the API server's service proxy every request comes from the API server. It appends the address of its own
client to ``X-Forwarded-For``, as Go's reverse proxy does, so the last hop is its word and the ones before are the
client's. Who asks us directly may write any last hop: so the peer, whose address nobody can choose, is limited as a
whole too.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# What one customer of a provider has at the least (RFC 6177): addresses within it cost nothing.
_IPV6_PREFIX: Final = 64


@dataclass(frozen=True)
class Origin:
    """Where a request comes from.

    Attributes:
        peer: Address at the other end of the connection.
        hop: The address that the peer says it asks for; empty for none.

    """

    peer: str
    hop: str = ""

    def __str__(self) -> str:
        return f"{self.hop} through {self.peer}" if self.hop else self.peer


def origin_of(peer: str | None, forwarded_for: Iterable[str]) -> Origin:
    """Return where a request comes from; addresses of one IPv6 network count as one.

    Args:
        peer: The connection's other end; None where it is not known.
        forwarded_for: The values of all ``X-Forwarded-For`` headers.

    """
    last = ",".join(forwarded_for).rpartition(",")[2]
    # What is no address is nobody's: else every spelling of nonsense would be a caller of its own.
    return Origin(_network(peer or "") or "unknown", _network(last.strip()))


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    # Through the number, which leaves out the scope of a link-local address: the peer may write any.
    return str(ipaddress.IPv6Network((int(parsed), _IPV6_PREFIX), strict=False))
