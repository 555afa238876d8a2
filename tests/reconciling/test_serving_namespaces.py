"""Which namespaces and objects are served: on the real API server."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from deploy.local.kubernetes import MERGE_PATCH
from tests.reconciling.running import (
    Running,
    apply,
    data_of,
    sealed,
    secret,
    start,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes


@pytest.fixture
def three(control_plane: ControlPlane) -> Iterator[list[str]]:
    """The names of three namespaces, of which the first two are there."""
    names = [f"served-{secrets.token_hex(3)}-{number}" for number in range(3)]
    for name in names[:2]:
        control_plane.create_namespace(name)
    yield names
    for name in names:
        control_plane.delete_namespace(name)


def test_a_list_of_namespaces_is_served_and_one_that_comes_later_too(
    installed: ControlPlane, processes: Processes, namespace: str, three: list[str]
) -> None:
    first, left_out, late = three
    flags = (f"--additional-namespaces={first},{late}", "--label-selector=team=a")
    running = start(installed, processes, namespace, *flags)
    try:
        recipient = running.recipient()

        def put(place: str, team: str = "a") -> None:
            manifest = sealed(recipient, place, f"db-{team}", {"password": place})
            manifest["metadata"]["labels"] = {"team": team}
            apply(installed, manifest)

        put(left_out)
        put(namespace, team="b")
        put(namespace)
        put(first)
        wait_for_data(installed, namespace, "db-a", {"password": namespace})
        wait_for_data(installed, first, "db-a", {"password": first})
        said = [line for line in running.process.output().splitlines() if "does not exist" in line]
        assert len(said) == 1
        assert late in said[0]
        installed.create_namespace(late)
        put(late)
        wait_for_data(installed, late, "db-a", {"password": late})
        edit = {"stringData": {"password": "edited"}}
        installed.request("PATCH", f"/api/v1/namespaces/{late}/secrets/db-a", edit, content_type=MERGE_PATCH)
        wait_for_data(installed, late, "db-a", {"password": late})
        assert secret(installed, left_out, "db-a") is None
        assert secret(installed, namespace, "db-b") is None
    finally:
        running.stop()


def test_without_re_creation_an_edited_or_deleted_secret_is_left_as_it_is(
    control_plane: ControlPlane, start_here: Callable[..., Running], namespace: str
) -> None:
    running = start_here("--skip-recreate")
    recipient = running.recipient()
    apply(control_plane, *(sealed(recipient, namespace, name, {"a": "1"}) for name in ("edited", "deleted", "last")))
    for name in ("edited", "deleted", "last"):
        wait_for_reason(control_plane, namespace, name, "Unsealed")
    edit = {"stringData": {"a": "edited"}}
    control_plane.request("PATCH", f"/api/v1/namespaces/{namespace}/secrets/edited", edit, content_type=MERGE_PATCH)
    control_plane.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets/deleted")
    # What is made after them is made after they would have been put right.
    apply(control_plane, sealed(recipient, namespace, "last", {"a": "2"}))
    wait_for_data(control_plane, namespace, "last", {"a": "2"})
    assert data_of(secret(control_plane, namespace, "edited")) == {"a": "edited"}
    assert secret(control_plane, namespace, "deleted") is None
    apply(control_plane, sealed(recipient, namespace, "edited", {"a": "2"}))
    wait_for_data(control_plane, namespace, "edited", {"a": "2"})
