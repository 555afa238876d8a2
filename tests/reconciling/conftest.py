"""A controller for the tests of a file, and one for a single namespace."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.reconciling.running import Running, install, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes


@pytest.fixture(scope="session")
def installed(control_plane: ControlPlane) -> ControlPlane:
    """The API server with the controller's service account and rights."""
    install(control_plane)
    return control_plane


@pytest.fixture(scope="module")
def running(installed: ControlPlane, processes: Processes) -> Iterator[Running]:
    """A controller that serves all namespaces, with its keys in a namespace of its own."""
    namespace = f"keys-{secrets.token_hex(4)}"
    installed.create_namespace(namespace)
    controller = start(installed, processes, namespace)
    yield controller
    controller.stop()
    installed.delete_namespace(namespace)


@pytest.fixture
def start_here(installed: ControlPlane, processes: Processes, namespace: str) -> Iterator[Callable[..., Running]]:
    """Starts controllers that serve the test's own namespace only, with their keys there."""
    started: list[Running] = []

    def begin(*flags: str) -> Running:
        started.append(start(installed, processes, namespace, "--all-namespaces=false", *flags))
        return started[-1]

    yield begin
    for controller in started:
        controller.stop()
