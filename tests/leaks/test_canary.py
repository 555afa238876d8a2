"""No value and no private key outside of Secrets: known ones are sealed, broken, rotated and refused in every way."""

from __future__ import annotations

import base64
import json
import secrets
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from controller.manifests import KEY_LABEL
from controller.verdict import Reason
from deploy.local.http import StatusError
from deploy.local.kubernetes import MERGE_PATCH
from deploy.local.network import free_port
from sealer.keyring import SealingKey
from sealer.scope import Scope
from tests.leaks.forms import leaks
from tests.reconciling.running import (
    Running,
    apply,
    condition,
    events,
    install,
    key_secrets,
    renamed,
    sealed,
    start,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes
    from sealer.certificate import Recipient

Json = dict[str, Any]
# Long enough for every form to be telling, with characters that the two base64 alphabets write differently.
CANARY: Final = "canary-5f0e\u00ff>>?plaintext"
POLICY: Final = "sealer-test-quotes-what-it-refuses"
SEALED: Final = "/apis/bitnami.com/v1alpha1/namespaces/{}/sealedsecrets"


@dataclass(frozen=True)
class Site:
    """A namespace with a controller, and the names of what failed there, by reason."""

    cluster: ControlPlane
    running: Running
    metrics: str
    namespace: str

    def sealed(self, name: str, **more: Any) -> Json:
        return sealed(self.running.recipient(), self.namespace, name, {"password": CANARY}, **more)

    def refuse(self, manifest: Json, reason: Reason) -> None:
        """Apply a SealedSecret and wait until it is told to have failed for a reason."""
        apply(self.cluster, manifest)
        wait_for_reason(self.cluster, self.namespace, manifest["metadata"]["name"], reason)


@pytest.fixture(scope="module")
def quoting(control_plane: ControlPlane) -> Iterator[str]:
    """An admission policy that quotes, in its refusal, the value of the Secret that it refuses; returns its label."""
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["secrets"]}]
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": rules, "objectSelector": {"matchLabels": {"refuse": "yes"}}},
        "validations": [
            {
                "expression": "false",
                "messageExpression": "'quoted ' + string(object.data['password']) + ' in full'",
            }
        ],
    }
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    control_plane.request("POST", f"{path}ies", {"metadata": {"name": POLICY}, "spec": spec})
    binding = {"policyName": POLICY, "validationActions": ["Deny"]}
    control_plane.request("POST", f"{path}ybindings", {"metadata": {"name": POLICY}, "spec": binding})
    probe = {"metadata": {"generateName": "probe-", "labels": {"refuse": "yes"}}, "stringData": {"password": "seen"}}
    forms = {"quoted seen in full", f"quoted {base64.b64encode(b'seen').decode()} in full"}

    def quotes() -> bool:
        try:
            control_plane.request("POST", "/api/v1/namespaces/default/secrets?dryRun=All", probe)
        except StatusError as error:
            return any(form in str(error) for form in forms)
        return False

    control_plane.wait_for("the policy refuses and quotes", quotes)
    yield "refuse"
    for kind in ("ybindings", "ies"):
        control_plane.request("DELETE", f"{path}{kind}/{POLICY}")


@pytest.fixture(params=["text", "json"])
def site(
    control_plane: ControlPlane, processes: Processes, namespace: str, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """A controller that logs all that it can."""
    install(control_plane)
    metrics = f"127.0.0.1:{free_port()}"
    flags = ("--all-namespaces=false", "--log-level=DEBUG", f"--log-format={request.param}", "--rate-limit=0")
    running = start(control_plane, processes, namespace, *flags, f"--listen-metrics-addr={metrics}")
    yield Site(control_plane, running, f"http://{metrics}/metrics", namespace)
    running.stop()


def test_no_value_and_no_key_is_anywhere_but_in_the_secrets(site: Site, quoting: str) -> None:
    fail_for_every_reason(site, quoting)
    answers = ask_in_every_way(site)
    contest(site, "contested")  # Last, as it passes.
    told = {condition(site.cluster, site.namespace, name).get("reason") for name in names(site)}
    assert told == set(Reason)
    seen = {
        "log": site.running.process.output(),
        "events": json.dumps(site.cluster.request("GET", f"/api/v1/namespaces/{site.namespace}/events")),
        "SealedSecrets": json.dumps(site.cluster.request("GET", SEALED.format(site.namespace))),
        "what Secrets show beside their values": json.dumps([item["metadata"] for item in all_secrets(site)]),
        "metrics": httpx.get(site.metrics, trust_env=False).text,
        "answers": "\n".join(answers),
        "arguments": Path(f"/proc/{site.running.process.pid}/cmdline").read_text(),
        "environment": Path(f"/proc/{site.running.process.pid}/environ").read_text(),
    }
    assert "sealed_secrets_controller_condition_info" in seen["metrics"]
    assert len(seen["log"]) > 5000
    for place, text in seen.items():
        assert (place, list(leaks(CANARY.encode(), text))) == (place, [])
        assert (place, "PRIVATE KEY" in text) == (place, False)
        for key in private_keys(site):
            assert (place, key in text) == (place, False)


def fail_for_every_reason(site: Site, quoting: str) -> None:
    """Bring about every reason that a condition can have, and leave it so."""
    cluster, namespace = site.cluster, site.namespace
    good = site.sealed("good")
    apply(cluster, good, site.sealed("contested"), site.sealed("fixed", immutable=True))
    wait_for_data(cluster, namespace, "good", {"password": CANARY})
    wait_for_reason(cluster, namespace, "fixed", Reason.UNSEALED)
    changed = sealed(site.running.recipient(), namespace, "fixed", {"password": f"{CANARY}2"}, immutable=True)
    site.refuse(changed, Reason.IMMUTABLE)
    cluster.request("POST", f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "taken"}})
    site.refuse(site.sealed("taken"), Reason.NOT_OWNED)
    site.refuse(renamed(good, namespace, "moved"), Reason.DECRYPT_FAILED)
    site.refuse(with_value(site.sealed("cut-off"), CANARY), Reason.MALFORMED)
    for number, template in enumerate(TEMPLATES):
        site.refuse(with_template(site.sealed(f"template-{number}"), template), Reason.TEMPLATE_ERROR)
    site.refuse(site.sealed("quoted", metadata={"labels": {quoting: "yes"}}), Reason.API_ERROR)
    hold = {"sealer.dev/hold-until": (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    held = site.sealed("held")
    held["metadata"]["annotations"] = {**held["metadata"].get("annotations", {}), **hold}
    site.refuse(held, Reason.HELD)
    change_keys(site)


TEMPLATES: Final = [
    "{{ fail .password }}",
    "{{ index .password .password }}",
    "{{ .password | fromJson | toJson }}{{ template .password }}",
    "{{ .password | b64enc | fail }}",
    '{{ printf "%s" .password | regexFind .password | fail }}',
    "{{ atoi .password }}{{ int .password | fail }}",
    "{{ .password | toDate .password | fail }}",
    "{{ required .password nil }}{{ mustFromJson .password }}",
]


def contest(site: Site, name: str) -> None:
    """Edit a Secret until the controller says that somebody else keeps doing so."""
    path = f"/api/v1/namespaces/{site.namespace}/secrets/{name}"

    def contested() -> bool:
        edit = {"stringData": {"password": f"{CANARY}{secrets.token_hex(2)}"}}
        site.cluster.request("PATCH", path, edit, content_type=MERGE_PATCH)
        return condition(site.cluster, site.namespace, name).get("reason") == Reason.CONTESTED

    site.cluster.wait_for("it is contested", contested)


def change_keys(site: Site) -> None:
    """Renew the sealing key, and add one that is cut in two."""
    site.running.process.send_signal(signal.SIGUSR1)
    site.cluster.wait_for("the new key", lambda: len(key_secrets(site.cluster, site.namespace)) == 2)
    key = SealingKey.generate(bits=2048, common_name="", validity=timedelta(days=1), now=datetime.now(UTC))
    pem = key.private_pem().decode()
    body = {
        "metadata": {"name": "malformed", "labels": {KEY_LABEL: "active"}},
        "type": "kubernetes.io/tls",
        "stringData": {"tls.key": pem[: len(pem) // 2], "tls.crt": key.certificate_pem().decode()},
    }
    site.cluster.request("POST", f"/api/v1/namespaces/{site.namespace}/secrets", body)
    site.cluster.wait_for("its event", lambda: bool(events(site.cluster, site.namespace, "malformed")))


def ask_in_every_way(site: Site) -> list[str]:
    """Send good and bad questions to every path; return the answers with their headers."""
    recipient: Recipient = site.running.recipient()
    good = sealed(recipient, site.namespace, "asked", {"password": CANARY}, scope=Scope.NAMESPACE_WIDE)
    questions = [
        json.dumps(good).encode(),
        json.dumps(renamed(good, "elsewhere", "asked")).encode(),
        json.dumps(with_value(good, CANARY)).encode(),
        *(json.dumps(with_template(good, template)).encode() for template in TEMPLATES),
        CANARY.encode(),
        b"",
        # What a user might send by mistake: the Secret itself.
        json.dumps({"apiVersion": "v1", "kind": "Secret", "stringData": {"password": CANARY}}).encode(),
        b"a: &x [" + CANARY.encode(),
        CANARY.encode() * 200_000,
    ]
    paths = ["/v1/verify", "/v1/rotate", "/v1/cert.pem", "/healthz", "/readyz", "/metrics", "/nowhere"]
    asked = [(method, path, b"") for method in ("GET", "PUT") for path in paths]
    asked += [("POST", path, body) for path in paths for body in questions]
    answers = [answer_to(site, *question) for question in asked]
    assert {"200", "400", "404", "405", "409", "413"} <= {answer[:3] for answer in answers}
    return answers


def answer_to(site: Site, method: str, path: str, body: bytes) -> str:
    url = f"http://{site.running.address}{path}"
    answer = httpx.request(method, url, content=body, trust_env=False, timeout=30)
    return f"{answer.status_code} {dict(answer.headers)} {answer.text}"


def with_value(manifest: Json, value: str) -> Json:
    """Return a SealedSecret whose item is not sealed at all: a user has put the value there."""
    return {**manifest, "spec": {**manifest["spec"], "encryptedData": {"password": value}}}


def with_template(manifest: Json, template: str) -> Json:
    items = {**manifest["spec"]["template"], "data": {"rendered": template}}
    return {**manifest, "spec": {**manifest["spec"], "template": items}}


def all_secrets(site: Site) -> list[Json]:
    items: list[Json] = site.cluster.request("GET", f"/api/v1/namespaces/{site.namespace}/secrets")["items"]
    return items


def names(site: Site) -> list[str]:
    items = site.cluster.request("GET", SEALED.format(site.namespace))["items"]
    return [item["metadata"]["name"] for item in items]


def private_keys(site: Site) -> list[str]:
    """Return a line from the midst of each private key, also the malformed one's."""
    pems = [base64.b64decode(item["data"]["tls.key"]).decode() for item in key_secrets(site.cluster, site.namespace)]
    assert len(pems) == 3
    return [pem.splitlines()[5] for pem in pems]
