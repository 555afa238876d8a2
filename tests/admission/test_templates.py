"""Users' templates, parsed when the pod is made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission import pods


def _pod(text: str, **own: str) -> dict[str, Any]:
    return pods.own(pods.annotated("agent-inject-template-hello.txt", text), **own)


@pytest.mark.parametrize(
    "text",
    [
        '{{ with secret "secret/app" }}{{ .Data.data.password | toJSON }}{{ end }}',
        '{{ with pkiCert "pki/issue/web" "common_name=x" }}{{ .Key }}{{ end }}',
        '{{ env "HOME" | sprig_upper }}{{ range $k, $v := secrets "secret/" }}{{ $k }}{{ end }}',
        "no action at all",
        '{{ define "x" }}{{ end }}{{ template "x" }}',
    ],
)
def test_a_template_is_let_in(text: str) -> None:
    assert pods.respond(_pod(text))["allowed"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a\n{{ nope }}", 'line 2: function "nope" not defined'),
        ("{{ with }}", "line 1: missing value for with"),
        ("{{ if .x }}\n\n", "line 3: unexpected EOF"),
        ('{{ secret "a ', "line 1: unterminated quoted string"),
    ],
)
def test_a_template_that_cannot_be_parsed_is_refused_with_its_line(text: str, mistake: str) -> None:
    message = pods.refusal(_pod(text))
    assert message == f"annotation {pods.PREFIX}agent-inject-template-hello.txt is no template: {mistake}"


def test_delimiters_of_the_pod_are_those_of_the_template() -> None:
    manifest = _pod("[[ nope ]] {{ if")
    assert not pods.respond(manifest)["allowed"]
    manifest["metadata"]["annotations"][pods.PREFIX + "agent-template-left-delim-hello.txt"] = "[["
    assert 'function "nope"' in pods.refusal(manifest)
    manifest["metadata"]["annotations"][pods.PREFIX + "agent-template-left-delim-hello.txt"] = "<<"
    assert pods.respond(manifest)["allowed"]


def test_a_template_that_would_hold_up_other_pods_is_not_parsed() -> None:
    response = pods.respond(_pod("{{ nope }}" * 10_000))
    assert response["allowed"]
    assert any("agent-inject-template-hello.txt is not checked" in warning for warning in response["warnings"])


def test_a_path_of_kv_version_2_without_a_template_is_warned_of() -> None:
    manifest = pods.annotated("agent-inject-secret-hello.txt", "secret/data/app")
    assert any("holds data and metadata" in warning for warning in pods.respond(manifest)["warnings"])
    manifest["metadata"]["annotations"][pods.PREFIX + "agent-inject-template-hello.txt"] = "x"
    assert "warnings" not in pods.respond(manifest)
