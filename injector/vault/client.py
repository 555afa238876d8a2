"""Vault over HTTP: the one door to hvac."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import hvac
import hvac.adapters

from injector.vault import answers, faults, kv
from injector.vault.auth import AppRoleAuth, Auth, KubernetesAuth, TokenAuth
from injector.vault.errors import VaultRequestError
from injector.vault.transport import open_session, translated
from injector.vault.verbatim import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import requests

    from injector.vault.protocol import Parameters
    from injector.vault.reference import SecretReference
    from injector.vault.settings import Connection
    from injector.vault.verbatim import Json

_OK: Final = 200
_NO_CONTENT: Final = 204
_NOT_FOUND: Final = 404
_NO_PREFLIGHT: Final = (403, 404)
_REVOKE_TIMEOUT: Final = 5.0


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
        body = answers.body_of(response.content)
        if response.status_code != _OK:
            raise faults.login_refused(self._answer(response, body, credentials), auth)
        self._hvac.token = answers.token_in(body, self._connection.address)
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
        version = () if reference.version is None else (("version", str(reference.version)),)
        return self.ask(reference.path, version)

    def ask(self, path: str, parameters: Parameters) -> kv.VaultSecret:
        """Return what is at a path, of any engine, with parameters of the query.

        Args:
            path: A logical path as `clean_path` gives it; KV version 2 is found out.
            parameters: Names and values, such as ``("version", "2")``.

        Raises:
            VaultError: As `read`.

        """
        mount = self._mount(path)
        place = answers.place_of(path, parameters)
        if place != path and mount is not None and not mount.versioned:
            raise VaultRequestError(f"{place}: {mount.path} keeps no versions", hint="only KV version 2 does")
        asked = faults.Asked("read", place, kv.api_path(path, mount), mount)
        response, body = self._get(asked.path, parameters)
        if response.status_code != _OK:
            raise faults.refused(self._answer(response, body, ()), asked, self._login)
        answer, document = (
            answers.answer_in(body, self._connection.address),
            answers.data_in(body, self._connection.address),
        )
        if document is None:
            raise faults.missing(place, self._connection.address)
        versioned = kv.is_versioned(mount, asked.path, document)
        if versioned and kv.is_gone(document, self._now()):
            raise faults.missing(place, self._connection.address)
        return kv.to_secret(document, versioned=versioned, answer=answer)

    def write(self, path: str, data: Mapping[str, str]) -> Mapping[str, Json] | None:
        """Write to a path (PUT), as certificates are issued.

        Args:
            path: A logical path as `clean_path` gives it; it is not rewritten.
            data: Names and values. For KV version 2 they are sent below ``data``.

        Returns:
            The whole answer; None where it has no content.

        Raises:
            VaultError: As `read`. No value of `data` is in the message.

        """
        mount = self._mount(path)
        sent = {without_surrogates(name): without_surrogates(value) for name, value in data.items()}
        with translated(self._connection):
            response: requests.Response = self._hvac.adapter.put(answers.url_of(path), json=kv.to_write(sent, mount))
        body = answers.body_of(response.content)
        if response.status_code == _NO_CONTENT:
            return None
        if response.status_code != _OK:
            answer = self._answer(response, body, answers.spellings(sent.values()))
            raise faults.refused(answer, faults.Asked("write to", path, path, mount), self._login)
        return answers.answer_in(body, self._connection.address)

    def names(self, path: str) -> list[str]:
        """Return the names below a path, folders with a slash at their end; none where there is nothing.

        Args:
            path: A logical path as `clean_path` gives it; KV version 2 is found out.

        Raises:
            VaultError: As `read`, but for `SecretNotFoundError`.

        """
        mount = self._mount(path)
        asked = faults.Asked("list", path, kv.list_path(path, mount), mount)
        response, body = self._get(asked.path, (("list", "true"),))
        if response.status_code == _NOT_FOUND:
            return []
        if response.status_code != _OK:
            raise faults.refused(self._answer(response, body, ()), asked, self._login)
        keys = (answers.data_in(body, self._connection.address) or {}).get("keys")
        return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []

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
        response, body = self._get(f"sys/internal/ui/mounts/{path}", ())
        if response.status_code in _NO_PREFLIGHT:
            return None
        answer = self._answer(response, body, ())
        if response.status_code != _OK:
            raise faults.unavailable(answer) or VaultRequestError(
                f"vault at {answer.address} cannot say what is mounted at {path}: status {answer.status}"
            )
        mount = kv.mount_of(answers.data_in(body, self._connection.address) or {})
        if mount is not None:
            self._mounts.append(mount)
        return mount

    def _get(self, path: str, parameters: Parameters) -> tuple[requests.Response, Json]:
        query = urlencode(list(parameters), errors="surrogateescape")
        with translated(self._connection):
            response: requests.Response = self._hvac.adapter.get(answers.url_of(path), params=query)
        return response, answers.body_of(response.content)

    def _answer(self, response: requests.Response, body: Json, credentials: Iterable[str]) -> faults.Answer:
        words = faults.words_of(body, (*credentials, self._hvac.token))
        return faults.Answer(self._connection.address, response.status_code, words)


def _credentials(auth: KubernetesAuth | AppRoleAuth) -> tuple[str, ...]:
    if isinstance(auth, KubernetesAuth):
        return (auth.token.read(),)
    return (auth.role_id.read(), *(() if auth.secret_id is None else (auth.secret_id.read(),)))
