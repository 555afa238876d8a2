"""Defaults of a namespace lie below a pod's annotations and above the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from injector.webhook import namespace_defaults
from injector.webhook.mutate import mutate
from tests.admission import pods


def _injected(manifest: dict[str, Any], data: dict[str, str], **settings: Any) -> dict[str, Any]:
    defaults = namespace_defaults.read(data)
    assert defaults.problems == ()
    response = mutate(pods.review(manifest), replace(pods.SETTINGS, **settings), defaults.annotations)["response"]
    assert response["allowed"], response
    result: dict[str, Any] = pods.apply_patch(manifest, pods.operations(dict(response)))  # type: ignore[assignment]  # JSON
    return result


def test_a_default_applies_where_the_pod_says_nothing() -> None:
    manifest = pods.pod({"agent-inject": "true", "agent-inject-secret-a": "secret/a"})
    result = _injected(manifest, {"role": "team", "agent-limits-cpu": "1", "native-sidecar": "true"})
    agent = pods.agent_of(result, "vault-agent")
    assert agent["restartPolicy"] == "Always"
    assert agent["resources"]["limits"]["cpu"] == "1"
    assert pods.config_of(result, "vault-agent")["auth"]["params"]["role"] == "team"
    assert pods.PREFIX + "role" not in result["metadata"]["annotations"]


def test_the_pod_wins_over_the_namespace_and_the_namespace_over_the_settings() -> None:
    data = {"agent-requests-cpu": "2", "agent-requests-mem": "2Gi"}
    result = _injected(pods.basic(agent_requests_cpu="3"), data, run_as_user=7)
    assert pods.agent_of(result)["resources"]["requests"] == {"cpu": "3", "memory": "2Gi"}
    assert pods.agent_of(result)["securityContext"]["runAsUser"] == 7


def test_secrets_of_the_namespace_come_with_those_of_the_pod() -> None:
    result = _injected(pods.basic(), {"agent-inject-secret-common": "secret/common"})
    names = [template["name"] for template in pods.config_of(result, "vault-agent")["templates"]]
    assert names == ["common", "hello.txt"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("agent-limits-cpu", "lots", 'key agent-limits-cpu is "lots": must be a quantity'),
        ("log-level", "loud", 'key log-level is "loud"'),
        ("native-sidecar", "yes", 'key native-sidecar is "yes"'),
        ("agent-limit-cpu", "1", "unknown key agent-limit-cpu: did you mean agent-limits-cpu?"),
        ("native-side-car", "true", "unknown key native-side-car: did you mean native-sidecar?"),
        ("zzz", "1", "unknown key zzz"),
        ("agent-inject", "true", "key agent-inject is no default"),
        ("agent-inject-status", "injected", "key agent-inject-status is no default"),
        ("agent-containers", "web", "key agent-containers is no default"),
    ],
)
def test_a_mistake_is_reported_and_the_rest_applies(name: str, text: str, problem: str) -> None:
    defaults = namespace_defaults.read({name: text, "role": "team"})
    assert len(defaults.problems) == 1
    assert problem in defaults.problems[0]
    assert defaults.annotations == {pods.PREFIX + "role": "team"}
