from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.webhook.patch import pointer
from injector.webhook.settings import Resources, Settings
from tests.admission import pods

STATUS = "vault.hashicorp.com/agent-inject-status"
SECRETS_MOUNT = {"name": "vault-secrets", "mountPath": "/vault/secrets"}
SECRETS_VOLUME = {"name": "vault-secrets", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
SIMPLE_CONFIG = {
    "version": 1,
    "vault": {"address": "https://vault.vault.svc:8200"},
    "auth": {
        "type": "kubernetes",
        "mount_path": "auth/kubernetes",
        "role": "app",
        "token_path": "/var/run/secrets/kubernetes.io/serviceaccount/token",
    },
    "templates": [
        {
            "name": "hello.txt",
            "path": "secret/hello",
            "destination": "/vault/secrets/hello.txt",
            "default_template": "map",
        }
    ],
    "exit_after_render": True,
}
SIMPLE_AGENT = {
    "name": "vault-agent-init",
    "image": "sealer-agent:test",
    "command": ["sealer-agent"],
    "args": ["init"],
    "env": [
        {"name": "NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "VAULT_LOG_LEVEL", "value": "info"},
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


def test_the_simple_pod_gets_exactly_these_operations() -> None:
    patch = pods.operations(pods.respond(pods.basic()))
    agent = patch[2]["value"][0]
    assert agent["env"].pop()["name"] == "SEALER_AGENT_CONFIG"
    assert patch == [
        {"op": "add", "path": "/spec/volumes/-", "value": SECRETS_VOLUME},
        {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": SECRETS_MOUNT},
        {"op": "add", "path": "/spec/initContainers", "value": [SIMPLE_AGENT]},
        {"op": "add", "path": "/metadata/annotations/vault.hashicorp.com~1agent-inject-status", "value": "injected"},
    ]


def test_the_agent_of_the_simple_pod_gets_exactly_this_configuration() -> None:
    assert pods.config_of(pods.injected(pods.basic())) == SIMPLE_CONFIG


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
                log_level="debug",
            )
        )
    )
    assert agent["image"] == "other:1"
    assert agent["resources"] == {"requests": {"cpu": "250m", "memory": "64Mi", "ephemeral-storage": "1Gi"}}
    assert {"name": "VAULT_LOG_LEVEL", "value": "debug"} in agent["env"]
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
        ({"volumes": [{"name": "vault-secrets", "hostPath": {"path": "/"}}]}, 'a volume named "vault-secrets"'),
        ({"volumes": [{"name": "vault-secrets", "emptyDir": {}}]}, 'a volume named "vault-secrets"'),
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
    assert pods.config_of(result)["auth"]["role"] == "other"
    assert [one["name"] for one in result["spec"]["initContainers"]] == ["vault-agent-init"]
    smaller = Settings(vault_address="http://v", secrets_size_limit="1Mi")
    volumes = pods.injected(manifest, smaller)["spec"]["volumes"]
    assert [one["emptyDir"]["sizeLimit"] for one in volumes if one["name"] == "vault-secrets"] == ["1Mi"]


def test_a_pointer_escapes_what_has_a_meaning_in_it() -> None:
    assert pointer("a/b", 0, "m~n", "~1") == "/a~1b/0/m~0n/~01"


_NAMES = st.text("abcdef-", min_size=1, max_size=6)
_MOUNTS = st.none() | st.lists(st.builds(lambda name: {"name": name, "mountPath": f"/{name}"}, _NAMES), max_size=3)
_CONTAINERS = st.lists(
    st.builds(lambda name, mounts: {"name": name, "image": "x", "volumeMounts": mounts}, _NAMES, _MOUNTS), max_size=4
)
_VOLUMES = st.none() | st.lists(st.builds(lambda name: {"name": name, "emptyDir": {}}, _NAMES), max_size=3)
_ANNOTATIONS = st.tuples(
    st.dictionaries(_NAMES.map(lambda name: "agent-inject-secret-" + name), st.just("secret/a"), max_size=4),
    st.dictionaries(_NAMES.map(lambda name: "agent-inject-template-" + name), st.just("{{ . }}"), max_size=4),
    st.dictionaries(_NAMES.map(lambda name: "secret-volume-path-" + name), st.sampled_from(["/x", "/y/z"]), max_size=4),
).map(lambda parts: {**parts[0], **parts[1], **parts[2]})


@st.composite
def _pods(draw: st.DrawFn) -> dict[str, Any]:
    manifest = pods.pod({**pods.BASIC, **draw(_ANNOTATIONS)})
    spec = manifest["spec"]
    spec["containers"] += draw(_CONTAINERS)
    for member, values in (("initContainers", st.none() | _CONTAINERS), ("volumes", _VOLUMES)):
        spec[member] = draw(values)
        if spec[member] is None and draw(st.booleans()):
            del spec[member]
    for container in spec["containers"]:
        if container["volumeMounts"] is None and draw(st.booleans()):
            del container["volumeMounts"]
    return manifest


@given(_pods())
def test_a_patch_applies_to_any_pod_and_keeps_all_that_was_there(manifest: dict[str, Any]) -> None:
    before = copy.deepcopy(manifest)
    spec = pods.injected(manifest)["spec"]
    assert manifest == before
    assert (spec["initContainers"][-1]["name"], len(spec["initContainers"])) == (
        "vault-agent-init",
        len(manifest["spec"].get("initContainers") or []) + 1,
    )
    for member in ("containers", "initContainers"):
        for old, new in zip(manifest["spec"].get(member) or [], spec[member], strict=False):
            assert new["volumeMounts"][: len(old.get("volumeMounts") or [])] == (old.get("volumeMounts") or [])
            assert {**old, "volumeMounts": None} == {**new, "volumeMounts": None}
    mounted = {mount["name"] for mount in pods.agent_of({"spec": spec})["volumeMounts"]} - {"kube-api-access-abcde"}
    assert mounted <= {volume["name"] for volume in spec["volumes"]}


@given(_pods(), st.randoms(use_true_random=False))
def test_equal_pods_get_equal_patches_whatever_the_order_of_their_annotations(
    manifest: dict[str, Any], random: Any
) -> None:
    shuffled = copy.deepcopy(manifest)
    items = list(shuffled["metadata"]["annotations"].items())
    random.shuffle(items)
    shuffled["metadata"]["annotations"] = dict(items)
    assert pods.respond(manifest) == pods.respond(shuffled)


@given(_pods())
def test_applying_twice_changes_nothing(manifest: dict[str, Any]) -> None:
    once = pods.injected(manifest)
    assert pods.operations(pods.respond(once)) == []
    del once["metadata"]["annotations"][STATUS]
    assert pods.injected(once)["spec"] == once["spec"]
