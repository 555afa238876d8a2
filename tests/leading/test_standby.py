"""A replica that stands by: everything but writing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from deploy.local.network import free_port
from tests.reconciling.running import apply, data_of, install, renamed, sealed, secret, start, wait_for_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes
    from tests.reconciling.running import Running


@pytest.fixture
def leader(control_plane: ControlPlane, processes: Processes, namespace: str) -> Iterator[Running]:
    install(control_plane)
    running = start(control_plane, processes, namespace, "--all-namespaces=false", pod="leader")
    yield running
    running.stop()


def test_it_is_ready_serves_http_tells_that_it_stands_by_and_takes_over_what_was_not_done(
    control_plane: ControlPlane, processes: Processes, namespace: str, leader: Running
) -> None:
    scraped = f"127.0.0.1:{free_port()}"
    flags = ("--all-namespaces=false", "--listen-metrics-addr", scraped)
    standby = start(control_plane, processes, namespace, *flags, pod="standby")

    def leads() -> bool:
        return "sealer_controller_leader 1.0" in httpx.get(f"http://{scraped}/metrics", trust_env=False).text

    assert standby.ready()
    assert not leads()
    assert standby.get("/v1/cert.pem") == leader.get("/v1/cert.pem")
    db = sealed(leader.recipient(), namespace, "db", {"a": "1"})
    assert standby.post("/v1/verify", json.dumps(db).encode())[0] == 200
    apply(control_plane, db)
    wait_for_data(control_plane, namespace, "db", {"a": "1"})
    version = (secret(control_plane, namespace, "db") or {})["metadata"]["resourceVersion"]

    leader.stop()
    apply(control_plane, sealed(standby.recipient(), namespace, "later", {"a": "2"}), renamed(db, namespace, "moved"))
    wait_for_data(control_plane, namespace, "later", {"a": "2"})
    assert leads()
    assert (secret(control_plane, namespace, "db") or {})["metadata"]["resourceVersion"] == version
    assert data_of(secret(control_plane, namespace, "moved")) == {}
    standby.stop()
    assert standby.process.exit_code == 0
