"""Where the certificate to seal to comes from: a file, a URL, or the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from sealer.certificate import Recipient
from sealer.errors import CertificateError, ServiceError
from sealer.files import read_input

if TYPE_CHECKING:
    from datetime import datetime

    from sealer.cli.options import ControllerOptions

_TIMEOUT_SECONDS: Final = 30
# A bundle of a hundred RSA-4096 certificates is smaller; a URL that answers with more is not a certificate.
_MOST_BYTES: Final = 1024 * 1024


def load_recipient(cert: str | None, controller: ControllerOptions, *, now: datetime) -> Recipient:
    """Return the checked certificate to seal to.

    Args:
        cert: A file's path or a URL; None to ask the controller.
        controller: Where the controller is.
        now: The time to check expiry at, aware.

    Raises:
        CertificateError: It is no usable certificate.
        ServiceError: The URL or the controller does not answer.
        InputError: The file cannot be read.

    """
    pem = fetch_certificate(cert, controller)
    try:
        return Recipient.from_pem(pem, now=now)
    except CertificateError as error:
        where = cert or f"the controller {controller.namespace}/{controller.name}"
        raise CertificateError(f"{where}: {error.message}", hint=error.hint) from error


def fetch_certificate(cert: str | None, controller: ControllerOptions) -> bytes:
    """Return the certificate as PEM, unchecked.

    Raises:
        ServiceError: The URL or the controller does not answer.
        InputError: The file cannot be read.

    """
    if cert is None:
        from sealer.cluster.controller import connect  # imports `kubernetes`

        return connect(controller.kubeconfig, controller.context).certificate(controller.namespace, controller.name)
    url = urlsplit(cert)
    if url.scheme in {"http", "https"}:
        return _download(cert)
    return read_input(unquote(url.path) if url.scheme == "file" else cert)


def _download(url: str) -> bytes:
    import urllib.error  # only here: http and ssl cost more to import than all of offline sealing
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # http(s), by the caller
            data: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise ServiceError(f"cannot fetch {url}: {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ServiceError(
            f"cannot fetch {url}: {reason}", hint="is the address right, and reachable from here?"
        ) from error
    if len(data) > _MOST_BYTES:
        raise ServiceError(f"cannot fetch {url}: the answer is larger than 1 MiB")
    return data
