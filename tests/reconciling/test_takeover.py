"""Taking over from the existing controller, and handing back to it: the real one, on the same API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deploy.local.peers import SealedSecretsController, kubeseal
from tests.reconciling.running import (
    Running,
    apply,
    condition,
    events,
    key_secrets,
    sealed,
    secret,
    wait_for_data,
    wait_for_generation,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

NAMES = ("strict", "namespace-wide", "cluster-wide")


def seal_with_kubeseal(cluster: ControlPlane, parts: Parts, namespace: str, scope: str, value: str) -> str:
    plain = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": scope, "namespace": namespace, "labels": {"app": "shop"}},
        "stringData": {"password": value, "empty": ""},
    }
    where = ("--controller-namespace", namespace, "--scope", scope)
    return kubeseal(cluster, parts, *where, input=json.dumps(plain))


def in_namespace(namespace: str) -> tuple[str, ...]:
    """Return the flags that keep the existing controller to one namespace: `--all-namespaces` has its own default."""
    return ("--all-namespaces=false", f"--additional-namespaces={namespace}")


def test_what_the_existing_controller_left_is_taken_over_without_a_change(
    control_plane: ControlPlane,
    parts: Parts,
    processes: Processes,
    namespace: str,
    start_here: Callable[..., Running],
) -> None:
    with SealedSecretsController(
        control_plane, parts, processes, namespace=namespace, flags=in_namespace(namespace)
    ) as theirs:
        for name in NAMES:
            control_plane.apply(seal_with_kubeseal(control_plane, parts, namespace, name, name))
        for name in NAMES:
            wait_for_data(control_plane, namespace, name, {"password": name, "empty": ""})
            wait_for_generation(control_plane, namespace, name, 1)
        certificate = theirs.certificate()
        newest = [seal_with_kubeseal(control_plane, parts, namespace, name, "newer") for name in NAMES]
    keys = key_secrets(control_plane, namespace)
    before = {name: secret(control_plane, namespace, name) for name in NAMES}
    told = {name: events(control_plane, namespace, name) for name in NAMES}

    ours = start_here()
    assert ours.get("/v1/cert.pem")[1] == certificate
    for name in NAMES:
        wait_for_reason(control_plane, namespace, name, "Unsealed")
        taken_over = secret(control_plane, namespace, name)
        assert as_before(taken_over) == as_before(before[name])
        assert is_ours(taken_over)
        assert not is_ours(before[name])
        assert events(control_plane, namespace, name) == told[name]
    assert key_secrets(control_plane, namespace) == keys
    for manifest in newest:
        control_plane.apply(manifest)
    for name in NAMES:
        wait_for_data(control_plane, namespace, name, {"password": "newer", "empty": ""})


def is_ours(found: dict[str, Any] | None) -> bool:
    """Return whether a Secret has our object label."""
    assert found is not None
    return "sealer.dev/managed-by" in (found["metadata"].get("labels") or {})


def as_before(found: dict[str, Any] | None) -> dict[str, Any]:
    """Return a Secret without what taking over adds: our object label, a digest, and who wrote it when."""
    assert found is not None
    metadata = {k: v for k, v in found["metadata"].items() if k not in {"managedFields", "resourceVersion"}}
    maps = {
        name: {k: v for k, v in (metadata.pop(name, None) or {}).items() if not k.startswith("sealer.dev/")}
        for name in ("labels", "annotations")
    }
    return {**found, "metadata": {**metadata, **maps}}


def test_what_we_left_is_taken_over_by_the_existing_controller_without_a_change(
    control_plane: ControlPlane,
    parts: Parts,
    processes: Processes,
    namespace: str,
    start_here: Callable[..., Running],
) -> None:
    ours = start_here()
    recipient = ours.recipient()
    for name in NAMES:
        apply(control_plane, sealed(recipient, namespace, name, {"password": name}))
    for name in NAMES:
        wait_for_reason(control_plane, namespace, name, "Unsealed")
    certificate = ours.get("/v1/cert.pem")[1]
    ours.stop()
    keys = key_secrets(control_plane, namespace)
    before = {name: secret(control_plane, namespace, name) for name in NAMES}

    with SealedSecretsController(
        control_plane, parts, processes, namespace=namespace, flags=in_namespace(namespace)
    ) as theirs:
        assert theirs.certificate() == certificate
        apply(control_plane, sealed(recipient, namespace, "later", {"password": "later"}))
        wait_for_data(control_plane, namespace, "later", {"password": "later"})
        for name in NAMES:
            apply(control_plane, sealed(recipient, namespace, name, {"password": name}))
            wait_for_generation(control_plane, namespace, name, 2)
            assert condition(control_plane, namespace, name)["status"] == "True"
            assert as_before(secret(control_plane, namespace, name)) == as_before(before[name])
    assert key_secrets(control_plane, namespace) == keys
