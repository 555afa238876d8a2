"""The controller under test, and a place in its cluster for one spec. Nothing here knows how it is made."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sealer.certificate import Recipient
from sealer.manifest import Secret
from sealer.scope import Scope
from sealer.seal import seal
from tests.conformance.cluster import MERGE_PATCH, SECONDS, Answer, Cluster, Json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX: Final = "sealedsecrets.bitnami.com"
KEY_LABEL: Final = f"{PREFIX}/sealed-secrets-key"


@dataclass(frozen=True)
class Subject:
    """A running controller.

    Attributes:
        kind: `ours`, `existing`, or `given` where the command line names it.
        cluster: Where it runs.
        namespace: Where its Service and its keys are.
        service: Its Service's name.
        version: What its binary's `--version` prints; None where there is only the cluster.

    """

    kind: str
    cluster: Cluster
    namespace: str
    service: str
    version: Callable[[], str] | None = None

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Send a request to its HTTP port, through the API server's service proxy as kubeseal does."""
        services = f"/api/v1/namespaces/{self.namespace}/services/"
        port = self.cluster.request("GET", services + self.service)["spec"]["ports"][0].get("name", "")
        return self.cluster.ask(method, f"{services}http:{self.service}:{port}/proxy{path}", body)

    def certificate(self) -> bytes:
        return self.ask("GET", "/v1/cert.pem").body

    def keys(self) -> list[Json]:
        """Return the active key Secrets, the newest last."""
        path = f"/api/v1/namespaces/{self.namespace}/secrets?labelSelector={KEY_LABEL.replace('/', '%2F')}%3Dactive"
        items: list[Json] = self.cluster.request("GET", path)["items"]
        return sorted(items, key=lambda item: str(item["metadata"]["creationTimestamp"]))

    def newest_certificate(self) -> bytes:
        return base64.b64decode(self.keys()[-1]["data"]["tls.crt"])


@dataclass(frozen=True)
class Place:
    """Namespaces of one spec's own, and what is asked of the objects in them.

    Attributes:
        subject: The controller.
        namespace: Where a spec works.
        elsewhere: Returns another namespace, made when it is first asked for.
        patience: Seconds to wait for what must come.

    """

    subject: Subject
    namespace: str
    elsewhere: Callable[[], str]
    patience: float = SECONDS

    @property
    def other(self) -> str:
        """Another namespace."""
        return self.elsewhere()

    def sealed(
        self, name: str, data: Mapping[str, str], *, scope: Scope = Scope.STRICT, namespace: str = "", **secret: Any
    ) -> Json:
        """Return a SealedSecret manifest, sealed to the controller's certificate."""
        recipient = Recipient.from_pem(self.subject.certificate(), now=datetime.now(UTC))
        items = {key: value.encode() for key, value in data.items()}
        plain = Secret(namespace=namespace or self.namespace, name=name, data=items, **secret)
        return seal(plain, recipient, scope).to_manifest()

    def apply(self, manifest: Json) -> None:
        """Create an object, or replace all of it that a user writes."""
        cluster, path = self.subject.cluster, self._collection(manifest)
        one = f"{path}/{manifest['metadata']['name']}"
        found = cluster.find(one)
        if found is None:
            cluster.request("POST", path, manifest)
        else:
            kept = {name: found["metadata"][name] for name in ("resourceVersion", "uid")}
            cluster.request("PUT", one, {**manifest, "metadata": {**manifest["metadata"], **kept}})

    def annotate(self, name: str, **annotations: str) -> None:
        """Change nothing but the annotations of a SealedSecret."""
        path = f"/apis/bitnami.com/v1alpha1/namespaces/{self.namespace}/sealedsecrets/{name}"
        self.subject.cluster.request("PATCH", path, {"metadata": {"annotations": annotations}}, MERGE_PATCH)

    def make_secret(self, name: str, data: Mapping[str, str], **metadata: Any) -> None:
        """Create a Secret as somebody else would."""
        full = {"name": name, "namespace": self.namespace, **metadata}
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": full, "stringData": dict(data)})

    def secret(self, name: str, namespace: str = "") -> Json | None:
        return self.subject.cluster.find(f"/api/v1/namespaces/{namespace or self.namespace}/secrets/{name}")

    def data(self, name: str, namespace: str = "") -> dict[str, str] | None:
        """Return the values of a Secret as text, or None where there is no Secret."""
        found = self.secret(name, namespace)
        return found and {k: base64.b64decode(v).decode() for k, v in (found.get("data") or {}).items()}

    def delete_secret(self, name: str) -> str:
        """Delete a Secret and return the uid that it had."""
        found = self.secret(name)
        assert found is not None
        self.subject.cluster.request("DELETE", f"/api/v1/namespaces/{self.namespace}/secrets/{name}")
        return str(found["metadata"]["uid"])

    def status(self, name: str, namespace: str = "") -> Json:
        """Return observedGeneration and the members of the condition Synced; empty where there is no status."""
        path = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace or self.namespace}/sealedsecrets/{name}"
        status = (self.subject.cluster.find(path) or {}).get("status") or {}
        synced = [condition for condition in status.get("conditions") or [] if condition["type"] == "Synced"]
        return {"observedGeneration": status.get("observedGeneration"), **synced[0]} if synced else {}

    def events(self, name: str, namespace: str = "") -> list[tuple[str, str, str]]:
        """Return type, reason and message of the events about a SealedSecret."""
        path = f"/api/v1/namespaces/{namespace or self.namespace}/events"
        selector = f"?fieldSelector=involvedObject.name%3D{name},involvedObject.kind%3DSealedSecret"
        found = self.subject.cluster.request("GET", path + selector)["items"]
        return [(event["type"], event["reason"], event["message"]) for event in found]

    def wait_for(self, what: str, probe: Callable[[], bool], at_least: float = 0) -> None:
        self.subject.cluster.wait_for(what, probe, max(self.patience, at_least))

    def wait_for_data(self, name: str, data: Mapping[str, str], namespace: str = "") -> None:
        self.wait_for(f"Secret {name} is as sealed", lambda: self.data(name, namespace) == data)

    def wait_for_synced(self, name: str, synced: str = "True", generation: int = 1, namespace: str = "") -> Json:
        """Wait until a generation's status says `synced`, and return it."""

        def told() -> bool:
            now = self.status(name, namespace)
            return now.get("status") == synced and now["observedGeneration"] == generation

        self.wait_for(f"{name} is told to be Synced={synced} for generation {generation}", told)
        return self.status(name, namespace)

    def wait_for_event(self, name: str, reason: str, namespace: str = "") -> str:
        """Wait for an event about a SealedSecret and return its message."""
        self.wait_for(f"event {reason} about {name}", lambda: reason in [e[1] for e in self.events(name, namespace)])
        return next(message for _, found, message in self.events(name, namespace) if found == reason)

    def assert_refused(self, name: str, namespace: str = "") -> None:
        """Assert that no key opens a SealedSecret, which is told, and that no Secret comes of it."""
        told = self.wait_for_synced(name, "False", namespace=namespace)
        assert told["message"].startswith("no key could decrypt secret")
        assert "no key could decrypt secret" in self.wait_for_event(name, "ErrUnsealFailed", namespace)
        assert self.secret(name, namespace) is None

    def pass_a_deletion(self) -> None:
        """Return when the controller has seen every deletion of a Secret until now: they come in their order."""
        self.apply(self.sealed("fence", {"a": "b"}))
        self.wait_for_data("fence", {"a": "b"})
        gone = self.delete_secret("fence")
        self.wait_for("the fence stands again", lambda: self._uid("fence") not in {None, gone})

    def empty(self) -> None:
        """Delete what specs make in both namespaces, the SealedSecrets first: their Secrets are not made again then."""
        keys = f"labelSelector=!{KEY_LABEL.replace('/', '%2F')}&fieldSelector=type!=kubernetes.io/service-account-token"
        for namespace in (self.namespace, self.other):
            sealed = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets"
            secrets = f"/api/v1/namespaces/{namespace}/secrets?{keys}"
            for path in (sealed, secrets, f"/api/v1/namespaces/{namespace}/events"):
                self.subject.cluster.request("DELETE", path)
            self.wait_for("all are gone", partial(self._is_empty, secrets))

    def _is_empty(self, path: str) -> bool:
        return not self.subject.cluster.request("GET", path)["items"]

    def let_retries_pass(self) -> None:
        """Return after a second: the existing controller's five retries are over by then, and ours are not."""
        begin = time.monotonic()
        self.subject.cluster.wait_for("a second is over", lambda: time.monotonic() > begin + 1)

    def _uid(self, name: str) -> str | None:
        found = self.secret(name)
        return None if found is None else str(found["metadata"]["uid"])

    def _collection(self, manifest: Json) -> str:
        group = "/api/v1" if manifest["kind"] == "Secret" else "/apis/bitnami.com/v1alpha1"
        return f"{group}/namespaces/{manifest['metadata']['namespace']}/{manifest['kind'].lower()}s"


def moved(manifest: Json, **metadata: str) -> Json:
    """Return a SealedSecret under another name or in another namespace, and otherwise as it was."""
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}
