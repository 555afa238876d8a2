"""Vault over HTTP: the one door to hvac."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import quote

import hvac
import hvac.adapters

from injector.vault import faults, kv
from injector.vault.auth import AppRoleAuth, Auth, KubernetesAuth, TokenAuth
from injector.vault.errors import VaultError, VaultRequestError
from injector.vault.transport import open_session, translated
from injector.vault.verbatim import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests

    from injector.vault.reference import SecretReference
    from injector.vault.settings import Connection
    from injector.vault.verbatim import Json

_OK: Final = 200
_NO_PREFLIGHT: Final = (403, 404)
_REVOKE_TIMEOUT: Final = 5.0


class SecretReader(Protocol):
    """What the rest of Sealer asks of Vault."""

    def login(self, auth: Auth) -> None:
        """Get a token, and use it from now on."""

    def read(self, reference: SecretReference) -> kv.VaultSecret:
        """Return the secret at a place."""

    def revoke(self) -> None:
        """Give back the token of the last login, if it was made for us."""

    def close(self) -> None:
        """Close the connections."""


class VaultClient:
    """A `SecretReader` on a real Vault or OpenBao.

    Args:
        connection: How to reach it. Nothing is sent yet.
        now: The time, aware; decides whether a version is deleted already.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there.

    """

    def __init__(self, connection: Connection, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._connection = connection
        self._now = now
        self._mounts: list[kv.Mount] = []
        self._login = "a client without login"
        self._own_token = False
        # Every argument that hvac would otherwise take from the environment is given: `token` (an empty one is none),
        # `url`, `cert` and `verify`. The raw adapter hands over each answer as it came, so that its numbers stay.
        self._hvac: Any = hvac.Client(
            url=connection.address,
            token="",
            cert=connection.client_certificate or (),
            verify=connection.verify,
            timeout=connection.timeout,
            namespace=connection.namespace,
            session=open_session(connection),
            adapter=hvac.adapters.RawAdapter,
            ignore_exceptions=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def login(self, auth: Auth) -> None:
        """Get a token; credentials in files are read anew.

        Raises:
            LoginError: A credential is missing, or Vault refuses it.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        self._login, self._own_token = str(auth), False
        if isinstance(auth, TokenAuth):
            self._hvac.token = auth.read()
            return
        self._hvac.token = ""
        credentials = _credentials(auth)
        with translated(self._connection):
            response = self._post_login(auth, credentials)
        body = _body(response)
        if response.status_code != _OK:
            raise faults.login_refused(self._answer(response, body, credentials), auth)
        self._hvac.token = self._token_in(body)
        self._own_token = True

    def read(self, reference: SecretReference) -> kv.VaultSecret:
        """Return the secret at a place; whether it is KV version 1 or 2 is found out.

        Raises:
            SecretNotFoundError: There is none, or the version is deleted.
            PermissionDeniedError: The login may not read it.
            InvalidTokenError: The token is not valid.
            VaultRequestError: A version is asked of a mount that keeps none, or the answer is not Vault's.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        mount = self._mount(reference.path)
        if reference.version is not None and mount is not None and not mount.versioned:
            raise VaultRequestError(f"{reference}: {mount.path} keeps no versions", hint="only KV version 2 does")
        asked = kv.api_path(reference.path, mount)
        params = {} if reference.version is None else {"version": str(reference.version)}
        response, body = self._get(asked, params)
        if response.status_code != _OK:
            answer = self._answer(response, body, ())
            raise faults.read_refused(answer, asked, reference, mount, self._login)
        document = self._data_in(body)
        if document is None:
            raise faults.missing(reference, self._connection.address)
        versioned = kv.is_versioned(mount, asked, document)
        if versioned and kv.is_gone(document, self._now()):
            raise faults.missing(reference, self._connection.address)
        return kv.to_secret(document, versioned=versioned)

    def revoke(self) -> None:
        """Give back the token of the last login, if it was made for us.

        Raises:
            VaultError: Vault cannot be reached or refuses; the token then lives until its end.

        """
        if not self._own_token:
            return
        self._own_token = False
        with translated(self._connection):
            response = self._hvac.adapter.post("/v1/auth/token/revoke-self", timeout=_REVOKE_TIMEOUT)
        self._hvac.token = ""
        if not response.ok:
            raise VaultRequestError(f"vault did not revoke the token: status {response.status_code}")

    def close(self) -> None:
        """Close the connections."""
        self._hvac.adapter.close()

    def _post_login(self, auth: KubernetesAuth | AppRoleAuth, credentials: tuple[str, ...]) -> requests.Response:
        methods = self._hvac.auth
        response: requests.Response
        if isinstance(auth, KubernetesAuth):
            response = methods.kubernetes.login(auth.role, *credentials, use_token=False, mount_point=auth.mount)
        else:
            response = methods.approle.login(*credentials, use_token=False, mount_point=auth.mount)
        return response

    def _mount(self, path: str) -> kv.Mount | None:
        """Find out what is mounted at a path; None where Vault would not say."""
        known = next((mount for mount in self._mounts if kv.holds(mount, path)), None)
        if known is not None:
            return known
        response, body = self._get(f"sys/internal/ui/mounts/{path}", {})
        if response.status_code in _NO_PREFLIGHT:
            return None
        answer = self._answer(response, body, ())
        if response.status_code != _OK:
            raise faults.unavailable(answer) or VaultRequestError(
                f"vault at {answer.address} cannot say what is mounted at {path}: status {answer.status}"
            )
        mount = kv.mount_of(self._data_in(body) or {})
        if mount is not None:
            self._mounts.append(mount)
        return mount

    def _get(self, path: str, params: dict[str, str]) -> tuple[requests.Response, Json]:
        with translated(self._connection):
            response: requests.Response = self._hvac.adapter.get(f"/v1/{quote(path)}", params=params)
        return response, _body(response)

    def _answer(self, response: requests.Response, body: Json, credentials: Iterable[str]) -> faults.Answer:
        words = faults.words_of(body, (*credentials, self._hvac.token))
        return faults.Answer(self._connection.address, response.status_code, words)

    def _data_in(self, body: Json) -> dict[str, Json] | None:
        if not isinstance(body, dict) or "data" not in body:
            raise self._not_vault()
        data = body["data"]
        return data if isinstance(data, dict) else None

    def _token_in(self, body: Json) -> str:
        auth = body.get("auth") if isinstance(body, dict) else None
        token = auth.get("client_token") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            raise self._not_vault()
        return token

    def _not_vault(self) -> VaultError:
        return VaultRequestError(
            f"the answer of {self._connection.address} is not one of vault's",
            hint="check the address; a proxy or another server may listen there",
        )


def _credentials(auth: KubernetesAuth | AppRoleAuth) -> tuple[str, ...]:
    if isinstance(auth, KubernetesAuth):
        return (auth.token.read(),)
    return (auth.role_id.read(), *(() if auth.secret_id is None else (auth.secret_id.read(),)))


def _body(response: requests.Response) -> Json:
    try:
        return decode(response.content.decode("utf-8", errors="replace"))
    except ValueError:
        return None
