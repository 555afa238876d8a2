"""A controller's HTTP server behind the service proxy, with the answers of the API server in its own words.

As kubeseal asks it (reference, sealed-secrets 3.2): the proxy path names the Service's first port, by the empty name
where it has none.
"""

from __future__ import annotations

import json
import re
import time
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from kubernetes.client.exceptions import ApiException
from urllib3 import HTTPHeaderDict, Timeout
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from sealer.errors import ConfigError, ServiceError, UnsealError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.client import ApiClient

_OK: Final = 200
_CONFLICT: Final = 409
_TOO_MANY: Final = 429
_PATIENCE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 30.0
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def read_timeout(text: str) -> float | None:
    """Return seconds of a duration, ``5``, ``1.5s``, ``1h30m``; None for zero, which is no limit.

    Raises:
        ConfigError: It is none.

    """
    if text.isascii() and text.isdigit():
        return float(text) or None
    if not _DURATION.sub("", text) and text:
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)) or None
    raise ConfigError(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
        "corresponding time unit (e.g. 1s | 2m | 3h)",
        hint="see --request-timeout",
    )


@dataclass(frozen=True)
class Caller:
    """Who asks, beyond the credentials: whom to impersonate.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

    Attributes:
        user: The user.
        uid: Its UID.
        groups: Its groups.

    """

    user: str = ""
    uid: str = ""
    groups: Sequence[str] = ()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that say so."""
        named = [("Impersonate-User", self.user), ("Impersonate-Uid", self.uid)]
        return [pair for pair in named if pair[1]] + [("Impersonate-Group", group) for group in self.groups]


@dataclass(frozen=True)
class ControllerService:
    """The controller whose Service is `namespace`/`name`."""

    client: ApiClient
    namespace: str
    name: str
    caller: Caller = field(default_factory=Caller)
    timeout: float | None = None

    def certificate(self) -> bytes:
        """Return its newest certificate, PEM.

        Raises:
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        path = self._proxy
        try:
            return self._get(f"{path}/v1/cert.pem")
        except ServiceError as error:
            raise ServiceError(f"cannot fetch certificate: {error.message}", hint=error.hint) from error

    def verify(self, manifest: Mapping[str, Any]) -> None:
        """Ask whether it opens a SealedSecret.

        Raises:
            UnsealError: It does not.
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        path = self._proxy
        try:
            status, body = self._patiently(f"{path}/v1/verify", manifest)
            if status == _CONFLICT:
                raise UnsealError(f"unable to decrypt sealed secret: {manifest['metadata']['name']}")
            _expect_ok(status, body)
        except ServiceError as error:
            raise ServiceError(f"cannot validate sealed secret: {error.message}", hint=error.hint) from error

    def rotate(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Have a SealedSecret resealed, and return the answer's manifest.

        Raises:
            UnsealError: It cannot.
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        path = self._proxy
        try:
            status, body = self._patiently(f"{path}/v1/rotate", manifest)
            if status == _CONFLICT:
                raise UnsealError("unable to rotate secret")
            _expect_ok(status, body)
            answer = _json(body)
        except ServiceError as error:
            hint = error.hint or "does the controller open it? see --validate"
            raise ServiceError(f"cannot re-encrypt secret: {error.message}", hint=hint) from error
        return answer

    @cached_property
    def _proxy(self) -> str:
        path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/services/"
        service = quote(self.name, safe="")
        try:
            found = _json(self._get(path + service))
        except ServiceError as error:
            raise ServiceError(
                f"cannot get sealed secret service: {error.message}.\nPlease, use the flag --controller-name and "
                "--controller-namespace to set up the name and namespace of the sealed secrets controller",
                hint=error.hint or "Helm's default name is sealed-secrets",
            ) from error
        ports = (found.get("spec") or {}).get("ports") or [{}]
        return f"{path}http:{service}:{ports[0].get('name') or ''}/proxy"

    def _get(self, path: str) -> bytes:
        status, body, _ = self._request("GET", path)
        _expect_ok(status, body)
        return body

    def _patiently(self, path: str, manifest: Mapping[str, Any]) -> tuple[int, bytes]:
        """Post, again for as long as the controller says that it was asked too often."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            status, body, pause = self._request("POST", path, json.dumps(manifest))
            if status != _TOO_MANY or time.monotonic() > end:
                return status, body
            time.sleep(min(float(pause) if pause.isdigit() else 1.0, _LONGEST_PAUSE_SECONDS))

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes, str]:
        headers = {"Accept": "*/*", "User-Agent": self.client.user_agent, "Content-Type": "application/json"}
        _, url, signed, *_ = self.client.param_serialize(
            method=method, resource_path=path, header_params=headers, auth_settings=["BearerToken"]
        )
        sent = HTTPHeaderDict(signed)
        for name, value in self.caller.headers:
            sent.add(name, value)
        timeout = Timeout(connect=self.timeout or _CONNECT_SECONDS, read=self.timeout)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureRequestWarning)  # the flag that asks for it says it already
                answer = self.client.rest_client.pool_manager.request(
                    method, url, headers=sent, body=body, timeout=timeout, retries=False
                )
        except (HTTPError, ApiException) as error:
            host = self.client.configuration.host
            raise ServiceError(
                f"cannot reach the cluster at {host}", hint="is the kubeconfig's context right?"
            ) from error
        return answer.status, answer.data, answer.headers.get("Retry-After", "")


def _expect_ok(status: int, body: bytes) -> None:
    if status != _OK:
        raise ServiceError(_told(status, body))


def _told(status: int, body: bytes) -> str:
    """Return what the API server says in its Status, or else the status code: a body may repeat what was sent."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if isinstance(found, dict) and found.get("kind") == "Status" and isinstance(found.get("message"), str):
        message: str = found["message"]
        return message
    return f"the answer was {status}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ServiceError("the answer is not JSON")
    return found
