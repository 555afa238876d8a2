"""Somebody sets the clock, far forward and far back, while the controller runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.reconciling.running import apply, sealed, wait_for_reason

if TYPE_CHECKING:
    from tests.chaos.conftest import Scene

SHIM: Final = Path(__file__).parent / "clock"
DAY: Final = 24 * 3600
SIZE: Final = 10


def test_syncing_goes_on_and_a_hold_ends_when_the_clock_is_set(scene: Scene, tmp_path: Path) -> None:
    """Renewal under clocks that are set is in tests/reconciling/test_renewal.py: here it would take minutes."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    running = scene.start(environment={"PYTHONPATH": str(SHIM), "WALL_CLOCK_OFFSET": str(offset)})
    recipient = running.recipient()
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    held = sealed(recipient, scene.namespace, "held", {"a": "1"})
    held["metadata"]["annotations"]["sealer.dev/hold-until"] = in_an_hour
    apply(scene.cluster, held)
    wait_for_reason(scene.cluster, scene.namespace, "held", "Held")
    for days in (-400, 40, -40, 0):
        offset.write_text(str(days * DAY))
        fleet = scene.fleet(SIZE)
        fleet.create(recipient)
        fleet.wait()
        # A touched object is looked at now; without that, the end of a hold is noticed within a minute.
        scene.cluster.kubectl(
            "annotate", "sealedsecret", "held", "-n", scene.namespace, f"touched-at=day{days}", "--overwrite"
        )
        wait_for_reason(scene.cluster, scene.namespace, "held", "Unsealed" if days > 0 else "Held")
        if days == 40:
            assert lead_of(scene)["renewTime"] > (datetime.now(UTC) + timedelta(days=39)).isoformat()
    assert running.process.alive()
    running.stop()


def lead_of(scene: Scene) -> dict[str, Any]:
    """Return what the Lease says once its holder, which was not put out of office by the clock, has renewed it."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{scene.namespace}/leases/sealed-secrets-controller"
    before = scene.cluster.request("GET", path)["spec"]
    scene.cluster.wait_for("a renewal", lambda: scene.cluster.request("GET", path)["spec"] != before)
    after: dict[str, Any] = scene.cluster.request("GET", path)["spec"]
    assert (after["holderIdentity"], after["leaseTransitions"]) == (
        before["holderIdentity"],
        before["leaseTransitions"],
    )
    return after
