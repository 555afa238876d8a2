"""The controllers that the suite runs against: ours and the existing one, or one that the command line names."""

from __future__ import annotations

import functools
import secrets
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from deploy.local.expose import expose
from deploy.local.network import free_port
from deploy.local.peers import SERVICE, SERVICE_PORT, SealedSecretsController
from deploy.local.process import Command
from tests.conformance.cluster import Cluster
from tests.conformance.subject import Place, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

BASE: Final = Path(__file__).parents[2] / "deploy" / "base" / "controller"
NO_METRICS: Final = ("--listen-metrics-addr", "127.0.0.1:0")
PROGRAM: Final = Path(sys.executable).with_name("sealer-controller")
# Small keys take no time to make, and a suite asks more often than a user.
MODEST: Final = ("--key-size=2048", "--rate-limit=100", "--rate-limit-burst=100")
# A deviation is expected to fail against the existing controller: do not wait long for what does not come.
SHORT_SECONDS: Final = 2.0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "the controller that tests/conformance runs against")
    group.addoption("--kubeconfig", type=Path, help="cluster of a controller that runs already")
    group.addoption("--controller-namespace", default="kube-system", help="where its Service and its keys are")
    group.addoption("--controller-name", default=SERVICE, help="name of its Service")
    group.addoption("--in-namespaces", metavar="A,B", help="two namespaces that it serves, emptied after each spec")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "deviation(why): the existing controller fails this; docs/reference/deviations.md"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "subject" in metafunc.fixturenames:
        kinds = ["given"] if metafunc.config.getoption("kubeconfig", None) else ["ours", "existing"]
        # One after the other: two controllers of all namespaces would write the same statuses.
        metafunc.parametrize("subject", kinds, indirect=True, scope="package")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "subject" not in getattr(item, "fixturenames", ()):
            continue
        item.add_marker(pytest.mark.real)
        deviation = item.get_closest_marker("deviation")
        kind = getattr(item, "callspec").params["subject"]  # noqa: B009  # items in general have none
        if deviation and kind != "ours":
            item.add_marker(pytest.mark.xfail(reason=deviation.args[0], strict=kind == "existing"))


@pytest.fixture(scope="package")
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """A running controller that serves all namespaces."""
    if request.param == "given":
        option: Callable[[str], str] = request.config.getoption
        cluster = Cluster.of(Path(option("kubeconfig")))
        yield Subject("given", cluster, option("--controller-namespace"), option("--controller-name"))
        return
    control_plane: ControlPlane = request.getfixturevalue("control_plane")
    namespace = f"conformance-{request.param}-{secrets.token_hex(3)}"
    control_plane.create_namespace(namespace)
    start = {"ours": start_ours, "existing": start_existing}[request.param]
    with start(control_plane, request, namespace) as version:
        cluster = Cluster.of(control_plane.kubeconfig)
        yield Subject(request.param, cluster, namespace, SERVICE, version)
    control_plane.delete_namespace(namespace)


@pytest.fixture
def place(request: pytest.FixtureRequest, subject: Subject) -> Iterator[Place]:
    """Two namespaces for one spec: fresh ones, or those that the command line names."""
    deviates = subject.kind == "existing" and request.node.get_closest_marker("deviation")
    patience = {"patience": SHORT_SECONDS} if deviates else {}
    named: str | None = request.config.getoption("in_namespaces", None)
    if named:
        first, second = named.split(",")
        place = Place(subject, first, lambda: second, **patience)
        yield place
        place.empty()
        return
    made: list[str] = []

    @functools.cache
    def make(suffix: str = "") -> str:
        made.append(f"spec-{secrets.token_hex(4)}{suffix}")
        subject.cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": made[-1]}})
        return made[-1]

    yield Place(subject, make(), lambda: make("-other"), **patience)
    for namespace in made:
        subject.cluster.request("DELETE", f"/api/v1/namespaces/{namespace}")


@pytest.fixture
def kubeseal(subject: Subject, parts: Parts, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs the real kubeseal as a user of the cluster."""

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        named = ("--controller-namespace", subject.namespace, "--controller-name", subject.service)
        environment = {"KUBECONFIG": str(subject.cluster.kubeconfig), "HOME": str(tmp_path), "NO_PROXY": "*"}
        command = [str(parts.path("kubeseal")), *named, *arguments]
        return subprocess.run(command, input=stdin, env=environment, capture_output=True, check=False, timeout=60)

    return run


@contextmanager
def start_ours(
    control_plane: ControlPlane, request: pytest.FixtureRequest, namespace: str
) -> Iterator[Callable[[], str]]:
    """Run our controller with the rights of our manifests, as its Deployment would."""
    processes: Processes = request.getfixturevalue("processes")
    for file in ("service-account.yaml", "rbac.yaml"):
        control_plane.kubectl("apply", "-n", "kube-system", "-f", str(BASE / file))
    control_plane.kubectl("apply", "-n", namespace, "-f", str(BASE / "rbac.yaml"))
    kubeconfig = control_plane.service_account_kubeconfig("kube-system", SERVICE)
    address = control_plane.machine_address()
    port = free_port(address)
    command = Command(
        name=f"sealer-controller-{namespace}",
        arguments=(str(PROGRAM), f"--listen-addr={address}:{port}", *NO_METRICS, *MODEST),
        log=control_plane.folder / "logs" / f"sealer-controller-{namespace}.log",
        environment={**control_plane.environment(kubeconfig), "POD_NAMESPACE": namespace},
    )
    process = processes.start(command)
    try:
        process.wait_until(lambda: ready(f"http://{address}:{port}/readyz"), seconds=60)
        labels = {"name": SERVICE}
        expose(control_plane, namespace, SERVICE, port=SERVICE_PORT, target_port=port, labels=labels, port_name="http")
        yield lambda: version_of(PROGRAM)
    finally:
        processes.stop(process)


@contextmanager
def start_existing(
    control_plane: ControlPlane, request: pytest.FixtureRequest, namespace: str
) -> Iterator[Callable[[], str]]:
    """Run the existing controller, with small keys and without the limit of its client."""
    parts, processes = request.getfixturevalue("parts"), request.getfixturevalue("processes")
    flags = ("--kubeclient-qps=-1", *MODEST)
    with SealedSecretsController(control_plane, parts, processes, namespace=namespace, flags=flags):
        yield lambda: version_of(parts.path("sealed-secrets-controller"))


def ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def version_of(program: Path) -> str:
    return subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
