"""Secrets as environment variables: what the agent is told, and how commands are wrapped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission import pods

WRAP = ["/sealer/launch", "--env-file", "/sealer/env", "--"]
LAUNCH_MOUNT = {"name": "sealer-launch", "mountPath": "/sealer"}


def _pod(command: list[str] | None = None, /, **annotations: str) -> dict[str, Any]:
    manifest = pods.own(pods.basic(), **(annotations or {"env-PASSWORD": "secret/app#password"}))
    manifest["spec"]["containers"][0] |= {"command": ["/web"] if command is None else command, "args": ["-v"]}
    return manifest


def test_a_command_is_wrapped_and_its_args_stay() -> None:
    web = pods.injected(_pod(["sh", "-c", "exec web"]))["spec"]["containers"][0]
    assert web["command"] == [*WRAP, "sh", "-c", "exec web"]
    assert web["args"] == ["-v"]
    assert {**LAUNCH_MOUNT, "readOnly": True} in web["volumeMounts"]


def test_the_agent_that_runs_first_is_told_to_write_the_file_and_to_bring_the_launcher() -> None:
    manifest = _pod(
        **{
            "env-B": "secret/b?version=2#x y",
            "env-A": "kv/a#p",
            "env-from-mail": "secret/mail",
            "env-prefix-mail": "MAIL_",
        }
    )
    result = pods.injected(manifest)
    config = pods.config_of(result)
    assert config["env_files"] == [
        {
            "path": "/sealer/env",
            "perms": "0444",
            "variables": [
                {"name": "A", "path": "kv/a", "key": "p"},
                {"name": "B", "path": "secret/b?version=2", "key": "x y"},
                {"prefix": "MAIL_", "path": "secret/mail"},
            ],
        }
    ]
    assert config["launcher"] == {"destination": "/sealer/launch"}
    assert "/sealer" in config["folders"]
    sidecar = pods.config_of(result, "vault-agent")
    assert sidecar["env_files"] == config["env_files"]
    assert "launcher" not in sidecar
    for name in ("vault-agent-init", "vault-agent"):
        assert LAUNCH_MOUNT in pods.agent_of(result, name)["volumeMounts"]
    memory = {"name": "sealer-launch", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
    assert memory in result["spec"]["volumes"]


def test_a_native_sidecar_brings_the_launcher_too() -> None:
    config = pods.config_of(pods.injected(pods.own(_pod(), native_sidecar="true")), "vault-agent")
    assert {"launcher", "env_files"} <= config.keys()


@pytest.mark.parametrize(
    ("annotations", "wrapped"),
    [
        ({}, ["web", "other"]),
        ({"env-containers": "other"}, ["other"]),
        ({"env-containers": " web ,"}, ["web"]),
        ({"env-containers": ""}, []),
    ],
)
def test_only_the_chosen_containers_are_wrapped(annotations: dict[str, str], wrapped: list[str]) -> None:
    manifest = _pod(**{"env-PASSWORD": "secret/app#password", **annotations})
    manifest["spec"]["containers"].append({"name": "other", "image": "x", "command": ["other"]})
    manifest["spec"]["initContainers"] = [{"name": "first", "image": "x", "command": ["first"]}]
    spec = pods.injected(manifest)["spec"]
    assert [one["name"] for one in spec["containers"] if one.get("command", [""])[0] == WRAP[0]] == wrapped
    assert [one["name"] for one in spec["containers"] if "sealer-launch" in str(one["volumeMounts"])][:-1] == wrapped
    assert spec["initContainers"][0]["command"] == ["first"]


def test_the_containers_that_get_the_files_are_the_usual_choice() -> None:
    manifest = _pod()
    manifest["metadata"]["annotations"][pods.PREFIX + "agent-inject-containers"] = "other"
    manifest["spec"]["containers"].append({"name": "other", "image": "x", "command": ["other"]})
    spec = pods.injected(manifest)["spec"]
    assert [one.get("command") for one in spec["containers"][:2]] == [["/web"], [*WRAP, "other"]]


@pytest.mark.parametrize("command", [[], None])
def test_a_container_that_does_not_say_its_command_is_refused_with_what_to_do(command: Any) -> None:
    manifest = _pod()
    manifest["spec"]["containers"][0]["command"] = command
    message = pods.refusal(manifest)
    assert 'the container "web" has no command' in message
    assert "ENTRYPOINT" in message
    assert "sealer.dev/env-containers" in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("env-PASSWORD", "secret/app"),
        ("env-PASSWORD", "#password"),
        ("env-PASSWORD", "secret/app#"),
        ("env-PASSWORD", "secret/app#password#3"),
        ("env-PASS-WORD", "secret/app#password"),
        ("env-1PASSWORD", "secret/app#password"),
        ("env-from-app", ""),
        ("env-from-app", "secret/app#password"),
    ],
)
def test_what_is_no_variable_is_refused_by_the_annotation(name: str, text: str) -> None:
    assert pods.refusal(_pod(**{name: text})).startswith(f"annotation sealer.dev/{name} is ")


def test_a_pod_without_an_agent_that_runs_first_is_refused() -> None:
    manifest = _pod()
    manifest["metadata"]["annotations"][pods.PREFIX + "agent-pre-populate"] = "false"
    assert "before the containers start" in pods.refusal(manifest)


def test_the_agent_of_vault_brings_no_launcher() -> None:
    assert "sealer.dev/agent-flavor" in pods.refusal(pods.own(_pod(), agent_flavor="vault"))


@pytest.mark.parametrize(
    ("user", "group", "permissions"),
    [(None, None, "0444"), (1000, None, "0444"), (1000, 2000, "0440"), (100, None, "0400")],
)
def test_the_file_is_as_closed_as_the_application_can_bear(user: Any, group: Any, permissions: str) -> None:
    manifest = _pod()
    manifest["spec"]["securityContext"] = {"fsGroup": group}
    manifest["spec"]["containers"][0]["securityContext"] = {"runAsUser": user}
    assert pods.config_of(pods.injected(manifest))["env_files"][0]["perms"] == permissions


def test_a_reference_that_kubernetes_would_replace_too_early_is_warned_of() -> None:
    manifest = _pod(["/web", "--password=$(PASSWORD)"])
    assert any("$(PASSWORD)" in warning for warning in pods.respond(manifest)["warnings"])
    assert "warnings" not in pods.respond(_pod(["/web", "--password=$PASSWORD"]))


def test_a_container_that_does_not_exist_is_named() -> None:
    manifest = _pod(**{"env-PASSWORD": "secret/app#password", "env-containers": "web,wep"})
    assert any('env-containers names "wep"' in warning for warning in pods.respond(manifest)["warnings"])


def _with_references(*values: str, **annotations: str) -> dict[str, Any]:
    manifest = _pod(**{"env-references": "true", **annotations})
    env = [{"name": f"V{number}", "value": value} for number, value in enumerate(values)]
    manifest["spec"]["containers"][0]["env"] = [*env, {"name": "FROM", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]
    manifest["spec"]["containers"].append({"name": "other", "image": "x", "command": ["other"]})
    return manifest


def test_references_in_a_containers_variables_are_read_where_the_pod_asks_for_it() -> None:
    manifest = _with_references("vault:secret/data/a#b", "plain", "vault:kv/c#d e#3")
    result = pods.injected(manifest)
    web, other, _ = result["spec"]["containers"]
    assert web["command"] == ["/sealer/launch", "--env-file", "/sealer/env-web", "--", "/web"]
    assert other["command"] == ["other"]
    (file,) = pods.config_of(result)["env_files"]
    assert file["path"] == "/sealer/env-web"
    assert file["variables"] == [
        {"name": "V0", "path": "secret/data/a", "key": "b"},
        {"name": "V2", "path": "kv/c?version=3", "key": "d e"},
    ]
    assert pods.injected(pods.own(manifest, env_references="false"))["spec"]["containers"][0]["command"] == ["/web"]


def test_variables_that_are_no_objects_are_left_to_kubernetes_to_refuse() -> None:
    manifest = pods.own(pods.basic(), env_references="true")
    manifest["spec"]["containers"][0]["env"] = ["x", None, {"name": 1, "value": 2}]
    assert pods.respond(manifest)["allowed"]


def test_references_and_annotations_go_together() -> None:
    result = pods.injected(_with_references("vault:secret/a#b", **{"env-COMMON": "secret/c#d"}))
    web, other, _ = result["spec"]["containers"]
    assert (web["command"][2], other["command"][2]) == ("/sealer/env-web", "/sealer/env")
    names = {
        file["path"]: [variable["name"] for variable in file["variables"]]
        for file in pods.config_of(result)["env_files"]
    }
    assert names == {"/sealer/env": ["COMMON"], "/sealer/env-web": ["COMMON", "V0"]}


@pytest.mark.parametrize(
    "value", ["vault:login", "vault:secret/a", "vault:a#${.x}", "vault:#x", "vault:a#b#c", "vault:a#"]
)
def test_what_begins_as_a_reference_and_is_none_is_refused_without_its_value(value: str) -> None:
    message = pods.refusal(_with_references(value))
    assert 'the variable "V0" of the container "web" begins with vault: and is no reference' in message
    assert value not in message


def test_applying_twice_wraps_once_and_without_the_annotation_the_command_comes_back() -> None:
    once = pods.injected(_pod())
    once["metadata"]["annotations"][pods.PREFIX + "agent-inject-status"] = "update"
    assert pods.injected(once)["spec"] == once["spec"]
    del once["metadata"]["annotations"]["sealer.dev/env-PASSWORD"]
    assert pods.injected(once)["spec"]["containers"][0]["command"] == ["/web"]


def test_something_else_at_the_launchers_folder_is_in_the_way() -> None:
    manifest = _pod()
    manifest["spec"]["containers"][0]["volumeMounts"].append({"name": "x", "mountPath": "/sealer"})
    assert 'a mount of the volume "x" at /sealer in "web"' in pods.refusal(manifest)
