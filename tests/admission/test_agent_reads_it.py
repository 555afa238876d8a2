"""Our own agent reads every configuration that the webhook writes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given

from injector.agent.config import decode_config
from tests.admission import pods
from tests.admission.random_pods import random_pods
from tests.admission.test_every_annotation import ALL, IDS, case_with

if TYPE_CHECKING:
    from tests.admission.test_every_annotation import Case

AGENTS = ("vault-agent-init", "vault-agent", "keeper")


def _configurations(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    result = pods.injected(manifest)["spec"]
    everyone = [*result["containers"], *(result.get("initContainers") or [])]
    names = [container["name"] for container in everyone if container["name"] in AGENTS]
    found = [(name, pods.agent_of({"spec": result}, name)["env"]) for name in names]
    return [pods.config_of({"spec": result}, name) for name, env in found if "SEALER_AGENT_CONFIG" in str(env)]


@pytest.mark.parametrize(("prefix", "key", "case"), ALL, ids=IDS)
def test_the_agent_reads_what_each_annotation_makes(prefix: str, key: str, case: Case) -> None:
    for config in _configurations(case_with(prefix, key, case, case.good)):
        decode_config(orjson.dumps(config))


@given(random_pods(mounted_token=True))
def test_the_agent_reads_what_random_annotations_make(manifest: dict[str, Any]) -> None:
    for config in _configurations(manifest):
        decode_config(orjson.dumps(config))


@pytest.mark.parametrize("auth_type", ["kubernetes", "approle", "jwt", "cert", "token_file", "aws"])
def test_the_agent_reads_every_login(auth_type: str) -> None:
    needed = {"auth_config_role_id_file_path": "/role", "auth_config_token_file_path": "/token"}
    for config in _configurations(pods.basic(auth_type=auth_type, auth_config_region="eu-west-1", **needed)):
        assert config["auth"]["type"] == auth_type
        decode_config(orjson.dumps(config))
