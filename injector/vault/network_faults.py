"""From what sockets, TLS and HTTP raise to the error that a person needs."""

from __future__ import annotations

import errno
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, IncompleteRead
from socket import gaierror
from typing import TYPE_CHECKING, Final

from injector.vault.errors import UntrustedServerError, VaultRequestError, VaultUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TLS_REASONS: Final = (
    "unable to get local issuer certificate",
    "self-signed certificate",
    "certificate has expired",
)
_NETWORK_REASONS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.EHOSTUNREACH: "there is no route to it",
    errno.ENETUNREACH: "the network is unreachable",
}


@dataclass(frozen=True)
class Reached:
    """Whom we tried to reach: at which address, for how many seconds, and whether through a proxy."""

    address: str
    timeout: float
    proxied: bool = False


@contextmanager
def translated(reached: Reached) -> Iterator[None]:
    """Turn what a request fails with into our errors.

    Raises:
        UntrustedServerError: TLS fails.
        VaultUnreachableError: There is no answer.
        VaultRequestError: The answer is not HTTP that we understand.

    """
    try:
        yield
    except TimeoutError as error:
        raise VaultUnreachableError(
            f"no answer from vault at {reached.address} within {reached.timeout:g} s"
        ) from error
    except ssl.SSLError as error:
        raise _untrusted(error, reached) from error
    except (OSError, IncompleteRead) as error:
        through = " through the proxy" if reached.proxied else ""
        raise VaultUnreachableError(
            f"cannot reach vault at {reached.address}{through}: {_reason(error)}",
            hint="check the address, and that vault listens there",
        ) from error
    except (HTTPException, ValueError) as error:
        # `from None`: what complains about a request quotes its headers.
        problem = "it speaks no HTTP" if isinstance(error, BadStatusLine) else type(error).__name__
        raise VaultRequestError(f"cannot talk to vault at {reached.address}: {problem}") from None


def _untrusted(error: ssl.SSLError, reached: Reached) -> UntrustedServerError:
    text = str(error)
    if "CERTIFICATE_REQUIRED" in text or "BAD_CERTIFICATE" in text or "HANDSHAKE_FAILURE" in text:
        return UntrustedServerError(
            f"the server at {reached.address} does not take our certificate, or wants one",
            hint="give a client certificate that it knows, such as by VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
        )
    return UntrustedServerError(
        f"cannot trust the server at {reached.address}: {_tls_reason(error)}",
        hint="give the authority that signed its certificate, such as by VAULT_CACERT",
    )


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if "mismatch" in error.verify_message or "not valid for" in error.verify_message:
            return "its certificate is for another name"
        return next(
            (reason for reason in _TLS_REASONS if reason in error.verify_message), "its certificate does not hold"
        )
    return "it speaks no TLS, or none that we do"


def _reason(error: OSError | IncompleteRead) -> str:
    if isinstance(error, gaierror):
        return "its name cannot be resolved"
    if isinstance(error, OSError) and error.errno in _NETWORK_REASONS:
        return _NETWORK_REASONS[error.errno]
    if "Tunnel connection failed" in str(error):
        return "the proxy refuses"
    return "the connection broke off"
