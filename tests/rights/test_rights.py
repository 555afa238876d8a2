"""The rights in our manifests: the conformance suite runs under them; nothing is refused, nothing is unused.

Both installs are built by the real kustomize and applied by kubectl to a control plane whose audit log says what the
controller's service account asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from deploy.local.control_plane import Audit, ControlPlane
from deploy.local.expose import expose
from deploy.local.network import free_port
from deploy.local.peers import SERVICE, SERVICE_PORT
from deploy.local.process import Command
from tests.conftest import CRD
from tests.reconciling.running import ACCOUNT, PROGRAM, Running, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.find import Parts
    from deploy.local.process import Processes

Json = dict[str, Any]
ROOT: Final = Path(__file__).parents[2]
BASE: Final = ROOT / "deploy" / "base"
POLICY: Final = f"""
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
  - level: Metadata
    users: ["system:serviceaccount:kube-system:{ACCOUNT}", "system:serviceaccount:sealed-secrets:{ACCOUNT}"]
  - level: None
"""
RESTRICTED: Final = {"pod-security.kubernetes.io/enforce": "restricted"}


@dataclass(frozen=True)
class Install:
    """One of the two ways to install the controller.

    Attributes:
        folder: Below deploy/base.
        namespace: Of the controller.
        served: Namespaces that it serves besides; None for all.
        specs: Those that are run, where it is not the whole suite.

    """

    folder: str
    namespace: str
    served: str | None
    specs: tuple[str, ...] = ()

    def flags(self) -> list[str]:
        """Return the flags beyond those of the Deployment, as an overlay would add them."""
        return [f"--additional-namespaces={self.served}"] if self.served else []

    def suite(self) -> list[str]:
        """Return the options of the conformance suite."""
        where = [f"--in-namespaces={self.namespace},{self.served}"] if self.served else []
        return ["--controller-namespace", self.namespace, *where]


# The whole suite runs against this install all the time, though without a look at the audit log.
CLUSTER: Final = Install("controller", "kube-system", None, ("test_creating_and_updating.py", "test_keys.py"))
NAMESPACED: Final = Install("controller-namespaced", "sealed-secrets", "team-a")


@dataclass(frozen=True)
class Rule:
    """One right: a verb on a resource, in some namespaces or in all, with or without names."""

    role: str
    verb: str
    resource: str
    names: frozenset[str]
    namespaces: frozenset[str] | None

    def covers(self, entry: Json) -> bool:
        """Return whether a request in the audit log used this right."""
        object_ = entry.get("objectRef", {})
        whole = "/".join(filter(None, (object_.get("resource"), object_.get("subresource"))))
        if (entry["verb"], whole) != (self.verb, self.resource):
            return False
        if self.namespaces is not None and object_.get("namespace") not in self.namespaces:
            return False
        return not self.names or object_.get("name") in self.names


def rules_of(manifests: list[Json]) -> Iterator[Rule]:
    """Return every right that a build gives, one by one; a Role of several namespaces counts once."""
    roles = [manifest for manifest in manifests if manifest["kind"] in {"Role", "ClusterRole"}]
    for role in {manifest["metadata"]["name"]: manifest for manifest in roles}.values():
        name = role["metadata"]["name"]
        everywhere = role["kind"] == "ClusterRole"
        places = frozenset(other["metadata"].get("namespace") for other in roles if other["metadata"]["name"] == name)
        for rule in role["rules"]:
            names = frozenset(rule.get("resourceNames", ()))
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield Rule(name, verb, resource, names, None if everywhere else places)


def build(parts: Parts, folder: Path) -> list[Json]:
    """Return what kustomize builds."""
    command = [str(parts.path("kustomize")), "build", str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [manifest for manifest in yaml.safe_load_all(built) if manifest]


def overlay(folder: Path, base: str, namespace: str) -> Path:
    """Make the overlay that the how-to shows: a base in another namespace."""
    folder.mkdir()
    content = {"namespace": namespace, "resources": [os.path.relpath(BASE / base, folder.resolve())]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return folder


@pytest.mark.parametrize("install", [CLUSTER, NAMESPACED], ids=lambda install: install.folder)
def test_the_suite_runs_under_our_rights_and_uses_each_of_them(
    install: Install, parts: Parts, processes: Processes, tmp_path: Path
) -> None:
    log = tmp_path / "audit.log"
    with ControlPlane(tmp_path / "cluster", parts, processes, audit=Audit(log, POLICY)) as cluster:
        cluster.apply(CRD.read_text())
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRD))
        manifests = build(parts, BASE / install.folder)
        if install.served:
            cluster.create_namespace(install.namespace, RESTRICTED)
            cluster.create_namespace(install.served)
            manifests += build(parts, overlay(tmp_path / "served", "controller-served-namespace", install.served))
            assert "ClusterRole" not in {manifest["kind"] for manifest in manifests}
            assert "ClusterRoleBinding" not in {manifest["kind"] for manifest in manifests}
        cluster.apply(yaml.safe_dump_all(manifests))
        running = start(cluster, processes, install, manifests)
        run_suite(cluster, install)
        damage_a_key(cluster, install)
        running.stop()
        # This one finds the Lease and the keys of the first.
        start(cluster, processes, install, manifests).stop()
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    # Not by status: what is forbidden since its namespace is on its way out was a right of ours all the same.
    forbidden = [e for e in entries if e["annotations"]["authorization.k8s.io/decision"] == "forbid"]
    assert {entry["requestURI"] for entry in forbidden} <= permitted(install)
    assert len(forbidden) <= 2 * len(permitted(install))
    unused = [rule for rule in rules_of(manifests) if not any(rule.covers(entry) for entry in entries)]
    assert unused == []


def permitted(install: Install) -> set[str]:
    """Return the requests that may be forbidden: a namespaced install asks at its start to list all namespaces."""
    return {"/api/v1/namespaces?limit=500"} if install.served else set()


def start(cluster: ControlPlane, processes: Processes, install: Install, manifests: list[Json]) -> Running:
    """Run the Deployment's container as a process with the service account that the Deployment names."""
    (deployment,) = (manifest for manifest in manifests if manifest["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    address = cluster.machine_address()
    port = free_port(address)
    listen = [f"--listen-addr={address}:{port}", f"--listen-metrics-addr=127.0.0.1:{free_port()}"]
    modest = ["--key-size=2048", "--rate-limit=100", "--rate-limit-burst=100"]
    command = Command(
        name="sealer-controller",
        arguments=(PROGRAM, *container.get("args", []), *install.flags(), *listen, *modest),
        log=cluster.folder / "logs" / f"sealer-controller-{port}.log",
        environment={
            **cluster.environment(cluster.service_account_kubeconfig(install.namespace, ACCOUNT)),
            "POD_NAMESPACE": install.namespace,
        },
    )
    running = Running(cluster, processes, install.namespace, processes.start(command), f"{address}:{port}")
    running.process.wait_until(running.ready, seconds=60)
    expose(cluster, install.namespace, SERVICE, port=SERVICE_PORT, target_port=port, port_name="http")
    return running


def run_suite(cluster: ControlPlane, install: Install) -> None:
    """Run tests/conformance against the controller, as a user of the suite would."""
    options = ["--kubeconfig", str(cluster.kubeconfig), *install.suite()]
    specs = [f"tests/conformance/{name}" for name in install.specs or ("",)]
    # Garbage collection takes no right of ours, and half a minute on a control plane that is new.
    options += ["--deselect", "tests/conformance/test_existing_secrets.py::test_a_secret_goes_with_its_sealed_secret"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *specs, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout[-4000:]


def damage_a_key(cluster: ControlPlane, install: Install) -> None:
    """Add a key Secret that is none, and wait until it is told: the suite cannot, since others fall over it."""
    metadata = {"name": "malformed", "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}}
    body = {"metadata": metadata, "stringData": {"tls.key": "none", "tls.crt": "none"}, "type": "kubernetes.io/tls"}
    cluster.request("POST", f"/api/v1/namespaces/{install.namespace}/secrets", body)
    cluster.wait_for("the event", lambda: bool(events(cluster, install.namespace, "malformed")))


@pytest.mark.parametrize("install", [CLUSTER, NAMESPACED], ids=lambda install: install.folder)
def test_the_deployments_pod_is_admitted_where_restricted_pod_security_is_enforced(
    control_plane: ControlPlane, parts: Parts, install: Install
) -> None:
    namespace = f"restricted-{install.folder}"
    control_plane.create_namespace(namespace, RESTRICTED)
    control_plane.create_service_account(namespace, ACCOUNT)
    (deployment,) = (m for m in build(parts, BASE / install.folder) if m["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    pod = {**template, "metadata": {**template["metadata"], "name": "pod"}}
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    assert control_plane.request("POST", path, pod)["spec"]["serviceAccountName"] == ACCOUNT
    control_plane.delete_namespace(namespace)


@pytest.mark.parametrize("install", [CLUSTER, NAMESPACED], ids=lambda install: install.folder)
def test_an_overlay_moves_the_bindings_with_the_service_account(parts: Parts, tmp_path: Path, install: Install) -> None:
    manifests = build(parts, overlay(tmp_path / "moved", install.folder, "elsewhere"))
    subjects = [subject for manifest in manifests for subject in manifest.get("subjects", [])]
    assert {subject["namespace"] for subject in subjects} == {"elsewhere"}
    assert {m["metadata"]["namespace"] for m in manifests if m["kind"] == "ServiceAccount"} == {"elsewhere"}
