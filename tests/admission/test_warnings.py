from __future__ import annotations

from typing import Any

import pytest

from injector.webhook import keys
from injector.webhook.keys import Support
from tests.admission import pods


def _warnings(manifest: dict[str, Any]) -> list[str]:
    response = pods.respond(manifest)
    assert response["allowed"]
    warnings: list[str] = response.get("warnings", [])
    return warnings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("agent-inject-secrets-db", "agent-inject-secret-db"),
        ("agent-inject-secret", "agent-inject-secret-NAME"),
        ("agent-inject-file", "agent-inject-file-NAME"),
        ("agent-prepopulate-only", "agent-pre-populate-only"),
        ("agent-limit-cpu", "agent-limits-cpu"),
        ("rol", "role"),
    ],
)
def test_an_unknown_annotation_is_named_with_the_nearest_known_one(name: str, meant: str) -> None:
    assert f"unknown annotation {pods.PREFIX}{name}: did you mean {pods.PREFIX}{meant}?" in _warnings(
        pods.annotated(name, "x")
    )


def test_an_unknown_annotation_that_resembles_nothing_is_named_alone() -> None:
    assert f"unknown annotation {pods.PREFIX}zzz" in _warnings(pods.annotated("zzz", "x"))


def test_a_very_long_name_is_not_compared_with_all_the_others() -> None:
    assert keys.nearest("agent-inject-secrets-" + "x" * 100_000) is None


def test_annotations_of_others_are_none_of_our_business() -> None:
    manifest = pods.basic(agent_pre_populate_only="true")
    manifest["metadata"]["annotations"]["example.com/agent-injekt"] = "x"
    assert _warnings(manifest) == []


@pytest.mark.parametrize("key", [key for key in keys.KEYS.values() if key.support is Support.WARNED])
def test_a_known_annotation_without_effect_in_this_version_is_named(key: keys.Key) -> None:
    name = key.name + ("hello.txt" if key.takes_suffix else "")
    for text in ("true", "5s", "5"):
        response = pods.respond(pods.annotated(name, text))
        if response["allowed"]:
            assert f"annotation {pods.PREFIX}{name} has no effect in this version" in response["warnings"]
            return
    pytest.fail("no value was accepted")


@pytest.mark.parametrize("name", ["agent-configmap", "agent-inject-template-file-hello.txt"])
def test_an_annotation_that_says_what_the_files_hold_is_refused_while_it_has_no_effect(name: str) -> None:
    assert f"{pods.PREFIX}{name} is not supported" in pods.refusal(pods.annotated(name, "/x"))
    assert pods.respond(pods.annotated(name, ""))["allowed"]


def test_a_template_file_key_is_the_template_of_a_secret_named_file_something() -> None:
    manifest = pods.pod(
        {**pods.BASIC, "agent-inject-secret-file-x": "secret/x", "agent-inject-template-file-x": "{{ . }}"}
    )
    template = next(one for one in pods.config_of(pods.injected(manifest))["templates"] if one["name"] == "file-x")
    assert template["contents"] == "{{ . }}"
    assert any("template of the secret file-x" in warning for warning in _warnings(manifest))


def test_an_annotation_about_a_secret_that_the_pod_does_not_have_is_named() -> None:
    assert any(
        "agent-inject-file-hallo.txt has no effect" in warning
        for warning in _warnings(pods.annotated("agent-inject-file-hallo.txt", "x"))
    )


@pytest.mark.parametrize("key", ["agent-template-left-delim-", "agent-template-right-delim-", "error-on-missing-key-"])
def test_an_annotation_about_a_template_that_the_secret_does_not_have_is_named(key: str) -> None:
    manifest = pods.annotated(f"{key}hello.txt", "true")
    assert any(f"{key}hello.txt has no effect: there is no" in warning for warning in _warnings(manifest))
    manifest["metadata"]["annotations"][f"{pods.PREFIX}agent-inject-template-hello.txt"] = "x"
    assert not any("has no effect" in warning for warning in _warnings(manifest))


def test_the_user_is_told_that_no_sidecar_is_injected() -> None:
    assert any("fetched once" in warning for warning in _warnings(pods.basic()))
    assert _warnings(pods.basic(agent_pre_populate_only="true")) == []


def test_a_container_that_does_not_exist_is_named() -> None:
    assert any('"wep"' in warning for warning in _warnings(pods.basic(agent_inject_containers="web,wep")))


def test_a_file_that_seems_absolute_is_said_to_be_in_the_volume() -> None:
    warnings = _warnings(pods.annotated("agent-inject-file-hello.txt", "/etc/hello"))
    assert any("/vault/secrets/etc/hello" in warning for warning in warnings)


def test_a_pod_cannot_ask_for_any_number_of_warnings() -> None:
    many = {f"unknown-{number}": "x" for number in range(5000)}
    assert len(_warnings(pods.pod({**pods.BASIC, **many}))) < 20
