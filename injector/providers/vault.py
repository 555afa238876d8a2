"""Vault as a provider: one login for many reads, and retries that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.providers.protocol import StoredSecret
from injector.vault.errors import InvalidTokenError, VaultError
from injector.vault.reference import parse_reference
from injector.vault.retry import Clock, Report, RetryPlan, persist
from sealer.errors import UsageError

if TYPE_CHECKING:
    from injector.vault.auth import Auth
    from injector.vault.client import SecretReader
    from injector.vault.kv import VaultSecret
    from injector.vault.reference import SecretReference
    from injector.vault.settings import Connection


def open_vault(connection: Connection, auth: Auth, *, plan: RetryPlan, report: Report) -> VaultProvider:
    """Return a provider on a real Vault; nothing is sent yet.

    Args:
        connection: How to reach it.
        auth: How to log in.
        plan: How long to try.
        report: Gets a line for each failed try.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there.
        UsageError: This installation has no hvac.

    """
    # Imported here: hvac costs more than all else that a command loads, and `--help` and bad input need none of it.
    try:
        from injector.vault.client import VaultClient  # noqa: PLC0415  # see above
    except ModuleNotFoundError as error:
        raise UsageError(
            f"reading from vault needs the Python package {error.name}",
            hint="install sealer[kustomize] or sealer[injector]",
        ) from error
    return VaultProvider(VaultClient(connection), auth, plan=plan, report=report)


class VaultProvider:
    """A `Provider` on Vault.

    Args:
        reader: The client.
        auth: How to log in, at the first fetch.
        plan: How long to try.
        report: Gets a line for each failed try.
        clock: Time and chance.

    """

    def __init__(
        self, reader: SecretReader, auth: Auth, *, plan: RetryPlan, report: Report, clock: Clock | None = None
    ) -> None:
        self._reader = reader
        self._auth = auth
        self._plan = plan
        self._report = report
        self._clock = clock or Clock()
        self._logged_in = False

    def fetch(self, path: str) -> StoredSecret:
        """Return the secret at a reference such as ``secret/hello`` or ``secret/hello?version=3``.

        Raises:
            InvalidReferenceError: `path` is none.
            VaultError: The last try's error.

        """
        reference = parse_reference(path)
        secret = persist(lambda: self._read(reference), self._plan, self._clock, self._report)
        return StoredSecret(secret.document, secret.fields)

    def login(self) -> None:
        """Log in now.

        Raises:
            VaultError: The last try's error.

        """
        persist(self._login, self._plan, self._clock, self._report)

    def close(self) -> None:
        """Give back the token, best effort, and close the connections."""
        try:
            if self._logged_in:
                self._reader.revoke()
        except VaultError as error:
            self._report(f"the token lives until its end: {error.message}")
        finally:
            self._logged_in = False
            self._reader.close()

    def _read(self, reference: SecretReference) -> VaultSecret:
        if not self._logged_in:
            self._login()
        try:
            return self._reader.read(reference)
        except InvalidTokenError:
            # It ended or was revoked since the login: the next try gets a new one, instead of an exit.
            self._logged_in = False
            raise

    def _login(self) -> None:
        self._reader.login(self._auth)
        self._logged_in = True
