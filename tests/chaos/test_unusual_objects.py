"""Objects that are large, have many items, or are deleted while they are being reconciled."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.chaos.faults import Hold
from tests.reconciling.running import apply, data_of, sealed, sealed_secret, secret, wait_for_reason

if TYPE_CHECKING:
    from tests.chaos.conftest import Scene
    from tests.reconciling.running import Running

POST = frozenset({"POST"})


def test_an_object_of_a_mebibyte_is_synced(scene: Scene, controller: Running) -> None:
    data = {"large": secrets.token_hex(512 * 1024)}
    manifest = sealed(controller.recipient(), scene.namespace, "large", data)
    scene.cluster.request("POST", sealed_path(scene), manifest)
    wait_for_reason(scene.cluster, scene.namespace, "large", "Unsealed")
    assert data_of(secret(scene.cluster, scene.namespace, "large")) == data


def test_an_object_of_200_items_is_synced(scene: Scene, controller: Running) -> None:
    data = {f"item-{number}": f"value {number}" for number in range(200)}
    apply(scene.cluster, sealed(controller.recipient(), scene.namespace, "many", data))
    wait_for_reason(scene.cluster, scene.namespace, "many", "Unsealed")
    assert data_of(secret(scene.cluster, scene.namespace, "many")) == data


def test_one_that_is_deleted_while_it_is_reconciled_leaves_no_secret(scene: Scene, controller: Running) -> None:
    manifest = sealed(controller.recipient(), scene.namespace, "short-lived", {"a": "1"})
    with scene.proxy.fault(hold := Hold(), "/secrets$", methods=POST, most=1):
        apply(scene.cluster, manifest)
        assert hold.reached.wait(30)
        scene.cluster.request("DELETE", f"{sealed_path(scene)}/short-lived")
        before = len(scene.proxy.answered)
    scene.cluster.wait_for("the Secret is written", lambda: has_posted(scene, before))
    # Whoever wrote it last, its owner is gone, and so the garbage collector takes it.
    scene.cluster.wait_for("it is collected", lambda: secret(scene.cluster, scene.namespace, "short-lived") is None)
    fence = scene.fleet(5)
    fence.create(controller.recipient())
    fence.wait()
    assert secret(scene.cluster, scene.namespace, "short-lived") is None


def test_one_that_is_replaced_by_another_of_its_name_while_it_is_reconciled_is_not_lost(
    scene: Scene, controller: Running
) -> None:
    recipient = controller.recipient()
    with scene.proxy.fault(hold := Hold(), "/secrets$", methods=POST, most=1):
        apply(scene.cluster, sealed(recipient, scene.namespace, "replaced", {"a": "old"}))
        assert hold.reached.wait(30)
        scene.cluster.request("DELETE", f"{sealed_path(scene)}/replaced")
        apply(scene.cluster, sealed(recipient, scene.namespace, "replaced", {"a": "new"}))
    new = sealed_secret(scene.cluster, scene.namespace, "replaced")
    assert new is not None

    def is_the_new_ones() -> bool:
        found = secret(scene.cluster, scene.namespace, "replaced")
        owners = [] if found is None else [owner["uid"] for owner in found["metadata"].get("ownerReferences", [])]
        return owners == [new["metadata"]["uid"]] and data_of(found) == {"a": "new"}

    scene.cluster.wait_for("the Secret is the new one's", is_the_new_ones)
    wait_for_reason(scene.cluster, scene.namespace, "replaced", "Unsealed")


def sealed_path(scene: Scene) -> str:
    return f"/apis/bitnami.com/v1alpha1/namespaces/{scene.namespace}/sealedsecrets"


def has_posted(scene: Scene, since: int) -> bool:
    return any(c.method == "POST" and c.path.endswith("/secrets") for c, _ in scene.proxy.answered[since:])
