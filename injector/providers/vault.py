"""Vault as a provider: one login for many reads, and retries that end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from injector.providers.protocol import StoredSecret
from injector.vault.answers import ends_with_token
from injector.vault.errors import InvalidTokenError, VaultError
from injector.vault.operations import open_client
from injector.vault.reference import clean_path, parse_reference
from injector.vault.retry import Clock, Report, RetryPlan, persist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from injector.vault.answers import Answer
    from injector.vault.auth import Auth
    from injector.vault.protocol import SecretReader
    from injector.vault.settings import Connection
    from injector.vault.verbatim import Json

_T = TypeVar("_T")


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
    return VaultProvider(open_client(connection), auth, plan=plan, report=report)


class VaultProvider:
    """A `Provider` and a `TemplateStore` on Vault.

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
        self._leased = False
        self._keep = False

    def fetch(self, path: str) -> StoredSecret:
        """Return the secret at a reference such as ``secret/hello`` or ``secret/hello?version=3``.

        Raises:
            InvalidReferenceError: `path` is none.
            VaultError: The last try's error.

        """
        reference = parse_reference(path)
        version = () if reference.version is None else (("version", str(reference.version)),)
        answer = self._persist(lambda: self._reader.read(reference.path, version))
        self._noted(answer)
        return StoredSecret(answer.document, answer.fields)

    def ask(self, path: str, parameters: Sequence[tuple[str, str]]) -> Mapping[str, Json]:
        """Return the whole answer to a read of any engine.

        Raises:
            InvalidReferenceError: `path` is none.
            VaultError: The last try's error.

        """
        place = clean_path(path)
        answer = self._persist(lambda: self._reader.read(place, parameters))
        self._noted(answer)
        return answer.body

    def write(self, path: str, data: Mapping[str, str]) -> Mapping[str, Json] | None:
        """Write, and return the whole answer; None where it has no content.

        It is tried again like a read, as the existing agent does: what an answer that got lost had issued is left
        behind.

        Raises:
            InvalidReferenceError: `path` is none.
            VaultError: The last try's error.

        """
        place = clean_path(path)
        answer = self._persist(lambda: self._reader.write(place, data))
        if answer is None:
            return None
        self._noted(answer)
        return answer.body

    def names(self, path: str) -> Sequence[str]:
        """Return the names below a path; none where there is nothing.

        Raises:
            InvalidReferenceError: `path` is none.
            VaultError: The last try's error.

        """
        place = clean_path(path)
        return self._persist(lambda: self._reader.names(place))

    def login(self) -> None:
        """Log in now.

        Raises:
            VaultError: The last try's error.

        """
        persist(self._login, self._plan, self._clock, self._report)

    def keep_leases(self) -> None:
        """Say that what was had is in use now: what would end with the token must outlive `close`."""
        self._keep = True

    def close(self) -> None:
        """Give back the token, best effort, and close the connections.

        Vault ends the leases of a token with it, so a token whose leases are in use is kept until its end, as the
        existing agent keeps it.
        """
        try:
            if self._logged_in and self._keep and self._leased:
                self._report("the token is kept until its end: leases of what was written hang on it")
            elif self._logged_in:
                self._reader.revoke_self()
        except VaultError as error:
            self._report(f"the token lives until its end: {error.message}")
        finally:
            self._logged_in = False
            self._reader.close()

    def _noted(self, answer: Answer) -> None:
        self._leased = self._leased or ends_with_token(answer.body)
        for warning in answer.warnings:
            self._report(warning)

    def _persist(self, action: Callable[[], _T]) -> _T:
        return persist(lambda: self._with_token(action), self._plan, self._clock, self._report)

    def _with_token(self, action: Callable[[], _T]) -> _T:
        if not self._logged_in:
            self._login()
        try:
            return action()
        except InvalidTokenError:
            # It ended or was revoked since the login: the next try gets a new one, instead of an exit.
            self._logged_in = False
            raise

    def _login(self) -> None:
        self._reader.login(self._auth)
        self._logged_in = True
