from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.local.control_plane import Audit, ControlPlane
from deploy.local.errors import ProcessError
from deploy.local.expose import expose
from deploy.local.http import StatusError
from deploy.local.network import free_port
from sealer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Processes

AUDIT_POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
# Starts everything that a test session may start, says when it is up, and waits to be killed.
EVERYTHING = """
import sys, time
from pathlib import Path
from deploy.local.control_plane import ControlPlane
from deploy.local.find import Parts
from deploy.local.peers import SealedSecretsController
from deploy.local.process import Processes
from deploy.local.vault import VaultServer
folder, crd = Path(sys.argv[1]), Path("deploy/crds/sealedsecrets.bitnami.com.yaml")
parts, processes = Parts(), Processes()
cluster = ControlPlane(folder / "cluster", parts, processes)
cluster.apply(crd.read_text())
vault = VaultServer(folder / "vault", parts, processes)
vault.enable_kubernetes(cluster)
SealedSecretsController(cluster, parts, processes)
print("up", flush=True)
time.sleep(100)
"""


def test_it_says_that_it_is_ready(control_plane: ControlPlane) -> None:
    assert control_plane.text("/readyz") == "ok"


def test_a_secret_that_was_written_is_read(control_plane: ControlPlane, namespace: str) -> None:
    data = {"greeting": base64.b64encode(b"hello").decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hello"}, "data": data}
    control_plane.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(secret))
    assert control_plane.request("GET", f"/api/v1/namespaces/{namespace}/secrets/hello")["data"] == data


def test_the_namespace_controller_empties_a_deleted_namespace(control_plane: ControlPlane) -> None:
    control_plane.create_namespace("deleted")
    control_plane.kubectl("create", "configmap", "-n", "deleted", "one")
    control_plane.delete_namespace("deleted")
    control_plane.wait_for("the namespace is gone", lambda: missing(control_plane, "/api/v1/namespaces/deleted"))


def test_the_garbage_collector_follows_owner_references(control_plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    owner = control_plane.request("POST", path, {"metadata": {"name": "owner"}})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    control_plane.request("POST", path, {"metadata": {"name": "owned", "ownerReferences": [reference]}})
    control_plane.request("DELETE", f"{path}/owner")
    control_plane.wait_for("what was owned is gone", lambda: missing(control_plane, f"{path}/owned"))


def test_a_service_account_token_is_real_and_has_no_rights_of_its_own(
    control_plane: ControlPlane, namespace: str
) -> None:
    control_plane.create_service_account(namespace, "app")
    kubeconfig = str(control_plane.service_account_kubeconfig(namespace, "app"))
    who = json.loads(control_plane.kubectl("--kubeconfig", kubeconfig, "auth", "whoami", "-o", "json"))
    assert who["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:app"
    with pytest.raises(ServiceError, match="forbidden"):
        control_plane.kubectl("--kubeconfig", kubeconfig, "get", "secrets")


def test_a_token_is_for_its_audience_alone(control_plane: ControlPlane, namespace: str) -> None:
    token = control_plane.service_account_token(namespace, "default", audiences=["vault"])
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["aud"] == ["vault"]
    review = {"spec": {"token": token, "audiences": ["other"]}}
    answer = control_plane.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert not answer["status"].get("authenticated")


def test_a_refusal_says_what_the_server_says(control_plane: ControlPlane) -> None:
    with pytest.raises(StatusError, match='serviceaccounts "nobody" not found') as refused:
        control_plane.service_account_token("default", "nobody")
    assert refused.value.status == 404


def test_pod_security_is_enforced(control_plane: ControlPlane) -> None:
    control_plane.create_namespace("restricted", {"pod-security.kubernetes.io/enforce": "restricted"})
    pod = {"metadata": {"name": "pod"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    with pytest.raises(StatusError, match="violates PodSecurity"):
        control_plane.request("POST", "/api/v1/namespaces/restricted/pods", pod)


class Greeter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"hello from {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the overridden method's own word
        del format, args


@pytest.fixture
def greeter(control_plane: ControlPlane) -> Iterator[int]:
    address = control_plane.machine_address()
    with HTTPServer((address, free_port(address)), Greeter) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_service_proxy_reaches_a_process_of_this_machine(
    control_plane: ControlPlane, namespace: str, greeter: int
) -> None:
    for name in ("", "http"):
        expose(control_plane, namespace, "greeter", port=8080, target_port=greeter, port_name=name)
        path = f"/api/v1/namespaces/{namespace}/services/http:greeter:{name or '8080'}/proxy/hi"
        control_plane.wait_for("the proxy knows it", partial(answers, control_plane, path, "hello from /hi"))


def test_files_with_keys_are_for_the_owner_alone(control_plane: ControlPlane) -> None:
    assert control_plane.folder.stat().st_mode & 0o777 == 0o700
    keys = [control_plane.kubeconfig, *(control_plane.folder / "pki").glob("*.key")]
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert len(keys) == 5


def test_the_audit_log_has_what_was_asked(parts: Parts, processes: Processes, tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.log", AUDIT_POLICY)
    with ControlPlane(tmp_path / "own", parts, processes, audit=audit) as cluster:
        cluster.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "one"}})
        events = [json.loads(line) for line in audit.log.read_text().splitlines()]
    written = [event["objectRef"] for event in events if event["verb"] == "create" and "objectRef" in event]
    assert any(reference["resource"] == "configmaps" and reference["namespace"] == "default" for reference in written)


def test_a_bad_flag_is_shown_and_nothing_is_left_running(parts: Parts, processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match=r"kube-apiserver ended with status 1\n(.|\n)*unknown flag: --no-such-flag"):
        ControlPlane(tmp_path, parts, processes, apiserver_flags=["--no-such-flag"])
    assert running(str(tmp_path)) == []


@pytest.mark.usefixtures("parts")
def test_an_owner_killed_with_sigkill_leaves_no_children(tmp_path: Path) -> None:
    # Handed down from parent to child, so that every descendant can be told by it.
    mark = f"SEALER_TEST_MARK={tmp_path}"
    environment = {**os.environ, "SEALER_TEST_MARK": str(tmp_path)}
    command = [sys.executable, "-c", EVERYTHING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        # etcd, API server, controller manager, Vault, its plugin, the existing controller, and the owner itself.
        assert len(running(mark)) >= 7
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 15
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running(mark) == []


def running(text: str) -> list[str]:
    """Command lines of the processes that have a text in their arguments or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if text.encode() in arguments + environment and folder.name != str(os.getpid()):
            found.append(arguments.replace(b"\0", b" ").decode())
    return found


def answers(cluster: ControlPlane, path: str, text: str) -> bool:
    return cluster.text(path) == text


def missing(cluster: ControlPlane, path: str) -> bool:
    try:
        cluster.request("GET", path)
    except StatusError as error:
        return error.status == 404
    return False


def test_the_api_server_is_stopped_and_started_alone_and_etcd_compacted(
    parts: Parts, processes: Processes, tmp_path: Path
) -> None:
    with ControlPlane(tmp_path, parts, processes) as own:
        before = own.request("GET", "/api/v1/namespaces/default")["metadata"]
        own.stop_apiserver()
        with pytest.raises(ServiceError):
            own.text("/readyz")
        assert own.compact() >= int(before["resourceVersion"])
        own.start_apiserver()
        assert own.request("GET", "/api/v1/namespaces/default")["metadata"] == before
