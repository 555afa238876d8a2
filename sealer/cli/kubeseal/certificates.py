"""The certificate to seal to, with kubeseal's words for what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealer.certificate import Recipient, read_certificate
from sealer.cli.recipients import fetch_given
from sealer.errors import CertificateError

if TYPE_CHECKING:
    from datetime import datetime

    from sealer.cli.kubeseal.flags import Options


def fetch(options: Options) -> bytes:
    """Return the certificate as it is where --cert says, or else as the controller has it.

    Raises:
        InputError: The file cannot be read.
        ServiceError: The URL, the cluster or the controller does not answer.
        ConfigError: There is no usable configuration of a cluster.

    """
    if options["cert"]:
        return fetch_given(options["cert"])
    from sealer.cli.kubeseal.online import controller

    return controller(options).certificate()


def recipient_of(pem: bytes, *, now: datetime) -> Recipient:
    """Return the checked certificate.

    Args:
        pem: A PEM text, whose first certificate counts.
        now: The time to check expiry at, aware.

    Raises:
        CertificateError: There is none, or it cannot be sealed to.

    """
    try:
        end = read_certificate(pem).not_valid_after_utc
    except CertificateError as error:
        raise CertificateError("data does not contain any valid RSA or ECDSA certificates", hint=error.hint) from error
    if now > end:
        raise CertificateError(
            f"failed to encrypt using an expired certificate on {end:%B} {end.day}, {end.year}",
            hint="fetch the controller's current certificate with --fetch-cert",
        )
    return Recipient.from_pem(pem, now=now)
