"""Flags that say what is served: which namespaces, which SealedSecrets, and whether Secrets are watched."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.reconciling.running import apply, data_of, sealed, secret, start, wait_for_data

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.process import Processes
    from tests.reconciling.running import Json, Running


def labelled(running: Running, namespace: str, name: str, team: str, **data: str) -> Json:
    manifest = sealed(running.recipient(), namespace, name, data)
    return {**manifest, "metadata": {**manifest["metadata"], "labels": {"team": team}}}


def test_named_namespaces_and_labels_are_served_and_nothing_else(
    installed: ControlPlane, processes: Processes, namespace: str
) -> None:
    later, other = (f"{word}-{secrets.token_hex(4)}" for word in ("later", "other"))
    installed.create_namespace(other)
    running = start(
        installed, processes, namespace, f"--additional-namespaces={later},a/b", "--label-selector=team in (shop)"
    )
    try:
        assert "'a/b' cannot be a namespace" in running.process.output()
        installed.create_namespace(later)
        apply(
            installed,
            labelled(running, namespace, "mine", "shop", a="1"),
            labelled(running, later, "mine", "shop", a="2"),
            labelled(running, later, "theirs", "bank", a="3"),
            labelled(running, other, "mine", "shop", a="4"),
        )
        wait_for_data(installed, namespace, "mine", {"a": "1"})
        wait_for_data(installed, later, "mine", {"a": "2"})
        # Whoever serves too much has had the same time for these.
        assert secret(installed, later, "theirs") is None
        assert secret(installed, other, "mine") is None
        apply(installed, labelled(running, later, "theirs", "shop", a="3"))
        wait_for_data(installed, later, "theirs", {"a": "3"})
    finally:
        running.stop()
        installed.delete_namespace(later)
        installed.delete_namespace(other)


def test_without_a_watch_on_secrets_an_edited_one_stays_until_its_sealed_secret_changes(
    installed: ControlPlane, processes: Processes, namespace: str
) -> None:
    running = start(installed, processes, namespace, "--all-namespaces=false", "--skip-recreate")
    try:
        apply(installed, labelled(running, namespace, "db", "shop", a="1"))
        wait_for_data(installed, namespace, "db", {"a": "1"})
        path = f"/api/v1/namespaces/{namespace}/secrets/db"
        edited = installed.request("GET", path) | {"data": {"a": "Mg=="}}
        installed.request("PUT", path, edited)
        # One that is applied after the edit is synced after whatever the edit would have set off.
        apply(installed, labelled(running, namespace, "next", "shop", a="1"))
        wait_for_data(installed, namespace, "next", {"a": "1"})
        assert data_of(secret(installed, namespace, "db")) == {"a": "2"}
        apply(installed, labelled(running, namespace, "db", "shop", a="3"))
        wait_for_data(installed, namespace, "db", {"a": "3"})
    finally:
        running.stop()
