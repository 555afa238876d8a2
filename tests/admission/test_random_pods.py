"""The real API server takes what the webhook makes of random pods, in a namespace that enforces "restricted"."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.admission import pods
from tests.admission.random_pods import RESTRICTED, random_pods

if TYPE_CHECKING:
    from deploy.local.control_plane import ControlPlane

STATUS = "vault.hashicorp.com/agent-inject-status"
# Random pods are few here: each is two requests, and the pure properties see many more.
REAL = settings(
    max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _create(control_plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = control_plane.request(
        "POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", {**manifest, "apiVersion": "v1", "kind": "Pod"}
    )
    return created


def _again(created: dict[str, Any]) -> dict[str, Any]:
    """The pod as it could be created again, from what the API server gave back."""
    annotations = {key: text for key, text in created["metadata"]["annotations"].items() if key != STATUS}
    return {"metadata": {"name": "again", "annotations": annotations}, "spec": copy.deepcopy(created["spec"])}


def _settled(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec without what the API server makes anew for each pod: the name of its token volume."""
    text = repr(spec)
    for volume in spec["volumes"]:
        if volume["name"].startswith("kube-api-access-"):
            text = text.replace(volume["name"], "kube-api-access")
    return {"text": text}


def test_the_api_server_takes_every_patch_and_a_second_time_changes_nothing(
    control_plane: ControlPlane, labelled: str
) -> None:
    @REAL
    @given(random_pods(mounted_token=False))
    def check(manifest: dict[str, Any]) -> None:
        manifest["metadata"]["name"] = "random"
        created = _create(control_plane, labelled, manifest)
        assert created["metadata"]["annotations"][STATUS] == "injected"
        again = _create(control_plane, labelled, _again(created))
        assert _settled(again["spec"]) == _settled(created["spec"])

    check()


def test_a_pod_without_automounted_token_logs_in_with_one_of_its_own(
    control_plane: ControlPlane, labelled: str
) -> None:
    @settings(REAL, max_examples=5)
    @given(st.sampled_from(["", "vault"]), st.sampled_from(["600", "7200"]))
    def check(audience: str, seconds: str) -> None:
        manifest = pods.own(
            pods.basic(),
            service_account_token_audience=audience,
            service_account_token_expiration_seconds=seconds,
        )
        manifest["metadata"]["name"] = "token"
        container = {"name": "web", "image": "x", "securityContext": RESTRICTED}
        manifest["spec"] = {"automountServiceAccountToken": False, "containers": [container]}
        created = _create(control_plane, labelled, manifest)
        (volume,) = [one for one in created["spec"]["volumes"] if one["name"] == "sealer-token"]
        token = volume["projected"]["sources"][0]["serviceAccountToken"]
        assert (token.get("audience", ""), token["expirationSeconds"]) == (audience, int(seconds))

    check()
