"""Defaults of namespaces, from ConfigMaps to pods."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from deploy.local.network import free_port
from injector.webhook.defaults import Defaults
from tests.webhook_service.conftest import Installed, wait_for

if TYPE_CHECKING:
    import pytest

NAME = "sealer-injector-defaults"
PREFIX = "vault.hashicorp.com/"


def configmap(namespace: str, **data: str) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": NAME}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_those_of_a_namespace_lie_above_those_of_all() -> None:
    defaults = Defaults(NAME, "sealer-system")
    defaults.listed([configmap("sealer-system", role="all", service="http://a"), configmap("team", role="team")])
    assert defaults.of("team") == {f"{PREFIX}role": "team", f"{PREFIX}service": "http://a"}
    assert defaults.of("other") == {f"{PREFIX}role": "all", f"{PREFIX}service": "http://a"}


def test_a_change_and_a_deletion_are_seen() -> None:
    defaults = Defaults(NAME, "sealer-system")
    defaults.listed([configmap("team", role="old")])
    assert defaults.of("team") == {f"{PREFIX}role": "old"}
    defaults.changed(configmap("team", role="new"))
    assert defaults.of("team") == {f"{PREFIX}role": "new"}
    defaults.deleted(configmap("team"))
    assert defaults.of("team") == {}


def test_names_that_somebody_makes_up_are_not_kept() -> None:
    defaults = Defaults(NAME, "sealer-system")
    defaults.listed([configmap("sealer-system", role="all"), configmap("team", role="team")])
    for name in ["team", *(f"made-up-{number}" for number in range(100))]:
        defaults.of(name)
    assert set(defaults._merged) == {"team"}  # what it holds shows nowhere else


def test_what_is_wrong_is_told_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "sealer-injector")
    defaults = Defaults(NAME, "sealer-system")
    defaults.listed([configmap("team", role="app", rolle="x", **{"agent-inject": "true"})])
    assert defaults.of("team") == {f"{PREFIX}role": "app"}
    told = [getattr(record, "fields", {})["problem"] for record in caplog.records]
    assert told == ["key agent-inject is no default: it is said by each pod", "unknown key rolle: did you mean role?"]


def test_a_pod_without_a_role_gets_that_of_its_namespace(installed: Installed) -> None:
    """With the rights of deploy/base: ConfigMaps of that one name, in any namespace, and no other."""
    path = f"/api/v1/namespaces/{installed.namespace}/configmaps"
    installed.cluster.request("POST", path, configmap(installed.namespace, role="from-the-namespace"))
    port = installed.port
    process = installed.start(port, "--defaults-configmap", NAME)
    installed.wait_until_ready(port, process)
    annotations = {f"{PREFIX}agent-inject": "true", f"{PREFIX}agent-inject-secret-db": "secret/db"}
    assert "from-the-namespace" in installed.agent_configuration(annotations)
    kind = ("configmap", NAME, "-n", installed.namespace)
    installed.cluster.kubectl("patch", *kind, "--type=merge", "-p", '{"data":{"role":"another"}}')
    wait_for("the change is known", lambda: '"another"' in installed.agent_configuration(annotations))


def test_without_the_defaults_it_is_not_ready(installed: Installed) -> None:
    port = free_port()
    process = installed.start(port, "--defaults-configmap", "another-name")
    process.wait_until(lambda: "cannot watch /api/v1/configmaps" in process.output(), seconds=30)
    assert installed.ask_obstacle(port) == "the defaults of namespaces are not known yet\n"
