"""The manifests that the how-to pages show, and those for Prometheus, can be applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.docs.test_injector_how_to import PAGES, blocks
from tests.docs.test_injector_metrics import MONITORING

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane


def test_whole_manifests_of_the_pages_pass_the_api_server(control_plane: ControlPlane, namespace: str) -> None:
    whole = [one for page in PAGES for one in blocks(page) if isinstance(one, dict) and "apiVersion" in one]
    assert {one["kind"] for one in whole} == {"ConfigMap", "NetworkPolicy"}
    for manifest in whole:
        manifest["metadata"]["namespace"] = namespace
    flags = ("--dry-run=server", "--validate=strict", "--warnings-as-errors")
    control_plane.kubectl("apply", *flags, "-f", "-", input=yaml.safe_dump_all(whole))


def test_the_manifests_for_prometheus_are_built(control_plane: ControlPlane) -> None:
    built = list(yaml.safe_load_all(control_plane.kubectl("kustomize", str(MONITORING))))
    assert sorted(one["kind"] for one in built) == ["PodMonitor", "PrometheusRule"]
    assert {one["metadata"]["namespace"] for one in built} == {"sealer-system"}
