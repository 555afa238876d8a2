"""Whatever the manifests are, the command shows pods or says what is wrong, and never breaks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.admission.pods import apply_patch
from tests.admission.random_pods import random_pods
from tests.rendering_pods.conftest import PREFIX, render

_TEXT = st.sampled_from(["", "a", "true", "kube-api-access-x", "/var/run/secrets/kubernetes.io/serviceaccount"])
_LEAF = st.none() | st.booleans() | st.integers(-1, 9) | _TEXT
_NAMES = st.sampled_from(["name", "mountPath", "volumeMounts", "env", "command", "metadata", "containers"])
_ANY = st.recursive(
    _LEAF, lambda leaf: st.lists(leaf, max_size=2) | st.dictionaries(_NAMES, leaf, max_size=3), max_leaves=5
)
_USUAL = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, derandomize=True)


@st.composite
def _broken(draw: st.DrawFn) -> dict[str, Any]:
    """A good manifest with one member that is something else."""
    pod = draw(random_pods(mounted_token=False))
    manifest: dict[str, Any] = draw(
        st.sampled_from([pod, {**pod, "kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": pod}}])
    )
    place: Any = manifest
    for _ in range(draw(st.integers(0, 5))):
        deeper = [
            inner for inner in (place.values() if isinstance(place, dict) else place) if inner and _has_more(inner)
        ]
        if not deeper:
            break
        place = draw(st.sampled_from(deeper))
    member = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[member] = draw(_ANY)
    return manifest


def _has_more(value: Any) -> bool:
    return isinstance(value, dict | list)


@settings(_USUAL, max_examples=80)
@given(_broken())
def test_a_manifest_with_anything_in_it_is_shown_or_refused(manifest: dict[str, Any]) -> None:
    result = render("-f", "-", stdin=json.dumps(manifest))
    assert result.code in {0, 3}
    assert (result.code == 3) == ("error: " in result.errors)
    if result.code == 3:
        assert result.output == ""


@settings(_USUAL, max_examples=25)
@given(random_pods(mounted_token=False))
def test_a_pod_that_the_webhook_takes_is_shown_and_its_patch_fits(manifest: dict[str, Any]) -> None:
    manifest["spec"]["automountServiceAccountToken"] = False  # so that nothing comes before the patch
    result = render("-f", "-", stdin=json.dumps(manifest))
    assert result.code == 0, result.errors
    (shown,) = result.documents
    assert apply_patch(manifest, shown["patch"]) == shown["pod"]
    assert shown["pod"]["metadata"]["annotations"][PREFIX + "agent-inject-status"] == "injected"
    agents = shown["pod"]["metadata"]["annotations"]["sealer.dev/agent-containers"]
    assert set(shown["config"]) == set(agents.split(",")) - {""}
