from __future__ import annotations

from typing import Any

import pytest

from injector.webhook import keys
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
    assert keys.VAULT.nearest("agent-inject-secrets-" + "x" * 100_000) is None


def test_looking_for_suggestions_ends_also_where_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(keys.Table, "nearest", lambda _table, name: asked.append(name))
    manifest = pods.basic()
    manifest["metadata"]["annotations"] |= {f"{keys.OWN_PREFIX}zzz-{number}": "x" for number in range(5000)}
    assert _warnings(manifest) == []
    assert len(asked) <= 16


def test_annotations_of_others_are_none_of_our_business() -> None:
    manifest = pods.basic(agent_pre_populate_only="true")
    manifest["metadata"]["annotations"]["example.com/agent-injekt"] = "x"
    assert _warnings(manifest) == []


@pytest.mark.parametrize("key", [key for key in keys.VAULT.keys.values() if key.unused])
def test_an_annotation_without_a_meaning_for_our_agent_is_named_with_the_reason(key: keys.Key) -> None:
    name = key.name + ("x" if key.takes_suffix else "")
    warning = f"annotation {pods.PREFIX}{name} has no effect: {key.unused}"
    assert warning in _warnings(pods.annotated(name, "true"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("client-timeout", "nonsense"),
        ("client-max-retries", "-1"),
        ("agent-cache-listener-port", "70000"),
        ("agent-cache-use-auto-auth-token", "yes"),
        ("log-level", "loud"),
        ("log-format", "xml"),
        ("template-static-secret-render-interval", "-5m"),
        ("preserve-secret-case", "yes"),
    ],
)
def test_a_value_that_the_existing_injector_never_checks_is_passed_over_with_a_warning(name: str, text: str) -> None:
    found = [
        warning for warning in _warnings(pods.annotated(name, text)) if f"annotation {pods.PREFIX}{name} is" in warning
    ]
    assert len(found) == 1
    assert f'"{text}": must be ' in found[0]
    assert found[0].endswith("; it has no effect")


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


def test_the_simple_pod_gets_no_warning() -> None:
    assert _warnings(pods.basic()) == []


def test_a_container_that_does_not_exist_is_named() -> None:
    assert any('"wep"' in warning for warning in _warnings(pods.basic(agent_inject_containers="web,wep")))


def test_a_file_that_seems_absolute_is_said_to_be_in_the_volume() -> None:
    warnings = _warnings(pods.annotated("agent-inject-file-hello.txt", "/etc/hello"))
    assert any("/vault/secrets/etc/hello" in warning for warning in warnings)


def test_a_pod_cannot_ask_for_any_number_of_warnings() -> None:
    many = {f"unknown-{number}": "x" for number in range(5000)}
    assert len(_warnings(pods.pod({**pods.BASIC, **many}))) < 20
