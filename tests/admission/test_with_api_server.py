from __future__ import annotations

import copy
import http.client
import signal
import ssl
import time
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import yaml

from deploy.local.http import StatusError
from deploy.local.network import free_port
from deploy.local.process import Command
from sealer.errors import ServiceError
from tests.admission import pods
from tests.admission.conftest import BASE, FLAGS, LOOPBACK, PROGRAM, Webhook, environment

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Process, Processes

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _pod(annotations: dict[str, str], name: str = "web") -> dict[str, Any]:
    """A pod as a user writes it: without the volumes that the API server adds."""
    container = {"name": "web", "image": "web:1", "securityContext": RESTRICTED}
    manifest = pods.pod(annotations, containers=[container])
    del manifest["spec"]["volumes"]
    manifest["metadata"] = {"name": name, "annotations": manifest["metadata"]["annotations"]}
    return manifest


def _wait_until_serving(process: Process) -> None:
    process.wait_until(lambda: " serving " in process.output(), seconds=30)


def _create(control_plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = control_plane.request("POST", f"/api/v1/namespaces/{namespace}/pods", manifest)
    return created


def test_a_pod_created_through_the_api_server_comes_back_with_its_agent(
    control_plane: ControlPlane, labelled: str
) -> None:
    created = _create(control_plane, labelled, _pod(pods.BASIC))
    spec = created["spec"]
    assert created["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    assert {"name": "vault-secrets", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}} in spec["volumes"]
    assert {"name": "vault-secrets", "mountPath": "/vault/secrets"} in spec["containers"][0]["volumeMounts"]
    agent = pods.agent_of(created)
    assert (agent["command"], agent["args"]) == (["sealer-agent"], ["init"])
    assert agent["volumeMounts"][0]["mountPath"] == pods.TOKEN_FOLDER
    assert agent["volumeMounts"][0]["name"] in {volume["name"] for volume in spec["volumes"]}
    config = pods.config_of(created)
    assert config["vault"] == {"address": "http://vault.example:8200"}
    assert config["templates"][0]["destination"] == "/vault/secrets/hello.txt"


def test_an_injected_pod_created_again_is_stored_as_it_is(control_plane: ControlPlane, labelled: str) -> None:
    first = _create(control_plane, labelled, _pod(pods.BASIC))
    again = {"metadata": {"name": "again", "annotations": first["metadata"]["annotations"]}, "spec": first["spec"]}
    assert _create(control_plane, labelled, copy.deepcopy(again))["spec"] == first["spec"]
    # Without the status it goes through the whole injection again, now with the API server's defaults in it.
    del again["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"]
    again["metadata"]["name"] = "without-status"
    assert _create(control_plane, labelled, again)["spec"] == first["spec"]


def test_everything_that_annotations_add_passes_the_api_server(control_plane: ControlPlane, labelled: str) -> None:
    annotations = {
        **pods.BASIC,
        "agent-inject-secret-Other": "secret/other",
        "secret-volume-path-Other": "/other",
        "tls-secret": "vault-ca",
        "ca-cert": "/vault/tls/ca.crt",
        "agent-limits-cpu": "",
        "agent-requests-ephemeral": "1Mi",
    }
    manifest = _pod(annotations)
    manifest["spec"]["initContainers"] = [{"name": "first", "image": "x", "securityContext": RESTRICTED}]
    spec = _create(control_plane, labelled, manifest)["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["first", "vault-agent-init"]
    assert {"name": "vault-secrets-custom-0", "mountPath": "/other"} in spec["initContainers"][0]["volumeMounts"]


def test_a_bad_annotation_is_refused_with_our_message(control_plane: ControlPlane, labelled: str) -> None:
    with pytest.raises(StatusError) as raised:
        _create(control_plane, labelled, _pod({**pods.BASIC, "agent-run-as-user": "zzz"}))
    assert 'annotation vault.hashicorp.com/agent-run-as-user is "zzz": must be a whole number' in str(raised.value)


def test_warnings_reach_the_user(control_plane: ControlPlane, labelled: str) -> None:
    manifest = _pod({**pods.BASIC, "agent-inject-secrets-db": "x"})
    manifest["metadata"]["namespace"] = labelled
    # Warnings are headers of the answer, which kubectl shows, and treats as errors with this flag.
    with pytest.raises(ServiceError, match=r"did you mean vault[.]hashicorp[.]com/agent-inject-secret-db"):
        control_plane.kubectl("create", "--warnings-as-errors", "-f", "-", input=yaml.safe_dump(manifest))


def test_a_pod_without_the_annotation_is_not_sent(control_plane: ControlPlane, labelled: str, webhook: Webhook) -> None:
    before = webhook.process.output().count("pod decided")
    created = _create(control_plane, labelled, _pod({"role": "app"}))
    assert "initContainers" not in created["spec"]
    assert webhook.process.output().count("pod decided") == before


def test_the_log_has_one_line_a_pod(control_plane: ControlPlane, labelled: str, webhook: Webhook) -> None:
    _create(control_plane, labelled, _pod(pods.BASIC, name="a-pod-to-find"))
    lines = [line for line in webhook.process.output().splitlines() if "a-pod-to-find" in line]
    assert len(lines) == 1
    assert 'reason="Injected" allowed=true' in lines[0]


def test_the_base_manifests_pass_the_api_server(control_plane: ControlPlane, namespace: str) -> None:
    built = control_plane.kubectl("kustomize", str(BASE)).replace("sealer-system", namespace)
    flags = ("--dry-run=server", "--validate=strict", "--warnings-as-errors")
    applied = control_plane.kubectl("apply", *flags, "-f", "-", input=built)
    assert len(applied.splitlines()) == len(list(yaml.safe_load_all(built))) == 10


def test_the_injector_of_the_base_manifests_passes_pod_security(control_plane: ControlPlane, labelled: str) -> None:
    control_plane.create_service_account(labelled, "sealer-injector")
    template = yaml.safe_load((BASE / "deployment.yaml").read_text())["spec"]["template"]
    _create(control_plane, labelled, {"metadata": {"name": "injector"}, "spec": template["spec"]})


def test_sigterm_finishes_the_request_at_hand_and_exits_with_0(
    webhook: Webhook, processes: Processes, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "tls.crt").write_bytes(webhook.certificate.certificate)
    (tmp_path / "tls.key").write_bytes(webhook.certificate.key)
    files = ("--tls-cert-file", str(tmp_path / "tls.crt"), "--tls-key-file", str(tmp_path / "tls.key"))
    arguments = (str(PROGRAM), "--listen", f"{LOOPBACK}:{port}", *FLAGS, *files)
    process = processes.start(Command("drained", arguments, tmp_path / "log", environment()))
    _wait_until_serving(process)
    trusted = ssl.create_default_context(cadata=webhook.certificate.ca.decode())
    idle = http.client.HTTPSConnection(LOOPBACK, port, context=trusted, timeout=10)
    idle.request("GET", "/health/ready")
    assert idle.getresponse().status == 204
    body = orjson.dumps(pods.review(pods.basic()))
    busy = http.client.HTTPSConnection(LOOPBACK, port, context=trusted, timeout=10)
    busy.putrequest("POST", "/mutate")
    busy.putheader("Content-Type", "application/json")
    busy.putheader("Content-Length", str(len(body)))
    busy.endheaders(body[:10])
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.alive()
    busy.send(body[10:])
    assert orjson.loads(busy.getresponse().read())["response"]["allowed"]
    idle.close()
    busy.close()
    assert process.wait(5) == 0
    assert "Traceback" not in process.output()
