"""The controller's settings, as flags and environment give them."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_PREFIX: Final = 245
_NOT_IN_PREFIX: Final = re.compile(r"[^a-z0-9-]")
_SMALLEST_KEY: Final = 2048
_LEASE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)


class KeyOrder(StrEnum):
    """What makes one sealing key newer than another."""

    NOT_BEFORE = "CertNotBefore"
    CREATED = "SecretCreationTimestamp"


@dataclass(frozen=True)
class Settings:
    """What can be set (reference, sealed-secrets 2.1).

    Attributes:
        namespace: The controller's own, where its key Secrets are.
        namespaces: Whose SealedSecrets are ours, sorted, each once; None for those of all namespaces.
        label_selector: Which SealedSecrets are ours, in the API server's syntax; empty for all.
        key_prefix: What the names of key Secrets begin with.
        key_size: Bits of a new key.
        key_ttl: How long a new certificate is valid.
        common_name: Of a new certificate.
        key_renew_period: Age of the newest key at which the next is made; zero for never.
        key_cutoff: When the newest key is older than this, aware, a new one is made; None for no such time.
        key_order: What makes a key the newest.
        key_labels: Object labels of new key Secrets, beside the one that makes them key Secrets.
        key_annotations: Annotations of new key Secrets.
        accept_deprecated: Whether a SealedSecret of the deprecated form, with ``spec.data``, is unsealed.
        listen: Host and port for HTTP.
        listen_metrics: Host and port for metrics.
        read_timeout: Longest time for a request to arrive.
        write_timeout: Longest time for an answer to be sent.
        rate_limit: Requests a second that one caller may make of ``/v1/verify`` and ``/v1/rotate``; zero for no limit.
        rate_limit_burst: How many such requests may come at once.
        authenticate: Whether callers of those two must show a token that the API server accepts (TokenReview).
        tls_cert_file: PEM certificates to serve HTTPS with; empty for HTTP.
        tls_key_file: Their private key.
        update_status: Whether to write the status of SealedSecrets.
        skip_recreate: Whether a Secret that was deleted or edited by others is left as it is.
        old_gc_behavior: Whether to delete a Secret ourselves once its SealedSecret is gone.
        resync_period: How often, at the least, each object is looked at again; zero for never.
        omit_secret_labels: Whether metrics are to say nothing of single SealedSecrets.
        leader_elect: Whether replicas elect the one that writes; without that, each writes.
        lease_name: Of the Lease that elects it, in `namespace`.
        lease_duration: How long a leader that is not heard of any more is waited for.
        renew_deadline: How long a leader that cannot renew the Lease goes on; shorter than `lease_duration`.
        retry_period: How often it renews, and how often the others try; shorter than `renew_deadline`.

    """

    namespace: str
    namespaces: tuple[str, ...] | None = None
    label_selector: str = ""
    key_prefix: str = "sealed-secrets-key"
    key_size: int = 4096
    key_ttl: timedelta = timedelta(hours=87600)
    common_name: str = ""
    key_renew_period: timedelta = timedelta(hours=720)
    key_cutoff: datetime | None = None
    key_order: KeyOrder = KeyOrder.NOT_BEFORE
    key_labels: Mapping[str, str] = field(default_factory=dict)
    key_annotations: Mapping[str, str] = field(default_factory=dict)
    accept_deprecated: bool = True
    listen: tuple[str, int] = ("", 8080)
    listen_metrics: tuple[str, int] = ("", 8081)
    read_timeout: timedelta = timedelta(minutes=2)
    write_timeout: timedelta = timedelta(minutes=2)
    rate_limit: int = 2
    rate_limit_burst: int = 2
    authenticate: bool = False
    tls_cert_file: str = ""
    tls_key_file: str = ""
    update_status: bool = True
    skip_recreate: bool = False
    old_gc_behavior: bool = False
    resync_period: timedelta = timedelta(hours=10)
    omit_secret_labels: bool = False
    leader_elect: bool = True
    lease_name: str = "sealed-secrets-controller"
    lease_duration: timedelta = timedelta(seconds=15)
    renew_deadline: timedelta = timedelta(seconds=10)
    retry_period: timedelta = timedelta(seconds=2)

    def __post_init__(self) -> None:
        """Refuse what cannot work, at the start and not at the first renewal.

        Raises:
            ConfigError: A value is out of its range.

        """
        if len(self.key_prefix) >= _LONGEST_PREFIX:
            raise ConfigError(f"name is too long, must be shorter than {_LONGEST_PREFIX}, got {len(self.key_prefix)}")
        if bad := _NOT_IN_PREFIX.search(self.key_prefix):
            raise ConfigError(f"name contains illegal character {bad[0]}")
        if not self.key_prefix or self.key_prefix.startswith("-"):
            raise ConfigError(f"--key-prefix: {self.key_prefix!r} cannot begin the name of a Secret")
        if self.key_size < _SMALLEST_KEY:
            raise ConfigError(f"--key-size must be {_SMALLEST_KEY} or more, got {self.key_size}")
        if self.key_ttl <= timedelta():
            raise ConfigError("--key-ttl must be longer than nothing")
        self._refuse_bad_limits()
        self._refuse_bad_lease()

    def _refuse_bad_limits(self) -> None:
        if self.rate_limit < 0:
            raise ConfigError(f"--rate-limit must be 0 or more, got {self.rate_limit}")
        if self.rate_limit_burst < 0:
            raise ConfigError(f"--rate-limit-burst must be 0 or more, got {self.rate_limit_burst}")
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ConfigError("--tls-cert-file and --tls-key-file go together")

    def _refuse_bad_lease(self) -> None:
        """Refuse times under which two replicas could lead at once (client-go, leaderelection)."""
        if not _LEASE_NAME.fullmatch(self.lease_name):
            raise ConfigError(f"--lease-name: {self.lease_name!r} cannot be the name of a Lease")
        if not timedelta() < self.retry_period < self.renew_deadline < self.lease_duration:
            raise ConfigError(
                "--retry-period must be shorter than --renew-deadline, and that shorter than --lease-duration"
            )

    @property
    def all_namespaces(self) -> bool:
        """Whether SealedSecrets of all namespaces are ours."""
        return self.namespaces is None


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
        # The standard library adds the address to the text a second time.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigError(
            f"cannot listen on {host}:{port}: {why}", hint="another program listens there, or the address is not ours"
        ) from error
