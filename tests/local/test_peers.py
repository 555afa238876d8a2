from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.local.errors import ProcessError
from deploy.local.peers import SealedSecretsController, kubeseal, private_mounts

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes


def test_the_real_controller_opens_what_the_real_kubeseal_sealed_through_the_service_proxy(
    control_plane: ControlPlane, parts: Parts, processes: Processes, namespace: str
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hello", "namespace": namespace},
        "data": {"greeting": base64.b64encode(b"hello").decode()},
    }
    path = f"/api/v1/namespaces/{namespace}/secrets/hello"
    with SealedSecretsController(control_plane, parts, processes, namespace=namespace) as controller:
        flags = ("--controller-namespace", namespace, "--format", "json")
        sealed = kubeseal(control_plane, parts, *flags, input=json.dumps(secret))
        control_plane.apply(sealed)
        control_plane.wait_for("the Secret is made", lambda: bool(control_plane.request("GET", path)))
        assert "sealed_secrets_controller_unseal_requests_total" in controller.metrics()
    assert control_plane.request("GET", path)["data"] == secret["data"]
    assert not controller.process.alive()


def test_the_service_account_folder_is_seen_by_the_controller_alone(
    control_plane: ControlPlane, parts: Parts, processes: Processes, namespace: str
) -> None:
    with SealedSecretsController(control_plane, parts, processes, namespace=namespace) as controller:
        ours, theirs = (Path(f"/proc/{pid}/ns/mnt").readlink() for pid in ("self", controller.process.pid))
        assert ours != theirs


def test_without_root_a_user_namespace_gives_the_right_to_mount() -> None:
    assert private_mounts(0) == ("unshare", "--mount")
    assert private_mounts(1000) == ("unshare", "--map-root-user", "--mount")


def test_a_system_without_mount_namespaces_is_named_as_the_reason() -> None:
    with pytest.raises(ProcessError, match="mount namespaces"):
        private_mounts(0, "darwin")
