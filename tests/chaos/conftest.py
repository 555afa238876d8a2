"""A controller behind a proxy that does harm, with a namespace of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from deploy.local.network import free_port
from deploy.local.process import Command
from tests.chaos.fleet import Fleet
from tests.chaos.proxy import FaultProxy
from tests.reconciling.running import (
    ACCOUNT,
    ACCOUNT_NAMESPACE,
    NO_METRICS,
    PROGRAM,
    Running,
    grant_own_namespace,
    install,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes


MODEST: Final = ("--key-size=2048", "--log-level=DEBUG")


@dataclass
class Scene:
    """A namespace, a proxy to the API server, and the means to run controllers there.

    Attributes:
        cluster: The API server.
        proxy: What the controllers talk to instead.
        namespace: What the controllers serve, and where their keys are.

    """

    cluster: ControlPlane
    processes: Processes
    proxy: FaultProxy
    namespace: str

    def start(self, *flags: str, **more: Any) -> Running:
        """Start a controller and wait until it is ready; see `begin`."""
        running = self.begin(*flags, **more)
        try:
            running.process.wait_until(running.ready, seconds=60)
        except BaseException:
            running.stop()
            raise
        return running

    def begin(
        self, *flags: str, pod: str = "", namespaced: bool = True, environment: Mapping[str, str] | None = None
    ) -> Running:
        """Start a controller and do not wait.

        Args:
            flags: Beyond those of every test.
            pod: Its name among several, or that of one that is started again.
            namespaced: Whether it serves the scene's namespace only.
            environment: Beyond that of every test.

        """
        address = f"{self.cluster.machine_address()}:{free_port(self.cluster.machine_address())}"
        folder = self.cluster.service_account_folder(ACCOUNT_NAMESPACE, ACCOUNT)
        file = folder / f"proxy-{self.proxy.url.rpartition(':')[2]}.kubeconfig"
        kubeconfig = self.proxy.kubeconfig(file, folder / "token")
        own = ("--all-namespaces=false",) if namespaced else ()
        command = Command(
            name=f"sealer-controller-{self.namespace}",
            arguments=(PROGRAM, "--listen-addr", address, *NO_METRICS, *MODEST, *own, *flags),
            log=self.cluster.folder / "logs" / f"sealer-controller-{self.namespace}-{secrets.token_hex(2)}.log",
            environment={
                **self.cluster.environment(kubeconfig),
                **(environment or {}),
                "POD_NAMESPACE": self.namespace,
                "POD_NAME": pod,
            },
        )
        return Running(self.cluster, self.processes, self.namespace, self.processes.start(command), address)

    def fleet(self, size: int) -> Fleet:
        """Return SealedSecrets to be made, with a name that no others have."""
        return Fleet(self.cluster, self.namespace, f"f{secrets.token_hex(2)}", size)


@pytest.fixture(scope="module")
def scene(control_plane: ControlPlane, processes: Processes) -> Iterator[Scene]:
    """A namespace and a proxy for the tests of a file."""
    install(control_plane)
    namespace = f"chaos-{secrets.token_hex(4)}"
    control_plane.create_namespace(namespace)
    grant_own_namespace(control_plane, namespace)
    with FaultProxy(control_plane) as proxy:
        yield Scene(control_plane, processes, proxy, namespace)
    control_plane.delete_namespace(namespace)


@pytest.fixture(scope="module")
def controller(scene: Scene) -> Iterator[Running]:
    """A controller for the tests of a file; faults come and go around it."""
    running = scene.start()
    yield running
    assert running.process.alive(), running.process.last_lines()
    running.stop()
