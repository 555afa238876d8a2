"""What the flags say about TLS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Wishes:
    """What the flags say about TLS.

    Attributes:
        certificate: PEM file of the certificate; None in automatic mode.
        key: PEM file of its key.
        configurations: MutatingWebhookConfigurations to register in; empty without automatic mode.
        hosts: Names and addresses that the API server calls.
        secret: The Secret that the replicas share.
        lease: The Lease that elects the replica that makes the certificate.
        least: The oldest version of TLS, as the existing injector names it (1.0 and 1.1 mean 1.2 here).
        ciphers: OpenSSL's cipher list; empty for its own choice.
        validity: Of a serving certificate.
        ca_validity: Of a CA.

    """

    certificate: Path | None = None
    key: Path | None = None
    configurations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    secret: str = "sealer-injector-tls"  # noqa: S105 - a name, no password
    lease: str = "sealer-injector"
    least: str = "tls12"
    ciphers: str = ""
    validity: timedelta = timedelta(days=30)
    ca_validity: timedelta = timedelta(days=3650)
