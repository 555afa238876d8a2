from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.errors import AnnotationError
from injector.webhook import destinations
from injector.webhook.annotations import Annotations
from tests.admission import pods


def _destinations(annotations: dict[str, str]) -> dict[str, str]:
    manifest = pods.pod({"agent-inject": "true", "role": "app", **annotations})
    return {one["name"]: one["destination"] for one in pods.config_of(pods.injected(manifest))["templates"]}


@pytest.mark.parametrize(
    ("annotations", "file"),
    [
        ({"agent-inject-secret-DB": "p"}, "/vault/secrets/db"),
        ({"agent-inject-secret-DB": "p", "preserve-secret-case": "true"}, "/vault/secrets/DB"),
        ({"agent-inject-secret-DB": "p", "preserve-secret-case-DB": "true"}, "/vault/secrets/DB"),
        (
            {"agent-inject-secret-DB": "p", "preserve-secret-case": "true", "preserve-secret-case-DB": "false"},
            "/vault/secrets/db",
        ),
        ({"agent-inject-secret-DB": "p", "agent-inject-file-DB": "Some/File"}, "/vault/secrets/Some/File"),
        ({"agent-inject-secret-DB": "p", "agent-inject-file-db": "other"}, "/vault/secrets/db"),
        ({"agent-inject-secret-DB": "p", "agent-inject-file-DB": ""}, "/vault/secrets/db"),
        ({"agent-inject-secret-DB": "p", "agent-inject-file-DB": "/etc/x"}, "/vault/secrets/etc/x"),
        ({"agent-inject-secret-DB": "p", "agent-inject-file-DB": "a//./b"}, "/vault/secrets/a/b"),
        ({"agent-inject-secret-DB": "p", "secret-volume-path": "/app/env//"}, "/app/env/db"),
        ({"agent-inject-secret-DB": "p", "secret-volume-path-DB": "/other"}, "/other/db"),
    ],
)
def test_a_secret_is_written_to(annotations: dict[str, str], file: str) -> None:
    assert list(_destinations(annotations).values()) == [file]


def test_secrets_come_from_the_secret_and_the_template_annotations_with_a_value() -> None:
    found = _destinations(
        {
            "agent-inject-secret-b": "p",
            "agent-inject-template-a": "{{ . }}",
            "agent-inject-secret-blank": " ",
            "agent-inject-secret-": "no name",
        }
    )
    assert list(found) == ["a", "b"]


def test_a_pod_without_any_secret_is_injected_all_the_same() -> None:
    assert _destinations({}) == {}


@pytest.mark.parametrize(
    "annotations",
    [
        {"agent-inject-secret-FOO": "p", "agent-inject-secret-foo": "p"},
        {"agent-inject-secret-a": "p", "agent-inject-secret-b": "p", "agent-inject-file-b": "./a"},
        {"agent-inject-secret-a": "p", "agent-inject-secret-b": "p", "agent-inject-file-b": "a/b"},
        {
            "agent-inject-secret-a": "p",
            "agent-inject-secret-b": "p",
            "agent-inject-secret-a-b": "p",
            "agent-inject-file-b": "a/b",
        },
    ],
)
def test_two_secrets_on_one_file_are_refused(annotations: dict[str, str]) -> None:
    message = pods.refusal(pods.pod({"agent-inject": "true", "role": "app", **annotations}))
    assert "written to /vault/secrets/" in message


def test_every_other_folder_gets_a_volume_of_its_own_in_the_order_of_the_folders() -> None:
    annotations = {f"agent-inject-secret-{name}": "p" for name in "abcd"}
    annotations |= {"secret-volume-path-a": "/z", "secret-volume-path-b": "/y", "secret-volume-path-c": "/z/"}
    result = pods.injected(pods.pod({"agent-inject": "true", "role": "app", **annotations}))
    mounts = {mount["name"]: mount["mountPath"] for mount in result["spec"]["containers"][0]["volumeMounts"]}
    mounts.pop("kube-api-access-abcde")
    assert mounts == {"vault-secrets": "/vault/secrets", "vault-secrets-custom-0": "/y", "vault-secrets-custom-1": "/z"}
    assert {volume["name"] for volume in result["spec"]["volumes"]} >= set(mounts)


def _file(**texts: Any) -> str:
    return destinations.destination(Annotations({"agent-inject-secret-n": "p", **texts}), "n")


@given(st.text(alphabet="ab./ \\~:\n", max_size=20), st.text(alphabet="ab./", max_size=8))
def test_a_file_is_in_its_folder_or_refused(file: str, folder: str) -> None:
    texts = {"agent-inject-file-n": file, "secret-volume-path": "/" + folder}
    try:
        base = destinations.folder(Annotations(texts))
        path = _file(**texts)
    except AnnotationError:
        return
    assert path.startswith(base + "/")
    assert base.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/")[1:])
