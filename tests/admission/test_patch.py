from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.webhook.agent_patch import pointer
from injector.webhook.settings import Resources, Settings
from tests.admission import pods
from tests.admission.random_pods import random_pods

STATUS = "vault.hashicorp.com/agent-inject-status"
SECRETS_MOUNT = {"name": "vault-secrets", "mountPath": "/vault/secrets"}
SECRETS_VOLUME = {"name": "vault-secrets", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
SIMPLE_CONFIG = {
    "version": 2,
    "vault": {"address": "https://vault.vault.svc:8200"},
    "auth": {
        "type": "kubernetes",
        "mount_path": "auth/kubernetes",
        "params": {"role": "app", "token_path": "/var/run/secrets/kubernetes.io/serviceaccount/token"},
    },
    "templates": [
        {
            "name": "hello.txt",
            "path": "secret/hello",
            "destination": "/vault/secrets/hello.txt",
            "default_template": "map",
        }
    ],
    "folders": ["/vault/secrets"],
    "log": {"level": "info", "format": "standard"},
}
SIMPLE_AGENT = {
    "image": "sealer-agent:test",
    "command": ["sealer-agent"],
    "env": [
        {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ],
    "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "250m", "memory": "64Mi"}},
    "volumeMounts": [pods.TOKEN_MOUNT, SECRETS_MOUNT],
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 100,
        "runAsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
ANNOTATION = "/metadata/annotations/"


def test_the_simple_pod_gets_exactly_these_operations() -> None:
    patch = pods.operations(pods.respond(pods.basic()))
    for agent in (patch[2]["value"][0], patch[3]["value"]):
        assert agent["env"].pop()["name"] == "SEALER_AGENT_CONFIG"
    assert patch == [
        {"op": "add", "path": "/spec/volumes/-", "value": SECRETS_VOLUME},
        {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": SECRETS_MOUNT},
        {
            "op": "add",
            "path": "/spec/initContainers",
            "value": [{**SIMPLE_AGENT, "name": "vault-agent-init", "args": ["init"]}],
        },
        {
            "op": "add",
            "path": "/spec/containers/-",
            "value": {**SIMPLE_AGENT, "name": "vault-agent", "args": ["run"]},
        },
        {"op": "add", "path": ANNOTATION + "sealer.dev~1agent-containers", "value": "vault-agent-init,vault-agent"},
        {"op": "add", "path": ANNOTATION + "vault.hashicorp.com~1agent-inject-status", "value": "injected"},
    ]


def test_the_agents_of_the_simple_pod_get_exactly_this_configuration() -> None:
    result = pods.injected(pods.basic())
    assert pods.config_of(result) == {**SIMPLE_CONFIG, "mode": "init"}
    assert pods.config_of(result, "vault-agent") == {**SIMPLE_CONFIG, "mode": "sidecar"}


def test_everything_that_annotations_say_reaches_the_configuration() -> None:
    manifest = pods.pod(
        {
            **pods.BASIC,
            "service": "http://other:8200",
            "namespace": "team",
            "ca-cert": "/vault/tls/ca.crt",
            "tls-skip-verify": "true",
            "tls-secret": "vault-ca",
            "auth-path": "auth/cluster-7",
            "agent-inject-default-template": "JSON",
            "agent-inject-perms-hello.txt": "0400",
            "agent-inject-template-only": "{{ with }}",
            "agent-template-left-delim-only": "[[",
            "agent-template-right-delim-only": "]]",
            "error-on-missing-key-only": "true",
            "agent-template-left-delim-hello.txt": "<<",
        }
    )
    result = pods.injected(manifest)
    config = pods.config_of(result)
    assert config["vault"] == {
        "address": "http://other:8200",
        "namespace": "team",
        "ca_cert": "/vault/tls/ca.crt",
        "tls_skip_verify": True,
    }
    assert config["auth"]["mount_path"] == "auth/cluster-7"
    hello, only = config["templates"]
    assert (hello["default_template"], hello["perms"]) == ("json", "0400")
    assert (only["path"], only["contents"], only["destination"]) == (None, "{{ with }}", "/vault/secrets/only")
    assert (only["left_delimiter"], only["right_delimiter"], only["error_on_missing_key"]) == ("[[", "]]", True)
    assert not {"left_delimiter", "right_delimiter", "error_on_missing_key"} & hello.keys()
    assert {"name": "vault-tls-secrets", "secret": {"secretName": "vault-ca"}} in result["spec"]["volumes"]
    tls_mount = {"name": "vault-tls-secrets", "mountPath": "/vault/tls", "readOnly": True}
    assert tls_mount in pods.agent_of(result)["volumeMounts"]
    assert tls_mount not in result["spec"]["containers"][0]["volumeMounts"]


def test_everything_that_annotations_say_reaches_the_container() -> None:
    agent = pods.agent_of(
        pods.injected(
            pods.basic(
                agent_image="other:1",
                agent_run_as_user="7",
                agent_run_as_group="0",
                agent_limits_cpu="",
                agent_limits_mem="",
                agent_requests_ephemeral="1Gi",
            )
        )
    )
    assert agent["image"] == "other:1"
    assert agent["resources"] == {"requests": {"cpu": "250m", "memory": "64Mi", "ephemeral-storage": "1Gi"}}
    security = agent["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["runAsNonRoot"]) == (7, 0, False)


def test_the_settings_apply_where_the_pod_says_nothing() -> None:
    settings = Settings(
        vault_address="http://v",
        vault_namespace="team",
        auth_path="auth/x",
        limits=Resources(None, "1Gi", "2Gi"),
        requests=Resources(None, None),
        secrets_size_limit=None,
        default_template="json",
    )
    result = pods.injected(pods.basic(), settings)
    config = pods.config_of(result)
    assert config["vault"] == {"address": "http://v", "namespace": "team"}
    assert config["auth"]["mount_path"] == "auth/x"
    assert config["templates"][0]["default_template"] == "json"
    assert pods.agent_of(result)["resources"] == {"limits": {"memory": "1Gi", "ephemeral-storage": "2Gi"}}
    assert result["spec"]["volumes"][-1] == {"name": "vault-secrets", "emptyDir": {"medium": "Memory"}}


@pytest.mark.parametrize(
    ("chosen", "mounted"), [("web", ["web"]), ("web, b", ["b", "web"]), ("", []), (None, ["b", "web"]), ("c", [])]
)
def test_the_files_are_mounted_in_the_chosen_containers_and_in_every_init_container(
    chosen: str | None, mounted: list[str]
) -> None:
    manifest = pods.basic() if chosen is None else pods.basic(agent_inject_containers=chosen)
    manifest["spec"]["containers"].append({"name": "b", "image": "x"})
    manifest["spec"]["initContainers"] = [{"name": "first", "image": "x"}, {"name": "second", "image": "x"}]
    spec = pods.injected(manifest)["spec"]
    assert spec["containers"].pop()["name"] == "vault-agent"
    found = [one["name"] for one in spec["containers"] if SECRETS_MOUNT in one.get("volumeMounts", [])]
    assert sorted(found) == mounted
    assert [one["name"] for one in spec["initContainers"]] == ["first", "second", "vault-agent-init"]
    assert all(SECRETS_MOUNT in one["volumeMounts"] for one in spec["initContainers"])


def test_a_pod_that_wants_no_agent_at_all_gets_the_volume_and_the_status() -> None:
    result = pods.injected(pods.basic(agent_pre_populate="false", agent_pre_populate_only="true"))
    assert "initContainers" not in result["spec"]
    assert SECRETS_VOLUME in result["spec"]["volumes"]
    assert result["metadata"]["annotations"][STATUS] == "injected"


@pytest.mark.parametrize("missing", [None, "leave out"])
def test_a_pod_without_lists_gets_them(missing: object) -> None:
    manifest = pods.basic()
    manifest["spec"]["containers"].append({"name": "bare", "image": "x", "volumeMounts": None})
    for member in ("volumes", "initContainers"):
        manifest["spec"][member] = None
        if missing is not None:
            del manifest["spec"][member]
    spec = pods.injected(manifest)["spec"]
    assert spec["volumes"] == [SECRETS_VOLUME]
    assert spec["containers"][1]["volumeMounts"] == [SECRETS_MOUNT]
    assert [one["name"] for one in spec["initContainers"]] == ["vault-agent-init"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"initContainers": [{"name": "vault-agent-init", "image": "x"}]},
            'an init container named "vault-agent-init"',
        ),
        (
            {
                "containers": [
                    {"name": "web", "volumeMounts": [pods.TOKEN_MOUNT]},
                    {"name": "vault-agent-init", "command": ["sealer-agent"]},
                ]
            },
            'a container named "vault-agent-init"',
        ),
        (
            {
                "containers": [
                    {"name": "web", "volumeMounts": [pods.TOKEN_MOUNT, {"name": "x", "mountPath": "/vault/secrets"}]}
                ]
            },
            'a mount of the volume "x" at /vault/secrets in "web"',
        ),
    ],
)
def test_what_is_in_the_way_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    assert f"the pod already has {message}" in pods.refusal(pods.pod(**change))


def test_an_injected_pod_that_lost_its_status_gets_only_that_back() -> None:
    manifest = pods.injected(pods.basic())
    manifest["metadata"]["annotations"][STATUS] = "update"
    assert [operation["path"] for operation in pods.operations(pods.respond(manifest))] == [
        "/metadata/annotations/vault.hashicorp.com~1agent-inject-status"
    ]


def test_an_injected_pod_with_other_annotations_gets_its_agent_replaced() -> None:
    manifest = pods.injected(pods.basic())
    manifest["metadata"]["annotations"] |= {STATUS: "update", pods.PREFIX + "role": "other"}
    result = pods.injected(manifest)
    assert pods.config_of(result)["auth"]["params"]["role"] == "other"
    assert [one["name"] for one in result["spec"]["initContainers"]] == ["vault-agent-init"]
    smaller = Settings(vault_address="http://v", secrets_size_limit="1Mi")
    volumes = pods.injected(manifest, smaller)["spec"]["volumes"]
    assert [one["emptyDir"]["sizeLimit"] for one in volumes if one["name"] == "vault-secrets"] == ["1Mi"]


def test_a_pointer_escapes_what_has_a_meaning_in_it() -> None:
    assert pointer("a/b", 0, "m~n", "~1") == "/a~1b/0/m~0n/~01"


_PODS = random_pods(mounted_token=True)
_AGENTS = {"vault-agent-init", "vault-agent", "keeper"}


def _others(spec: dict[str, Any], member: str) -> list[dict[str, Any]]:
    return [one for one in spec.get(member) or [] if one["name"] not in _AGENTS]


def _bare(container: dict[str, Any]) -> dict[str, Any]:
    """A container without what the webhook adds to."""
    command = container["command"]
    unwrapped = command[4:] if command[0] == "/sealer/launch" else command
    return {**container, "volumeMounts": None, "command": unwrapped}


@given(_PODS)
def test_a_patch_applies_to_any_pod_and_keeps_all_that_was_there(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    spec = pods.injected(manifest)["spec"]
    assert manifest == before
    for member in ("containers", "initContainers"):
        for old, new in zip(_others(manifest["spec"], member), _others(spec, member), strict=True):
            mounts = old.get("volumeMounts", [])
            assert new.get("volumeMounts", [])[: len(mounts)] == mounts
            assert _bare(old) == _bare(new)
    assert [one for one in spec["volumes"] if one in manifest["spec"].get("volumes", [])] == manifest["spec"].get(
        "volumes", []
    )


@given(_PODS)
def test_a_patched_pod_has_no_name_and_no_path_twice_and_no_mount_without_its_volume(manifest: dict[str, Any]) -> None:
    spec = pods.injected(manifest)["spec"]
    everyone = [*spec["containers"], *(spec.get("initContainers") or [])]
    volumes = [volume["name"] for volume in spec["volumes"]]
    for names in (volumes, [container["name"] for container in everyone]):
        assert len(set(names)) == len(names)
    for container in everyone:
        mounts = container.get("volumeMounts", [])
        assert len({mount["mountPath"] for mount in mounts}) == len(mounts)
        assert {mount["name"] for mount in mounts} <= {*volumes, pods.TOKEN_MOUNT["name"]}


@given(_PODS, st.randoms(use_true_random=False))
def test_equal_pods_get_equal_answers_byte_for_byte_whatever_the_order_of_their_annotations(
    manifest: dict[str, Any], random: Any
) -> None:
    shuffled = copy.deepcopy(manifest)
    items = list(shuffled["metadata"]["annotations"].items())
    random.shuffle(items)
    shuffled["metadata"]["annotations"] = dict(items)
    assert orjson.dumps(pods.respond(manifest)) == orjson.dumps(pods.respond(shuffled))


@given(_PODS)
def test_applying_twice_changes_nothing(manifest: dict[str, Any]) -> None:
    once = pods.injected(manifest)
    assert pods.operations(pods.respond(once)) == []
    del once["metadata"]["annotations"][STATUS]
    assert pods.injected(once)["spec"] == once["spec"]


@given(_PODS, _PODS)
def test_a_pod_whose_annotations_changed_gets_the_containers_that_it_would_have_got_at_first(
    manifest: dict[str, Any], other: dict[str, Any]
) -> None:
    # A folder that became another secret's is in the way: a mount is never taken away from a container.
    folders = pods.PREFIX + "secret-volume-path"
    for one in (manifest, other):
        for key in [key for key in one["metadata"]["annotations"] if key.startswith(folders)]:
            del one["metadata"]["annotations"][key]
    changed = pods.injected(manifest)
    changed["metadata"]["annotations"] = {
        **other["metadata"]["annotations"],
        "sealer.dev/agent-containers": changed["metadata"]["annotations"]["sealer.dev/agent-containers"],
    }
    first = {**copy.deepcopy(manifest), "metadata": copy.deepcopy(other["metadata"])}
    for member in ("containers", "initContainers"):
        assert sorted(one["name"] for one in pods.injected(changed)["spec"].get(member) or []) == sorted(
            one["name"] for one in pods.injected(first)["spec"].get(member) or []
        )
