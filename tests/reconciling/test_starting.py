"""Flags, environment, and what is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from controller import main as entry
from controller.settings import Settings, bind, parse_address
from sealer.errors import ConfigError

if TYPE_CHECKING:
    from sealer.apiserver.credentials import Credentials

KUBECONFIG = (
    "{current-context: a, contexts: [{name: a, context: {cluster: b}}],"
    " clusters: [{name: b, cluster: {server: 'https://x'}}]}"
)


class Recorded:
    """Stands in for the controller, and keeps what it was started with."""

    settings: Settings

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        Recorded.settings = settings
        assert credentials.server == "https://x"

    async def run(self) -> None:
        pass


@pytest.fixture
def kubeconfig(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setattr(entry, "_controller", lambda: Recorded)
    monkeypatch.setattr("controller.logs.set_up", lambda *_: None)


def started(*flags: str, env: dict[str, str] | None = None) -> Settings:
    result = CliRunner().invoke(entry.main, flags, env=env, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Recorded.settings


def refused(*flags: str, env: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(entry.main, flags, env=env, catch_exceptions=False)
    assert result.exit_code == 2, result.output
    return result


@pytest.mark.usefixtures("kubeconfig")
def test_the_defaults_are_those_of_the_existing_controller() -> None:
    assert started(env={"POD_NAMESPACE": "kube-system"}) == Settings(
        namespace="kube-system",
        all_namespaces=True,
        key_prefix="sealed-secrets-key",
        key_size=4096,
        key_ttl=timedelta(days=3650),
        common_name="",
        key_renew_period=timedelta(days=30),
        listen=("", 8080),
        update_status=True,
    )


@pytest.mark.usefixtures("kubeconfig")
def test_flags_are_written_as_go_has_them() -> None:
    found = started(
        "--all-namespaces=false", "--update-status", "--key-ttl=1h30m", "--listen-addr", "127.0.0.1:1", "--my-cn=x"
    )
    assert (found.all_namespaces, found.update_status) == (False, True)
    assert (found.key_ttl, found.listen, found.common_name) == (timedelta(minutes=90), ("127.0.0.1", 1), "x")


@pytest.mark.usefixtures("kubeconfig")
def test_the_environment_counts_ours_before_theirs_and_flags_before_both() -> None:
    theirs = {"SEALED_SECRETS_KEY_SIZE": "2048", "SEALED_SECRETS_UPDATE_STATUS": "false"}
    assert started(env=theirs).key_size == 2048
    assert started(env=theirs).update_status is False
    assert started(env={**theirs, "SEALER_KEY_SIZE": "3072"}).key_size == 3072
    assert started("--key-size", "8192", env=theirs).key_size == 8192


@pytest.mark.usefixtures("kubeconfig")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--key-ttl=10d"], "not a duration"),
        (["--key-ttl=0"], "--key-ttl"),
        (["--key-size=1024"], "2048 or more"),
        (["--key-size=big"], "not a valid integer"),
        (["--key-prefix=Key"], "name contains illegal character K"),
        (["--key-prefix=" + "a" * 245], "name is too long, must be shorter than 245, got 245"),
        (["--listen-addr=8080"], "not an address"),
        (["--listen-addr=:65536"], "not an address"),
        (["--log-level=loud"], "loud"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(flags: list[str], said: str) -> None:
    assert said in refused(*flags).output


@pytest.mark.usefixtures("kubeconfig")
def test_an_environment_variable_that_cannot_be_read_is_not_ignored() -> None:
    refused(env={"SEALED_SECRETS_KEY_SIZE": "big"})


def test_without_credentials_it_says_what_to_do() -> None:
    result = refused(env={"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""})
    assert "error: no credentials for an API server\nhint: " in result.output


def test_the_version_has_the_existing_form() -> None:
    result = CliRunner().invoke(entry.main, ["--version"])
    assert result.output.startswith("controller version: v0.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(":8080", ("", 8080)), ("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80)), ("host:1", ("host", 1))],
)
def test_addresses_are_read_as_go_writes_them(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


def test_an_address_that_is_taken_is_said_to_be() -> None:
    with bind(("127.0.0.1", 0)) as first, pytest.raises(ConfigError, match="cannot listen on"):
        bind(first.getsockname())


def in_a_new_process(code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True, env=environment
    ).stdout


def test_kopf_does_not_import_the_kubernetes_client_although_it_is_installed() -> None:
    loaded = in_a_new_process("import controller.run, sys; print('kopf' in sys.modules, 'kubernetes' in sys.modules)")
    assert loaded.split() == ["True", "False"]


def test_others_can_import_the_kubernetes_client_after_kopf() -> None:
    code = "import controller.operator, kubernetes.client as k; print(k.V1ObjectMeta(name='x').name)"
    assert in_a_new_process(code) == "x\n"


def test_help_needs_nothing_that_the_controller_stands_on() -> None:
    heavy = "{'kopf', 'aiohttp', 'fastapi', 'uvicorn', 'pydantic', 'kubernetes'}"
    code = (
        "import sys; from click.testing import CliRunner; from controller.main import main;"
        f"r = CliRunner().invoke(main, ['--help']); print(r.exit_code, sorted({heavy} & set(sys.modules)))"
    )
    assert in_a_new_process(code) == "0 []\n"
