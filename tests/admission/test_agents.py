"""Which of the agent's containers a pod gets, where they stand, and what runs in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission import pods

STATUS = "vault.hashicorp.com/agent-inject-status"
STAYS = {"name": "proxy", "image": "x", "restartPolicy": "Always"}


def _names(manifest: dict[str, Any], member: str) -> list[str]:
    return [container["name"] for container in manifest["spec"].get(member) or []]


def _placed(*init_containers: dict[str, Any], **annotations: str) -> list[str]:
    """The init containers of a pod with some of its own; with annotations of either prefix."""
    manifest = pods.basic(**{name: text for name, text in annotations.items() if name != "native"})
    manifest = pods.own(manifest, native_sidecar=annotations.get("native", "false"))
    manifest["spec"]["initContainers"] = list(init_containers)
    return _names(pods.injected(manifest), "initContainers")


def _first(name: str) -> dict[str, Any]:
    return {"name": name, "image": "x"}


@pytest.mark.parametrize(
    ("populate", "only", "native", "init", "usual"),
    [
        ("true", "false", "false", ["vault-agent-init"], ["web", "vault-agent"]),
        ("true", "true", "false", ["vault-agent-init"], ["web"]),
        ("false", "false", "false", [], ["web", "vault-agent"]),
        ("false", "true", "false", [], ["web"]),
        ("true", "false", "true", ["vault-agent"], ["web"]),
        ("true", "true", "true", ["vault-agent-init"], ["web"]),
        ("false", "false", "true", [], ["web", "vault-agent"]),
    ],
)
def test_the_switches_choose_the_containers(
    populate: str, only: str, native: str, init: list[str], usual: list[str]
) -> None:
    manifest = pods.basic(agent_pre_populate=populate, agent_pre_populate_only=only)
    result = pods.injected(pods.own(manifest, native_sidecar=native))
    assert (_names(result, "initContainers"), _names(result, "containers")) == (init, usual)
    assert result["metadata"]["annotations"][STATUS] == "injected"
    assert result["metadata"]["annotations"]["sealer.dev/agent-containers"] == ",".join([*init, *usual[1:]])


@pytest.mark.parametrize(
    ("annotations", "placed"),
    [
        ({}, ["a", "proxy", "b", "vault-agent-init"]),
        ({"agent_init_first": "false"}, ["a", "proxy", "b", "vault-agent-init"]),
        ({"agent_init_first": "true"}, ["vault-agent-init", "a", "proxy", "b"]),
        ({"native": "true"}, ["a", "proxy", "vault-agent", "b"]),
        ({"native": "true", "agent_init_first": "false"}, ["a", "proxy", "b", "vault-agent"]),
        ({"native": "true", "agent_init_first": "true"}, ["vault-agent", "a", "proxy", "b"]),
    ],
)
def test_the_init_container_stands_where_the_pod_says(annotations: dict[str, str], placed: list[str]) -> None:
    assert _placed(_first("a"), STAYS, _first("b"), **annotations) == placed


def test_a_native_sidecar_comes_before_all_init_containers_that_end() -> None:
    assert _placed(_first("a"), _first("b"), native="true") == ["vault-agent", "a", "b"]
    assert _placed(native="true") == ["vault-agent"]


def test_a_native_sidecar_stays_and_holds_up_the_others_until_it_is_ready() -> None:
    result = pods.injected(pods.own(pods.basic(), native_sidecar="true"))
    agent = pods.agent_of(result, "vault-agent")
    assert agent["restartPolicy"] == "Always"
    assert agent["startupProbe"]["exec"] == {"command": ["sealer-agent", "ready"]}
    assert (agent["command"], agent["args"]) == (["sealer-agent"], ["run"])
    config = pods.config_of(result, "vault-agent")
    assert (config["mode"], config["ready_file"]) == ("native", "/home/vault/ready")
    mounts = {mount["mountPath"]: mount["name"] for mount in agent["volumeMounts"]}
    assert mounts["/home/vault"] == "home-sidecar"
    memory = {"name": "home-sidecar", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
    assert memory in result["spec"]["volumes"]
    assert "/home/vault" not in {mount["mountPath"] for mount in result["spec"]["containers"][0]["volumeMounts"]}


def test_the_files_are_mounted_in_the_init_containers_around_it_whatever_their_place() -> None:
    manifest = pods.basic(agent_init_first="true")
    manifest["spec"]["initContainers"] = [_first("a"), _first("b")]
    result = pods.injected(manifest)["spec"]["initContainers"]
    assert all(any(mount["name"] == "vault-secrets" for mount in one["volumeMounts"]) for one in result)


def test_the_sidecar_takes_up_the_login_of_the_init_container_where_a_cache_is_asked_for() -> None:
    result = pods.injected(pods.basic(agent_cache_enable="true"))
    for name in ("vault-agent-init", "vault-agent"):
        assert pods.config_of(result, name)["handover"] == "/vault/agent-cache/handover"
        mounts = {mount["mountPath"]: mount["name"] for mount in pods.agent_of(result, name)["volumeMounts"]}
        assert mounts["/vault/agent-cache"] == "vault-agent-cache"
    assert _names({"spec": {"volumes": result["spec"]["volumes"]}}, "volumes").count("vault-agent-cache") == 1
    assert "/vault/agent-cache" not in str(result["spec"]["containers"][0])
    assert "handover" not in pods.config_of(pods.injected(pods.basic()))


def test_what_is_for_the_agent_that_stays_is_in_its_configuration_alone() -> None:
    asked = pods.basic(
        agent_enable_quit="true",
        agent_cache_enable="true",
        agent_cache_listener_port="9",
        agent_revoke_on_shutdown="true",
    )
    result = pods.injected(asked)
    config = pods.config_of(result, "vault-agent")
    assert config["listener"] == {"port": 9, "quit": True, "proxy": "true"}
    assert (config["revoke_on_shutdown"], config["revoke_grace"]) == (True, 5)
    assert not {"listener", "revoke_on_shutdown", "revoke_grace"} & pods.config_of(result).keys()


def test_other_volumes_are_the_agents_alone() -> None:
    manifest = pods.basic(agent_extra_secret="extra", tls_secret="ca", agent_copy_volume_mounts="web")
    data = {"name": "data", "mountPath": "/data", "subPath": "x", "readOnly": True}
    hidden = {"name": "data", "mountPath": "/vault/tls"}
    manifest["spec"]["containers"][0]["volumeMounts"] += [data, hidden]
    manifest["spec"]["volumes"].append({"name": "data", "emptyDir": {}})
    result = pods.injected(manifest)
    for name in ("vault-agent-init", "vault-agent"):
        mounts = pods.agent_of(result, name)["volumeMounts"]
        assert data in mounts
        assert hidden not in mounts
        assert {"name": "extra-secrets", "mountPath": "/vault/custom", "readOnly": True} in mounts
        assert {"name": "vault-tls-secrets", "mountPath": "/vault/tls", "readOnly": True} in mounts
        assert [mount["mountPath"] for mount in mounts].count(pods.TOKEN_FOLDER) == 1
    assert "/vault/custom" not in str(result["spec"]["containers"][0])


def test_a_configuration_from_a_configmap_needs_no_role_and_is_named_to_our_agent() -> None:
    manifest = pods.own(pods.pod({"agent-inject": "true", "agent-configmap": "config"}), agent_flavor="sealer")
    result = pods.injected(manifest)
    assert pods.agent_of(result)["args"] == ["init", "--config", "/vault/configs/config-init.json"]
    assert pods.agent_of(result, "vault-agent")["args"] == ["run", "--config", "/vault/configs/config.json"]
    assert {"name": "vault-config", "configMap": {"name": "config"}} in result["spec"]["volumes"]
    assert "SEALER_AGENT_CONFIG" not in str(pods.agent_of(result))


def test_the_agent_can_run_as_the_user_of_the_first_container() -> None:
    manifest = pods.basic(agent_run_as_same_user="true")
    manifest["spec"]["containers"][0]["securityContext"] = {"runAsUser": 4711}
    security = pods.agent_of(pods.injected(manifest))["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"]) == (4711, 1000)


@pytest.mark.parametrize(
    ("context", "message"),
    [(None, "has no securityContext"), ({}, "has no securityContext"), ({"runAsUser": 0}, "runs as root")],
)
def test_the_agent_is_no_user_that_the_first_container_does_not_name(context: object, message: str) -> None:
    manifest = pods.basic(agent_run_as_same_user="true")
    manifest["spec"]["containers"][0]["securityContext"] = context
    assert message in pods.refusal(manifest)


def test_the_security_context_can_be_left_out() -> None:
    assert "securityContext" not in pods.agent_of(pods.injected(pods.basic(agent_set_security_context="false")))


@pytest.mark.parametrize(
    ("said", "annotation", "result"), [(None, "true", True), (True, "false", False), (None, "false", None)]
)
def test_the_process_namespace_is_shared_as_the_annotation_says(said: Any, annotation: str, result: Any) -> None:
    manifest = pods.basic(agent_share_process_namespace=annotation)
    if said is not None:
        manifest["spec"]["shareProcessNamespace"] = said
    assert pods.injected(manifest)["spec"].get("shareProcessNamespace") == result


def test_a_pod_that_keeps_its_processes_apart_is_not_overruled() -> None:
    manifest = pods.basic(agent_share_process_namespace="true")
    manifest["spec"]["shareProcessNamespace"] = False
    assert "agent-share-process-namespace is" in pods.refusal(manifest)


def test_a_signal_needs_the_processes_of_the_other_containers() -> None:
    manifest = pods.own_annotated("signal-hello.txt", "HUP web")
    assert "agent-share-process-namespace" in pods.refusal(manifest)
    manifest["spec"]["shareProcessNamespace"] = True
    template = pods.config_of(pods.injected(manifest), "vault-agent")["templates"][0]
    assert template["signal"] == {"process": "web", "signal": "HUP"}


def test_the_login_by_another_method_gets_its_parameters_and_needs_no_service_account() -> None:
    manifest = pods.pod(
        {
            **pods.BASIC,
            "auth-type": "approle",
            "auth-path": "auth/approle",
            "auth-config-role-id-file-path": "/vault/custom/role",
            "auth-config-secret-id-file-path": "/vault/custom/secret",
            "auth-config-nonsense": "x",
        },
        containers=[{"name": "web", "image": "x"}],
    )
    response = pods.respond(manifest)
    assert [warning for warning in response["warnings"] if "auth-config-nonsense has no effect" in warning]
    result = pods.injected(manifest)
    assert pods.config_of(result, "vault-agent")["auth"] == {
        "type": "approle",
        "mount_path": "auth/approle",
        "params": {"role_id_file_path": "/vault/custom/role", "secret_id_file_path": "/vault/custom/secret"},
    }
    assert "serviceaccount" not in str(result["spec"])


def test_a_login_that_lacks_what_it_needs_is_said_to_fail() -> None:
    response = pods.respond(pods.basic(auth_type="approle"))
    assert any("auth-config-role-id-file-path" in warning for warning in response["warnings"])


def test_the_login_by_aws_gets_what_the_application_has_for_it() -> None:
    manifest = pods.basic(auth_type="aws", auth_config_region="eu-west-1")
    container = manifest["spec"]["containers"][0]
    container["env"] = [
        {"name": "OTHER", "value": "x"},
        {"name": "AWS_REGION", "value": "us-east-1"},
        {"name": "AWS_ROLE_ARN", "value": "arn"},
    ]
    cloud = {"name": "aws-iam-token", "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}
    container["volumeMounts"].append(cloud)
    agent = pods.agent_of(pods.injected(manifest))
    assert agent["env"][-2:] == [{"name": "AWS_ROLE_ARN", "value": "arn"}, {"name": "AWS_REGION", "value": "eu-west-1"}]
    assert {**cloud, "readOnly": True} in agent["volumeMounts"]


def test_a_grace_that_outlasts_the_pod_is_warned_of() -> None:
    warnings = pods.respond(pods.basic(agent_revoke_on_shutdown="true", agent_revoke_grace="30"))["warnings"]
    assert any("terminationGracePeriodSeconds 30" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("folder", "annotations"),
    [
        ("/vault/tls", {"tls_secret": "ca"}),
        ("/vault/custom", {"agent_extra_secret": "extra"}),
        ("/vault/agent-cache", {"agent_cache_enable": "true"}),
        (pods.TOKEN_FOLDER, {}),
    ],
)
def test_files_where_the_agent_has_something_else_are_refused(folder: str, annotations: dict[str, str]) -> None:
    message = pods.refusal(pods.basic(secret_volume_path=folder, **annotations))
    assert message.startswith(f"the agent would have two volumes at {folder}") or f"at {folder} in" in message
    assert "secret-volume-path" in message or "annotations" in message


def test_a_patch_for_the_init_container_that_there_is_not_is_warned_of() -> None:
    manifest = pods.own(pods.basic(agent_init_json_patch='[{"op": "remove", "path": "/env"}]'), native_sidecar="true")
    assert any("agent-init-json-patch has no effect" in warning for warning in pods.respond(manifest)["warnings"])
