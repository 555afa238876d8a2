"""Whose agent a pod gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from injector.webhook import annotations as annotated
from injector.webhook import flavours
from tests.admission import pods


def _choose(manifest: dict[str, Any], flavour: Any = "sealer", **defaults: str) -> tuple[str, str | None]:
    annotations = annotated.select(manifest["metadata"]["annotations"], defaults)
    return flavours.choose(annotations, replace(pods.SETTINGS, flavour=flavour))


@pytest.mark.parametrize("flavour", ["sealer", "vault"])
def test_the_settings_choose_where_the_pod_says_nothing(flavour: str) -> None:
    assert _choose(pods.basic(), flavour) == (flavour, None)


@pytest.mark.parametrize("flavour", ["sealer", "vault"])
def test_the_annotation_chooses_whatever_else_is_said(flavour: str) -> None:
    manifest = pods.own(pods.basic(agent_image="hashicorp/vault:1", agent_configmap="x"), agent_flavor=flavour)
    for setting in ("sealer", "vault"):
        assert _choose(manifest, setting) == (flavour, None)


def test_a_default_of_the_namespace_chooses_too() -> None:
    assert _choose(pods.basic(), **{"sealer.dev/agent-flavor": "vault"}) == ("vault", None)


@pytest.mark.parametrize(
    "image",
    [
        "hashicorp/vault:2.0.4",
        "hashicorp/vault",
        "vault",
        "registry.example:5000/mirror/vault@sha256:abc",
        "hashicorp/vault-enterprise:1.15-ent",
        "openbao/openbao:2",
        "quay.io/openbao/openbao-ubi:2",
    ],
)
def test_a_pod_that_names_an_image_of_vault_gets_its_agent_and_is_told(image: str) -> None:
    flavour, warning = _choose(pods.basic(agent_image=image))
    assert flavour == "vault"
    assert warning is not None
    assert "agent-image" in warning
    assert "sealer.dev/agent-flavor" in warning


@pytest.mark.parametrize("image", ["sealer-agent:1", "example/vault-agent-of-ours:1", "vault/sealer-agent", "myvault"])
def test_another_image_is_ours(image: str) -> None:
    assert _choose(pods.basic(agent_image=image)) == ("sealer", None)


def test_a_pod_with_a_configuration_of_vaults_agent_gets_it_and_is_told() -> None:
    flavour, warning = _choose(pods.basic(agent_configmap="config"))
    assert flavour == "vault"
    assert warning is not None
    assert "agent-configmap" in warning
