"""Where the certificate to seal to comes from: a file, a URL, or the controller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sealer.certificate import Recipient
from sealer.errors import CertificateError, ServiceError
from sealer.files import read_input

if TYPE_CHECKING:
    from datetime import datetime

    from sealer.cli.options import ControllerOptions

_TIMEOUT_SECONDS: Final = 30
# A bundle of a hundred RSA-4096 certificates is smaller; a URL that answers with more is not a certificate.
_MOST_BYTES: Final = 1024 * 1024
_URL: Final = re.compile(r"(https?|file)://", re.IGNORECASE)


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
    return check_certificate(fetch_certificate(cert, controller), cert, controller, now=now)


def check_certificate(pem: bytes, cert: str | None, controller: ControllerOptions, *, now: datetime) -> Recipient:
    """Return the recipient that a PEM text holds; the error says where the text came from.

    Raises:
        CertificateError: It is no usable certificate.

    """
    try:
        return Recipient.from_pem(pem, now=now)
    except CertificateError as error:
        where = _shown(cert) if cert else f"the controller {controller.namespace}/{controller.name}"
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
    return fetch_given(cert)


def fetch_given(cert: str) -> bytes:
    """Return the certificate of a file or a URL as PEM, unchecked.

    Raises:
        ServiceError: The URL does not answer.
        InputError: The file cannot be read.

    """
    scheme = _URL.match(cert)
    if scheme is None:
        return read_input(cert)
    return read_input(_path_of(cert)) if scheme[1].lower() == "file" else _download(cert)


def _path_of(url: str) -> str:
    from urllib.parse import unquote

    return unquote(url.partition("://")[2].removeprefix("localhost"))


def _download(url: str) -> bytes:
    import http.client  # only here: http and ssl cost more to import than all of offline sealing
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # http(s), by the caller
            data: bytes = answer.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise ServiceError(f"cannot fetch {_shown(url)}: {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        # `from None` and no text of the error: both may repeat the address with its password.
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ServiceError(
            f"cannot fetch {_shown(url)}: {_why(cause)}", hint="is the address right, and reachable from here?"
        ) from None
    if len(data) > _MOST_BYTES:
        raise ServiceError(f"cannot fetch {_shown(url)}: the answer is larger than 1 MiB")
    return data


def _why(cause: object) -> str:
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return cause if isinstance(cause, str) else "not a valid address, or not an HTTP answer"


def _shown(cert: str) -> str:
    """Return a path as it is, and a URL without the places where passwords and signatures stand."""
    if not _URL.match(cert):
        return cert
    scheme, _, rest = cert.partition("://")
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
