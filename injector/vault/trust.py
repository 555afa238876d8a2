"""TLS towards Vault: whom to trust, and our own certificate."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from injector.vault.errors import VaultSettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from injector.vault.settings import Connection

_HASHED: Final = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def tls_context(connection: Connection) -> ssl.SSLContext:
    """Make the TLS context of a connection; files are read now.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there, or holds none.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As Go has it: an authority that is given is trusted even if it is not self-signed.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if connection.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif isinstance(connection.verify, str):
        _trust_path(context, Path(connection.verify))
    elif connection.authorities is not None:
        _trust_text(context, connection.authorities)
    else:
        _trust_public(context)
    if connection.client_certificate is not None:
        _show(context, *map(Path, connection.client_certificate))
    return context


def _trust_path(context: ssl.SSLContext, path: Path) -> None:
    if not path.exists():
        raise VaultSettingsError(f"the CA certificate {path} is not there")
    if path.is_dir():
        _trust_folder(context, path)
        return
    try:
        context.load_verify_locations(path)
    except OSError as error:  # ssl.SSLError is one
        raise VaultSettingsError(f"the CA certificate {path} cannot be used", hint="it must be PEM") from error


def _trust_folder(context: ssl.SSLContext, folder: Path) -> None:
    """Trust every certificate in a folder, whatever its file's name, as Vault's own client does."""
    if _hashed(folder):
        context.load_verify_locations(capath=folder)  # OpenSSL finds by name what it needs, and loads only that
        return
    # Kubernetes keeps a volume's files in a folder of dots, and links to them: those are the ones to read.
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_file()]
    for path in files:
        with suppress(OSError):  # a key or a README beside them is no authority
            context.load_verify_locations(path)
    if not context.cert_store_stats()["x509"]:
        raise VaultSettingsError(f"the folder {folder} holds no CA certificate", hint="its files must be PEM")


def _hashed(folder: Path) -> bool:
    return any(_HASHED.fullmatch(path.name) for path in folder.iterdir())


def _trust_text(context: ssl.SSLContext, text: str) -> None:
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise VaultSettingsError("the CA certificates given as text cannot be used", hint="they must be PEM") from error


def _trust_public(context: ssl.SSLContext) -> None:
    """Trust the system's authorities; an image may have none, and then those of certifi, where it is installed."""
    paths = ssl.get_default_verify_paths()
    # A folder whose files OpenSSL finds by name costs nothing; reading a bundle of them all costs as much as a login.
    if paths.capath and _hashed(Path(paths.capath)):
        context.load_verify_locations(capath=paths.capath)
    elif paths.cafile:
        context.load_verify_locations(paths.cafile)
    elif find_spec("certifi") is not None:
        import certifi  # noqa: PLC0415  # only where the system has none

        context.load_verify_locations(certifi.where())


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for path in _absent((certificate, key)):
        raise VaultSettingsError(f"the client certificate or key {path} is not there")
    try:
        # Without a password: OpenSSL would ask for it at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # ssl.SSLError is one
        raise VaultSettingsError(
            f"the client certificate {certificate} and its key {key} cannot be used",
            hint="both must be PEM, belong together, and the key must not be encrypted",
        ) from error


def _absent(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if not path.is_file()]
