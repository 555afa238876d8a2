"""Vault over HTTP: reading, writing, leases."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from injector.vault import answers, faults, kv, places
from injector.vault.errors import VaultRequestError
from injector.vault.forwarding import of_its_end, to_pass_on
from injector.vault.mounts import Mounts
from injector.vault.protocol import Forwarded
from injector.vault.session import Options, VaultSession
from injector.vault.verbatim import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from injector.vault.answers import Answer, VaultLease
    from injector.vault.protocol import Parameters
    from injector.vault.settings import Connection
    from injector.vault.transport import Reply
    from injector.vault.verbatim import Json

_NO_PREFLIGHT: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class VaultClient(VaultSession):
    """`VaultOperations` on a real Vault or OpenBao, for many threads.

    Args:
        connection: How to reach it. Nothing is sent yet.
        options: Those of `VaultSession`.

    Raises:
        VaultSettingsError: A file of certificates or keys is not there.

    """

    def __init__(self, connection: Connection, **options: Unpack[Options]) -> None:
        super().__init__(connection, **options)
        self._mounts = Mounts(self._look_up)

    def read(self, path: str, parameters: Parameters = ()) -> Answer:
        """Return what is at a path, of any engine, with parameters of the query.

        A version that is asked of a mount without versions is ignored by Vault: the answer then warns of it.

        Args:
            path: A logical path as `clean_path` gives it; KV version 2 is found out.
            parameters: Names and values, such as ``("version", "2")``.

        Raises:
            SecretNotFoundError: There is none, or the version is deleted.
            PermissionDeniedError: The login may not read it.
            InvalidTokenError: The token is not valid.
            VaultRequestError: The answer is not Vault's.
            VaultError: Vault cannot be reached, or cannot answer now.

        """
        mount = self._mounts.at(path)
        place = places.place_of(path, parameters)
        asked = faults.Asked("read", place, kv.api_path(path, mount), mount)
        body = self._had(asked, parameters)
        document = answers.data_in(body, self._connection.address)
        if document is None:
            raise faults.missing(place, self._connection.address)
        versioned = kv.is_versioned(mount, asked.path, document)
        if versioned and kv.is_gone(document, self._now()):
            raise faults.missing(place, self._connection.address)
        answer = kv.to_answer(answers.answer_in(body, self._connection.address), document, mount, versioned=versioned)
        return answer if place == path or versioned else kv.without_version(answer, place, mount)

    def write(self, path: str, data: Mapping[str, str]) -> Answer | None:
        """Write to a path (PUT), as certificates are issued.

        Args:
            path: A logical path as `clean_path` gives it; it is not rewritten.
            data: Names and values. For KV version 2 they are sent below ``data``.

        Returns:
            The answer; None where it has no content.

        Raises:
            VaultError: As `read`. No value of `data` is in the message.

        """
        mount = self._mounts.at(path)
        sent = {without_surrogates(name): without_surrogates(value) for name, value in data.items()}
        to_send = kv.to_write(sent, mount)
        reply = self._patiently(lambda: self._door.secrets.put(places.url_of(path), json=to_send))
        if reply.status_code == HTTPStatus.NO_CONTENT:
            return None
        asked = faults.Asked("write to", path, path, mount)
        body = self._success(reply, asked, tuple(sent.values()))
        document = answers.data_in(body, self._connection.address) or {}
        return kv.to_answer(answers.answer_in(body, self._connection.address), document, mount, versioned=False)

    def names(self, path: str) -> list[str]:
        """Return the names below a path, folders with a slash at their end; none where there is nothing.

        Args:
            path: A logical path as `clean_path` gives it; KV version 2 is found out.

        Raises:
            VaultError: As `read`, but for `SecretNotFoundError`.

        """
        mount = self._mounts.at(path)
        asked = faults.Asked("list", path, kv.list_path(path, mount), mount)
        reply = self._get(asked.path, (("list", "true"),))
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return []
        body = self._success(reply, asked)
        keys = (answers.data_in(body, self._connection.address) or {}).get("keys")
        return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []

    def metadata(self, path: str) -> Mapping[str, Json]:
        """Return the metadata of a KV version 2 secret: its versions, without its content.

        Args:
            path: A logical path as `clean_path` gives it.

        Raises:
            VaultRequestError: The mount is not of KV version 2.
            VaultError: As `read`.

        """
        mount = self._mounts.at(path)
        if mount is None or not mount.versioned:
            raise VaultRequestError(f"{path} has no metadata: it is not known to be of KV version 2")
        body = self._had(faults.Asked("read", path, kv.metadata_path(path, mount), mount), ())
        return answers.data_in(body, self._connection.address) or {}

    def renew_lease(self, lease_id: str, increment: float | None = None) -> VaultLease:
        """Renew a lease.

        Args:
            lease_id: The lease.
            increment: The seconds wished for; None for what its role has.

        Raises:
            VaultRequestError: It has ended, or cannot be renewed.
            VaultError: As `read`.

        """
        wished = {} if increment is None else {"increment": int(increment)}
        sent = {"lease_id": lease_id, **wished}
        reply = self._patiently(lambda: self._door.secrets.put(places.url_of("sys/leases/renew"), json=sent))
        body = self._success(reply, faults.Asked("renew", f"the lease {lease_id}", "sys/leases/renew"))
        return answers.lease_in(body, self._connection.address)

    def revoke_lease(self, lease_id: str) -> None:
        """End a lease; one that has ended is no error.

        Raises:
            VaultError: As `read`.

        """
        sent = {"lease_id": lease_id}
        reply = self._patiently(lambda: self._door.secrets.put(places.url_of("sys/leases/revoke"), json=sent))
        if not reply.ok:
            self._success(reply, faults.Asked("revoke", f"the lease {lease_id}", "sys/leases/revoke"))

    def forward(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, token: str | None
    ) -> Forwarded:
        """Pass a request on as it is, and its answer back, whatever it is.

        Args:
            method: HTTP method.
            target: Path and query, such as ``/v1/secret/data/hello?version=1``.
            headers: What the caller sent; what is for one hop only is taken off.
            body: What the caller sent.
            token: The token to show; None to leave the caller's.

        Raises:
            VaultError: There is no answer.

        """
        reply = self._door.transport.request(
            method=method,
            url=f"{self._connection.address}/{target.lstrip('/')}",
            headers=to_pass_on(headers, token, self._connection.namespace),
            allow_redirects=self._connection.follow_redirects,
            timeout=self._connection.timeout,
            data=body or None,
        )
        return Forwarded(reply.status_code, of_its_end(reply.headers.items()), reply.content)

    def _look_up(self, path: str) -> kv.Mount | None:
        """Ask what is mounted at a path; None where Vault would not say."""
        reply = self._get(f"sys/internal/ui/mounts/{path}", ())
        if reply.status_code in _NO_PREFLIGHT:
            return None
        body = answers.body_of(reply.content)
        if reply.status_code != HTTPStatus.OK:
            refusal = self._refusal(reply, body, ())
            raise faults.unavailable(refusal) or VaultRequestError(
                f"vault at {refusal.address} cannot say what is mounted at {path}: status {refusal.status}"
            )
        return kv.mount_of(answers.data_in(body, self._connection.address) or {})

    def _had(self, asked: faults.Asked, parameters: Parameters) -> Json:
        return self._success(self._get(asked.path, parameters), asked)

    def _get(self, path: str, parameters: Parameters) -> Reply:
        query = urlencode(list(parameters), errors="surrogateescape")
        return self._patiently(lambda: self._door.secrets.get(places.url_of(path), params=query))

    def _success(self, reply: Reply, asked: faults.Asked, secrets: tuple[str, ...] = ()) -> Json:
        body = answers.body_of(reply.content)
        if reply.status_code != HTTPStatus.OK:
            raise faults.refused(self._refusal(reply, body, secrets), asked, self._who)
        return body
