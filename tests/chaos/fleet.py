"""Many SealedSecrets in a namespace, and whether everything that was sealed is there in the end."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from deploy.local.errors import ProcessError
from deploy.local.kubernetes import MERGE_PATCH
from sealer import wire
from sealer.wire.rsa import hybrid_encrypt
from tests.reconciling.running import condition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploy.local.control_plane import ControlPlane
    from sealer.certificate import Recipient

SEALED: Final = "/apis/bitnami.com/v1alpha1/namespaces/{}/sealedsecrets"


@dataclass(frozen=True)
class Fleet:
    """SealedSecrets `PREFIX-0`, `PREFIX-1`, … and what each of them holds.

    Attributes:
        cluster: Where they are.
        namespace: In which namespace.
        prefix: What their names begin with.
        size: How many there are.
        version: Part of every value; another one is another generation.

    """

    cluster: ControlPlane
    namespace: str
    prefix: str
    size: int
    version: int = 1

    def create(self, recipient: Recipient) -> None:
        """Create all of them, as fast as the API server takes them."""
        path = SEALED.format(self.namespace)

        def post(number: int) -> None:
            client.post(path, json=self._manifest(recipient, number)).raise_for_status()

        client = httpx.Client(base_url=self.cluster.url, verify=self.cluster._context, trust_env=False)
        with client, ThreadPoolExecutor(4) as pool:
            list(pool.map(post, range(self.size)))

    def create_again(self, recipient: Recipient) -> None:
        """Seal all of them again: a new generation with the same values."""
        path = SEALED.format(self.namespace)
        for number, name in enumerate(self.names()):
            spec = self._manifest(recipient, number)["spec"]
            self.cluster.request("PATCH", f"{path}/{name}", {"spec": spec}, content_type=MERGE_PATCH)

    def names(self) -> list[str]:
        return [f"{self.prefix}-{number}" for number in range(self.size)]

    def value(self, name: str) -> str:
        return f"value of {name}, version {self.version}"

    def wait(self, seconds: float = 60) -> None:
        """Wait until every Secret is as sealed and every status says so, for its newest generation."""
        try:
            self.cluster.wait_for(f"{self.prefix} is synced", lambda: not self.missing(), seconds=seconds)
        except ProcessError as error:
            raise AssertionError(f"{error}: {self.missing()[:5]}") from None

    def missing(self) -> list[str]:
        """Return what is not yet as it should be, with what it is."""
        secrets = _by_name(self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/secrets")["items"])
        sealed = _by_name(self.cluster.request("GET", SEALED.format(self.namespace))["items"])
        return [
            f"{name}: {told}"
            for name in self.names()
            for told in [_fault(secrets.get(name), sealed[name], self.value(name))]
            if told
        ]

    def secrets(self) -> int:
        """Count the Secrets that there are already."""
        items = self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/secrets")["items"]
        return len(_by_name(items).keys() & set(self.names()))

    def versions(self) -> set[str]:
        """Return the resourceVersions of the SealedSecrets and of their Secrets."""
        paths = (SEALED.format(self.namespace), f"/api/v1/namespaces/{self.namespace}/secrets")
        items = [item["metadata"] for path in paths for item in self.cluster.request("GET", path)["items"]]
        return {item["resourceVersion"] for item in items if item["name"] in self.names()}

    def _manifest(self, recipient: Recipient, number: int) -> dict[str, Any]:
        name = f"{self.prefix}-{number}"
        label = f"{self.namespace}/{name}".encode()
        value = wire.encode(hybrid_encrypt(recipient.public_key, self.value(name).encode(), label))
        metadata = {"name": name, "namespace": self.namespace}
        return {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": metadata,
            "spec": {"encryptedData": {"item": value}, "template": {"metadata": metadata}},
        }


def _by_name(items: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in items}


def _fault(secret: dict[str, Any] | None, sealed: dict[str, Any], value: str) -> str:
    """Return what is wrong with one of them; empty when nothing is."""
    told = condition_of(sealed)
    if secret is None:
        return f"no Secret, told {told}"
    if base64.b64decode((secret.get("data") or {}).get("item", "")).decode() != value:
        return "another value"
    owners = [owner["uid"] for owner in secret["metadata"].get("ownerReferences", [])]
    if owners != [sealed["metadata"]["uid"]]:
        return f"owners {owners}"
    if told.get("status") != "True" or told["generation"] != sealed["metadata"]["generation"]:
        return f"told {told}"
    return ""
