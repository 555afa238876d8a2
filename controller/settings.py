"""The controller's settings, as flags and environment give them."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sealer.errors import ConfigError

_LONGEST_PREFIX: Final = 245
_NOT_IN_PREFIX: Final = re.compile(r"[^a-z0-9-]")
_SMALLEST_KEY: Final = 2048


@dataclass(frozen=True)
class Settings:
    """What can be set (reference, sealed-secrets 2.1).

    Attributes:
        namespace: The controller's own, where its key Secrets are.
        all_namespaces: Whether SealedSecrets of all namespaces are ours, or those of `namespace` only.
        key_prefix: What the names of key Secrets begin with.
        key_size: Bits of a new key.
        key_ttl: How long a new certificate is valid.
        common_name: Of a new certificate.
        key_renew_period: Age of the newest key at which the next is made; zero for never.
        listen: Host and port for HTTP.
        update_status: Whether to write the status of SealedSecrets.

    """

    namespace: str
    all_namespaces: bool = True
    key_prefix: str = "sealed-secrets-key"
    key_size: int = 4096
    key_ttl: timedelta = timedelta(hours=87600)
    common_name: str = ""
    key_renew_period: timedelta = timedelta(hours=720)
    listen: tuple[str, int] = ("", 8080)
    update_status: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot work, at the start and not at the first renewal.

        Raises:
            ConfigError: A value is out of its range.

        """
        if len(self.key_prefix) >= _LONGEST_PREFIX:
            raise ConfigError(f"name is too long, must be shorter than {_LONGEST_PREFIX}, got {len(self.key_prefix)}")
        if bad := _NOT_IN_PREFIX.search(self.key_prefix):
            raise ConfigError(f"name contains illegal character {bad[0]}")
        if self.key_size < _SMALLEST_KEY:
            raise ConfigError(f"--key-size must be {_SMALLEST_KEY} or more, got {self.key_size}")
        if self.key_ttl <= timedelta():
            raise ConfigError("--key-ttl must be longer than nothing")


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of an address as Go writes it: ``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``.

    Raises:
        ConfigError: It is none.

    """
    host, colon, port = text.rpartition(":")
    largest = 65535
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > largest:
        raise ConfigError(f"{text!r} is not an address to listen on", hint="such as :8080 or 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]"), int(port)


def bind(address: tuple[str, int]) -> socket.socket:
    """Return a listening socket; an empty host means all addresses, of IPv6 too where there is any.

    Raises:
        ConfigError: The address cannot be listened on.

    """
    host, port = address
    dual = not host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual or ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, dualstack_ipv6=dual, backlog=128)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error
