"""A login and its token: getting, renewing, giving back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self, TypedDict, Unpack

from injector.vault import answers, faults
from injector.vault.auth import Auth, CertAuth, Login, TokenAuth
from injector.vault.door import Door, open_door
from injector.vault.errors import LoginError, PermissionDeniedError, VaultRequestError
from injector.vault.logins import body_of_login, credentials_in
from injector.vault.places import url_of
from injector.vault.retry import Clock, patiently
from injector.vault.wrapping import unwrap, unwrap_secret_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from injector.vault.answers import Answer, TokenLease, WrappedToken
    from injector.vault.settings import Connection
    from injector.vault.transport import Reply
    from injector.vault.verbatim import Json

_REVOKE_TIMEOUT: Final = 5.0
_SELF: Final = "auth/token/{}-self"


class Options(TypedDict, total=False):
    """How a client works: how many requests may be under way at once (1); the time, aware; and for waits, a clock."""

    max_connections: int
    now: Callable[[], datetime]
    clock: Clock


class VaultSession:
    """The part of a client that has to do with its token.

    Args:
        connection: How to reach Vault. Nothing is sent yet.
        options: How it works.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there.

    """

    def __init__(self, connection: Connection, **options: Unpack[Options]) -> None:
        self._connection = connection
        self._most = options.get("max_connections", 1)
        self._now = options.get("now") or _utc_now
        self._clock = options.get("clock") or Clock()
        self._who = "a client without login"
        self._own_token = False
        self._door = open_door(connection, connection.namespace, self._most)
        self._fresh = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def login(self, auth: Auth) -> TokenLease:
        """Get a token, and use it from now on; credentials and certificates in files are read anew.

        Raises:
            LoginError: A credential is missing, or Vault refuses it.
            InvalidTokenError: A given token is not valid.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        with self._door_for(auth) as door:
            if isinstance(auth, TokenAuth):
                self._enter(door, auth.read(), str(auth), own=False)
                return self._given(door)
            lease = answers.token_in(self._logged_in(door, auth, None), self._connection.address)
            self._enter(door, lease.token, str(auth), own=True)
        return lease

    def login_wrapped(self, auth: Auth, ttl: str) -> WrappedToken:
        """Log in for somebody else: Vault keeps the token, and gives it to who shows what is returned.

        Args:
            auth: The login.
            ttl: How long Vault keeps it, such as ``5m``.

        Raises:
            LoginError: A credential is missing, Vault refuses it, or `auth` is a token.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        if isinstance(auth, TokenAuth):
            raise LoginError("a given token cannot be wrapped", hint="only a login is answered with a token")
        with self._door_for(auth) as door:
            body = self._logged_in(door, auth, ttl)
            self._enter(door, "", "a client that handed its login on", own=False)
        return answers.wrapped_in(body, self._connection.address)

    def use_token(self, lease: TokenLease, *, own: bool = True) -> None:
        """Take up a token that another process got.

        Args:
            lease: The token.
            own: Whether `revoke_self` gives it back.

        """
        self._door.show(lease.token)
        self._who, self._own_token = "the token that was handed over", own

    def look_up_self(self) -> TokenLease:
        """Return what is left of the token.

        Raises:
            InvalidTokenError: It is not valid.
            PermissionDeniedError: It may not look at itself.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        door = self._door
        body = self._self("look up", lambda: door.tokens.get(url_of(_SELF.format("lookup"))))
        return answers.token_looked_up(answers.data_in(body, self._connection.address) or {}, door.tokens.token)

    def renew_self(self, increment: float | None = None) -> TokenLease:
        """Renew the token.

        Args:
            increment: The seconds wished for; None for what its role has.

        Raises:
            InvalidTokenError: It is not valid any more.
            VaultError: It cannot be renewed, or Vault cannot be reached, or cannot answer now.

        """
        door = self._door
        wished = {} if increment is None else {"increment": f"{increment:.0f}s"}
        body = self._self("renew", lambda: door.tokens.post(url_of(_SELF.format("renew")), json=wished))
        return answers.token_in(body, self._connection.address)

    def revoke_self(self) -> None:
        """Give back the token of the last login, if it was made for us; its leases end with it.

        Raises:
            VaultError: Vault cannot be reached or refuses; the token then lives until its end.

        """
        if not self._own_token:
            return
        self._own_token = False
        reply: Reply = self._door.tokens.post(url_of(_SELF.format("revoke")), timeout=_REVOKE_TIMEOUT)
        self._door.show("")
        if not reply.ok:
            raise VaultRequestError(f"vault did not revoke the token: status {reply.status_code}")

    def unwrap(self, token: str) -> Answer:
        """Return the answer that a wrapping token stands for; it can be had once.

        Raises:
            VaultRequestError: The token was used before, has ended, or is none.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        return unwrap(self._door, token)

    def close(self) -> None:
        """Close the connections."""
        self._door.transport.close()

    @contextmanager
    def _door_for(self, auth: Auth) -> Iterator[Door]:
        """Open the way to log in, with its files read anew; it is closed again where nobody goes through it."""
        door = self._way_in(auth)
        try:
            yield door
        finally:
            if door is not self._door:
                door.transport.close()

    def _way_in(self, auth: Auth) -> Door:
        connection = self._connection
        if isinstance(auth, CertAuth):
            connection = _showing(connection, auth)
        namespace = auth.namespace or connection.namespace
        if self._fresh and connection is self._connection and namespace == connection.namespace:
            self._fresh = False
            return self._door
        return open_door(connection, namespace, self._most)

    def _enter(self, door: Door, token: str, who: str, *, own: bool) -> None:
        door.show(token)
        # In this order: a thread that reads meanwhile has either login, and never one without its token.
        before, self._door = self._door, door
        self._who, self._own_token = who, own
        if before is not door:
            before.transport.close()

    def _given(self, door: Door) -> TokenLease:
        try:
            return self.look_up_self()
        except PermissionDeniedError:
            return answers.TokenLease(door.tokens.token, 0, renewable=False)

    def _logged_in(self, door: Door, auth: Login, wrap_ttl: str | None) -> Json:
        door.show("")
        body = body_of_login(auth, lambda token, path: unwrap_secret_id(door, token, path), self._now())
        reply: Reply = door.tokens.login(
            url_of(f"auth/{auth.mount}/login"), use_token=False, json=body, wrap_ttl=wrap_ttl
        )
        decoded = answers.body_of(reply.content)
        if reply.status_code != HTTPStatus.OK:
            raise faults.login_refused(self._refusal(reply, decoded, credentials_in(body)), auth)
        return decoded

    def _self(self, action: faults.Action, send: Callable[[], Reply]) -> Json:
        reply = self._patiently(send)
        body = answers.body_of(reply.content)
        if reply.status_code != HTTPStatus.OK:
            asked = faults.Asked(action, "the token", _SELF.format({"look up": "lookup"}.get(action, action)))
            raise faults.refused(self._refusal(reply, body, ()), asked, self._who)
        return body

    def _patiently(self, send: Callable[[], Reply]) -> Reply:
        return patiently(send, self._connection.max_retries, self._clock)

    def _refusal(self, reply: Reply, body: Json, secrets: Iterable[str]) -> faults.Refusal:
        return faults.refusal_of(reply, body, (*secrets, self._door.tokens.token), self._connection.address)


def _showing(connection: Connection, auth: CertAuth) -> Connection:
    """Return a connection that shows the certificate of a login.

    Raises:
        LoginError: There is none.

    """
    pair = connection.client_certificate
    if auth.certificate is not None and auth.key is not None:
        pair = (str(auth.certificate), str(auth.key))
    if pair is None:
        raise LoginError("the cert login has no certificate", hint="give client_cert and client_key")
    if auth.authorities is None or connection.verify is False:
        return replace(connection, client_certificate=pair)
    return replace(connection, client_certificate=pair, verify=auth.authorities, authorities=None)


def _utc_now() -> datetime:
    return datetime.now(UTC)
