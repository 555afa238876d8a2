"""The HTTP session below hvac: trust, proxy, redirects and time limits are ours, and the environment is not asked."""

from __future__ import annotations

import ssl
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import InsecureRequestWarning

from injector.vault.errors import UntrustedServerError, VaultRequestError, VaultSettingsError, VaultUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.vault.settings import Connection


class _Session(requests.Session):
    """A session that never falls from https to http: the token would go over the wire in the clear."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        before, after = urlsplit(resp.url), urlsplit(urljoin(resp.url, target))
        if before.scheme == "https" and after.scheme != "https":
            resp.close()
            raise VaultRequestError(f"vault at {before.netloc} redirects to an address without TLS")
        return target


def open_session(connection: Connection) -> requests.Session:
    """Make the session for a connection.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there, or holds none.

    """
    if isinstance(connection.verify, str):
        _check_authorities(Path(connection.verify))
    for path in connection.client_certificate or ():
        if not Path(path).is_file():
            raise VaultSettingsError(f"the client certificate or key {path} is not there")
    session = _Session()
    # Else requests would read ~/.netrc, CA bundles and proxies by its own rules, and let a bundle win over `verify`.
    session.trust_env = False
    session.verify = connection.verify
    session.cert = connection.client_certificate
    if connection.proxy:
        session.proxies = {"http": connection.proxy, "https": connection.proxy}
    return session


def _check_authorities(path: Path) -> None:
    """Say what is wrong with a file of authorities now: later it would look as if the server were to blame."""
    if not path.exists():
        raise VaultSettingsError(f"the CA certificate {path} is not there")
    try:
        if path.is_file():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # ssl.SSLError is one
        raise VaultSettingsError(f"the CA certificate {path} cannot be used", hint="it must be PEM") from error


@contextmanager
def translated(connection: Connection) -> Iterator[None]:
    """Turn the errors of requests into ours, and keep urllib3 from warning of a missing check on every request.

    Raises:
        UntrustedServerError: TLS fails.
        VaultUnreachableError: There is no answer.
        VaultRequestError: The answer is not HTTP that we understand.

    """
    try:
        with warnings.catch_warnings():
            if connection.verify is False:
                warnings.simplefilter("ignore", InsecureRequestWarning)
            yield
    except requests.exceptions.SSLError as error:
        raise UntrustedServerError(
            f"cannot trust the server at {connection.address}: {_tls_reason(error)}",
            hint="give the authority that signed its certificate, such as by VAULT_CACERT",
        ) from error
    except requests.exceptions.ProxyError as error:
        raise VaultUnreachableError(f"cannot reach vault at {connection.address} through the proxy") from error
    except requests.exceptions.Timeout as error:
        raise VaultUnreachableError(
            f"no answer from vault at {connection.address} within {connection.timeout:g} s"
        ) from error
    except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise VaultUnreachableError(
            f"cannot reach vault at {connection.address}: {_network_reason(error)}",
            hint="check the address, and that vault listens there",
        ) from error
    except requests.exceptions.RequestException as error:
        if error.response is not None:
            error.response.close()
        # `from None`: what is left are complaints about the request itself, and those quote its headers.
        raise VaultRequestError(f"cannot talk to vault at {connection.address}: {type(error).__name__}") from None


def _tls_reason(error: BaseException) -> str:
    text = str(error)
    for mark in ("unable to get local issuer certificate", "self-signed certificate", "certificate has expired"):
        if mark in text:
            return mark
    if "doesn't match" in text or "not valid for" in text:
        return "its certificate is for another name"
    return "it speaks no TLS, or its certificate does not hold"


def _network_reason(error: BaseException) -> str:
    text = str(error)
    for mark, reason in _NETWORK_REASONS.items():
        if mark in text:
            return reason
    return "the connection broke off"


_NETWORK_REASONS = {
    "Connection refused": "connection refused",
    "Failed to resolve": "its name cannot be resolved",
    "Name or service not known": "its name cannot be resolved",
    "No route to host": "there is no route to it",
    "Network is unreachable": "the network is unreachable",
}
