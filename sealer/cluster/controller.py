"""The controller, asked through the API server's service proxy, as the existing client does.

Reference, sealed-secrets 3.2: the proxy path names the Service's first port, by the empty name where it has none.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, load_incluster_config, new_client_from_config
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from sealer import __version__
from sealer.errors import InputError, ServiceError, UnsealError
from sealer.kubeconfig import current_namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse

_TIMEOUT: Final = Timeout(connect=5, read=30)
_SET_KUBECONFIG: Final = "set KUBECONFIG or --kubeconfig; or work offline with --cert FILE or --key FILE"
_OK: Final = 200
_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = (401, 403)
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
# The existing controller answers two verifications a second, and says how long to wait when asked more often.
_PATIENCE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 5.0


def connect(kubeconfig: str | None, context: str | None) -> ControllerProxy:
    """Return a way to the controllers of the cluster that a kubeconfig, or the Pod we run in, names.

    Args:
        kubeconfig: A path, or None for KUBECONFIG and the default place.
        context: A context's name, or None for the current one.

    Raises:
        ServiceError: There is no usable configuration.
        InputError: A kubeconfig cannot be read.

    """
    current_namespace(os.environ, kubeconfig=kubeconfig, context=context)  # its errors name file and line
    try:
        client = new_client_from_config(config_file=kubeconfig, context=context)
    except ConfigException as error:
        client = _in_cluster(error)
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        # What the client raises for users and clusters that are not what they should be, and files that are not there.
        raise ServiceError(
            "no usable kubeconfig: a cluster or a user in it is malformed", hint=_SET_KUBECONFIG
        ) from error
    client.user_agent = f"sealer/{__version__}"
    return ControllerProxy(client)


def _in_cluster(reason: ConfigException) -> ApiClient:
    try:
        load_incluster_config()
    except ConfigException:
        raise ServiceError(
            f"no usable kubeconfig: {str(reason).rstrip('.').lower()}",
            hint=_SET_KUBECONFIG,
        ) from reason
    return ApiClient()


@dataclass(frozen=True)
class ControllerProxy:
    """Requests to a controller's HTTP server through the API server."""

    client: ApiClient

    def certificate(self, namespace: str, name: str) -> bytes:
        """Return the newest certificate, PEM, of the controller whose Service is `namespace`/`name`.

        Raises:
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        status, body = self._get(f"{self._proxy(namespace, name)}/v1/cert.pem")
        if status != _OK:
            raise _failed(f"cannot fetch the certificate from {namespace}/{name}", status)
        return body

    def verify(self, namespace: str, name: str, manifest: Mapping[str, Any]) -> None:
        """Ask the controller whether it opens a SealedSecret.

        Raises:
            UnsealError: It does not.
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        path = f"{self._proxy(namespace, name)}/v1/verify"
        status, _ = self._patiently(path, json.dumps(manifest))
        if status == _CONFLICT:
            raise UnsealError("the controller cannot open it")
        if status != _OK:
            raise _failed(f"cannot verify with {namespace}/{name}", status)

    def rotate(self, namespace: str, name: str, manifest: Mapping[str, Any]) -> Any:
        """Ask the controller to reseal a SealedSecret, and return its answer, decoded and not checked in any way.

        Raises:
            UnsealError: It does not open it.
            InputError: It takes it for malformed.
            ServiceError: The cluster or the controller does not answer, or refuses.

        """
        status, answer = self._patiently(f"{self._proxy(namespace, name)}/v1/rotate", json.dumps(manifest))
        if status == _CONFLICT:
            raise UnsealError("the controller cannot open it")
        if status == _SERVER_ERROR:  # what the existing controller says of a value that it does not open
            raise UnsealError("the controller cannot open it", hint="its log may say why")
        if status == _BAD_REQUEST:
            raise InputError("the controller takes it for malformed", hint="see `sealer verify`")
        if status != _OK:
            raise _failed(f"cannot reseal with {namespace}/{name}", status)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise ServiceError(f"cannot reseal with {namespace}/{name}: the answer is not JSON") from error

    def _patiently(self, path: str, body: str) -> tuple[int, bytes]:
        """Post, again for as long as the controller says that it was asked too often; return status and answer."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = self._request("POST", path, body)
            if answer.status != _TOO_MANY or time.monotonic() > end:
                return answer.status, answer.data
            asked = answer.headers.get("Retry-After", "1")
            time.sleep(min(float(asked) if asked.isdigit() else 1.0, _LONGEST_PAUSE_SECONDS))

    def _proxy(self, namespace: str, name: str) -> str:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/services/"
        service = quote(name, safe="")
        status, body = self._get(path + service)
        if status == _NOT_FOUND:
            raise ServiceError(
                f"there is no Service {namespace}/{name}",
                hint="name the controller with --controller-name and --controller-namespace (Helm's default name is "
                "sealed-secrets); or work offline with --cert FILE or --key FILE",
            )
        if status != _OK:
            raise _failed(f"cannot look up the Service {namespace}/{name}", status)
        ports = json.loads(body)["spec"].get("ports") or [{}]
        return f"{path}http:{service}:{ports[0].get('name') or ''}/proxy"

    def _get(self, path: str) -> tuple[int, bytes]:
        answer = self._request("GET", path)
        return answer.status, answer.data

    def _request(self, method: str, path: str, body: str | None = None) -> BaseHTTPResponse:
        headers = {"Accept": "*/*", "User-Agent": self.client.user_agent, "Content-Type": "application/json"}
        serialized = self.client.param_serialize(
            method=method, resource_path=path, header_params=headers, auth_settings=["BearerToken"]
        )
        _, url, signed, *_ = serialized
        try:
            answer: BaseHTTPResponse = self.client.rest_client.pool_manager.request(
                method, url, headers=signed, body=body, timeout=_TIMEOUT, retries=False
            )
        except (HTTPError, ApiException) as error:
            host = self.client.configuration.host
            raise ServiceError(
                f"cannot reach the cluster at {host}", hint="is the kubeconfig's context right?"
            ) from error
        return answer


def _failed(what: str, status: int) -> ServiceError:
    if status in _FORBIDDEN:
        return ServiceError(
            f"{what}: not permitted ({status})", hint="ask for the service-proxier role, or use --cert FILE"
        )
    return ServiceError(f"{what}: the answer was {status}", hint="is the controller running and ready?")
