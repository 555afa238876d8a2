"""The real parts that tests share, each started once a session, and only when a test asks for it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from deploy.local.control_plane import ControlPlane
from deploy.local.find import Parts
from deploy.local.process import Processes
from deploy.local.vault import VaultServer
from tests.support.vault import configure

if TYPE_CHECKING:
    from collections.abc import Iterator

CRD: Final = Path(__file__).parents[1] / "deploy" / "crds" / "sealedsecrets.bitnami.com.yaml"
REAL: Final = {"control_plane", "vault", "parts", "launcher"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if REAL.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def parts() -> Parts:
    """The real parts; each is built when its path is first asked for."""
    return Parts()


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Starts processes that live until the end of the session, and never longer than it."""
    with Processes() as running:
        yield running


@pytest.fixture(scope="session")
def control_plane(
    parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """A real API server with the CRD, its etcd and its controllers."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), parts, processes) as running:
        if CRD.exists():
            running.apply(CRD.read_text())
            running.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRD))
        yield running


@pytest.fixture(scope="session")
def vault(
    control_plane: ControlPlane, parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VaultServer]:
    """A real Vault, set up as `tests.support.vault.configure` says."""
    with VaultServer(tmp_path_factory.mktemp("vault"), parts, processes) as running:
        configure(running, control_plane)
        yield running


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """A fresh namespace; its deletion is begun afterwards and not waited for."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.create_namespace(name)
    yield name
    control_plane.delete_namespace(name)
