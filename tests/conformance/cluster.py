"""A cluster as its administrator's kubeconfig opens it: any cluster, so nothing but that file and public APIs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from kubernetes.config import new_client_from_config
from urllib3 import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubernetes.client import ApiClient

Json = dict[str, Any]
MERGE_PATCH: Final = "application/merge-patch+json"
NOT_FOUND: Final = 404
# Twice what the existing system's own suite allows: ours shares its machine with other tests.
SECONDS: Final = 30.0
_TIMEOUT: Final = Timeout(connect=5, read=30)


class RefusedError(Exception):
    """The API server answered with an error."""

    def __init__(self, what: str, status: int, body: bytes) -> None:
        super().__init__(f"{what}: {status} {body.decode(errors='replace')[:500]}")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What an HTTP server answered.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
        body: The bytes.

    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        decoded: Json = json.loads(self.body)
        return decoded


@dataclass(frozen=True)
class Cluster:
    """An API server.

    Attributes:
        client: What holds the credentials.
        kubeconfig: The file they came from, for `kubeseal`.

    """

    client: ApiClient
    kubeconfig: Path

    @classmethod
    def of(cls, kubeconfig: Path) -> Self:
        return cls(new_client_from_config(config_file=str(kubeconfig)), kubeconfig)

    def ask(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> Answer:
        """Send a request and return whatever is answered."""
        headers = {"Accept": "*/*", "Content-Type": content_type}
        serialized = self.client.param_serialize(
            method=method, resource_path=path, header_params=headers, auth_settings=["BearerToken"]
        )
        _, url, signed, *_ = serialized
        answer = self.client.rest_client.pool_manager.request(
            method, url, headers=signed, body=body, timeout=_TIMEOUT, retries=False
        )
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.data)

    def request(self, method: str, path: str, body: Json | None = None, content_type: str = "application/json") -> Json:
        """Send a request to the API server and return the object in its answer.

        Raises:
            RefusedError: It answered with an error.

        """
        encoded = None if body is None else json.dumps(body).encode()
        answer = self.ask(method, path, encoded, content_type)
        if answer.status >= 400:
            raise RefusedError(f"{method} {path}", answer.status, answer.body)
        return answer.json

    def find(self, path: str) -> Json | None:
        """Return the object at `path`, or None where there is none."""
        try:
            return self.request("GET", path)
        except RefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def wait_for(self, what: str, probe: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Poll until `probe` holds."""
        deadline = time.monotonic() + seconds
        while not probe():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not so after {seconds:g} s")
            time.sleep(0.05)
