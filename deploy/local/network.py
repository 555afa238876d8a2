"""Addresses and ports of this machine."""

from __future__ import annotations

import random
import socket
from typing import Final

from deploy.local.errors import ProcessError

LOOPBACK: Final = "127.0.0.1"
# Below the ports that kernels hand out to outgoing connections, so that none of those takes ours between look and use.
PORTS: Final = range(20000, 30000)
ATTEMPTS: Final = 200


def free_port(host: str = LOOPBACK) -> int:
    """Find a TCP port on which nothing listens.

    Raises:
        ProcessError: None was found.

    """
    for port in random.sample(PORTS, ATTEMPTS):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ProcessError(f"no free port on {host}", hint=f"ports {PORTS.start} to {PORTS.stop - 1} were tried")


def machine_address() -> str:
    """Return this machine's own IPv4 address that is not loopback.

    The API server's service proxy refuses loopback endpoints, so what it must reach listens here. No packet is sent: a
    connected UDP socket only asks the routing table.

    Raises:
        ProcessError: The machine has no such address.

    """
    for address in (_routed_address(), *_named_addresses()):
        if address and not address.startswith("127."):
            return address
    hint = "give an interface an address, for instance: ip address add 192.0.2.1/32 dev lo"
    raise ProcessError("this machine has no IPv4 address but loopback", hint=hint)


def _routed_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _named_addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in found]
