"""How the controller is started, what it then says, and what is imported."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from controller import main as entry
from controller.settings import KeyOrder, Settings, bind
from sealer.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

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
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    monkeypatch.setattr(entry, "_controller", lambda: Recorded)
    monkeypatch.setattr("controller.logs.set_up", lambda *_, **__: None)
    return {"KUBECONFIG": str(file), "POD_NAMESPACE": "kube-system"}


def started(environment: dict[str, str], *flags: str, **more: str) -> Settings:
    assert entry.run(flags, environment | more) == 0
    return Recorded.settings


def test_the_defaults_are_those_of_the_existing_controller(environment: dict[str, str]) -> None:
    found = started(environment)
    assert found == Settings(namespace="kube-system")
    assert dataclasses.asdict(found) == {
        "namespace": "kube-system",
        "namespaces": None,
        "label_selector": "",
        "key_prefix": "sealed-secrets-key",
        "key_size": 4096,
        "key_ttl": timedelta(hours=87600),
        "common_name": "",
        "key_renew_period": timedelta(hours=720),
        "key_cutoff": None,
        "key_order": KeyOrder.NOT_BEFORE,
        "key_labels": {},
        "key_annotations": {},
        "accept_deprecated": True,
        "listen": ("", 8080),
        "listen_metrics": ("", 8081),
        "read_timeout": timedelta(minutes=2),
        "write_timeout": timedelta(minutes=2),
        "rate_limit": 2,
        "rate_limit_burst": 2,
        "authenticate": False,
        "tls_cert_file": "",
        "tls_key_file": "",
        "update_status": True,
        "skip_recreate": False,
        "old_gc_behavior": False,
        "resync_period": timedelta(hours=10),
        "omit_secret_labels": False,
        "leader_elect": True,
        "lease_name": "sealed-secrets-controller",
        "lease_duration": timedelta(seconds=15),
        "renew_deadline": timedelta(seconds=10),
        "retry_period": timedelta(seconds=2),
    }


def test_flags_count_before_our_environment_and_that_before_theirs(environment: dict[str, str]) -> None:
    theirs = {"SEALED_SECRETS_KEY_SIZE": "2048", "SEALED_SECRETS_UPDATE_STATUS": "false"}
    assert started(environment, **theirs).key_size == 2048
    assert started(environment, **theirs).update_status is False
    assert started(environment, **theirs, SEALER_KEY_SIZE="3072").key_size == 3072
    assert started(environment, "--key-size", "8192", **theirs).key_size == 8192


def test_what_is_passed_over_is_logged_once(environment: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    started(environment, "--max-unseal-retries=9", "--max-unseal-retries=9", SEALED_SECRETS_KEY_SIZE="big")
    why = "a failing SealedSecret is tried again without end, at growing intervals"
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "SEALED_SECRETS_KEY_SIZE: 'big' is not a whole number; it is passed over"),
        ("WARNING", f"--max-unseal-retries has no effect: {why}"),
    ]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--key-ttl=10d"], "error: --key-ttl: '10d' is not a duration\nhint: a number and a unit"),
        (["--key-ttl=0"], "error: --key-ttl must be longer than nothing\n"),
        (["--key-size=1024"], "error: --key-size must be 2048 or more, got 1024\n"),
        (["--key-size=big"], "error: --key-size: 'big' is not a whole number\n"),
        (["--key-prefix=Key"], "error: name contains illegal character K\n"),
        (["--key-prefix=" + "a" * 245], "error: name is too long, must be shorter than 245, got 245\n"),
        (["--key-prefix="], "error: --key-prefix: '' cannot begin the name of a Secret\n"),
        (["--listen-addr=8080"], "error: --listen-addr: '8080' is not an address to listen on\nhint: such as :8080"),
        (["--log-level=loud"], "error: --log-level: 'loud' is no level\nhint: DEBUG, INFO, WARN or ERROR\n"),
        (["--privatekey-labels=a"], "error: --privatekey-labels: 'a' has no '='\nhint: key=value"),
        (["--rate-limit=-1"], "error: --rate-limit must be 0 or more, got -1\n"),
        (["--tls-cert-file=x"], "error: --tls-cert-file and --tls-key-file go together\n"),
        (["--lease-duration=10s"], "error: --retry-period must be shorter than --renew-deadline, and that"),
        (["--lease-name=A"], "error: --lease-name: 'A' cannot be the name of a Lease\n"),
        (["--label-selector=a=="], None),
        (["--label-selector=in (a"], "error: --label-selector: 'in (a' is not a label selector\nhint: such as"),
        (["--key-siz=1"], "error: there is no flag --key-siz\nhint: did you mean --key-size?\n"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    flags: list[str], said: str | None, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry.run(flags, environment) == (0 if said is None else 2)
    assert capsys.readouterr().err.startswith(said or "")


def test_without_credentials_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run([], {}) == 2
    assert capsys.readouterr().err.startswith("error: no credentials for an API server\nhint: run in a Pod")


def test_a_kubeconfig_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run([], {"KUBECONFIG": "/nowhere/config"}) == 2
    assert capsys.readouterr().err == "error: cannot read /nowhere/config: No such file or directory\n"


def test_the_version_has_the_existing_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["--version"], {}) == 0
    assert capsys.readouterr().out.startswith("controller version: v0.")


def test_an_address_that_is_taken_is_said_to_be() -> None:
    with bind(("127.0.0.1", 0)) as first, pytest.raises(ConfigError, match="cannot listen on"):
        bind(first.getsockname())


def in_a_new_process(code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True, env=environment
    ).stdout


def test_kopf_does_not_import_the_kubernetes_client_although_it_is_installed() -> None:
    loaded = in_a_new_process(
        "import controller.operator, sys; print('kopf' in sys.modules, 'kubernetes' in sys.modules)"
    )
    assert loaded.split() == ["True", "False"]


def test_others_can_import_the_kubernetes_client_after_kopf() -> None:
    code = "import controller.operator, kubernetes.client as k; print(k.V1ObjectMeta(name='x').name)"
    assert in_a_new_process(code) == "x\n"


def test_help_needs_nothing_that_the_controller_stands_on() -> None:
    heavy: Any = {"kopf", "aiohttp", "fastapi", "uvicorn", "pydantic", "kubernetes"}
    code = (
        "import sys; from controller.main import run;"
        f"code = run(['--help'], {{}}); print(code, sorted({heavy!r} & set(sys.modules)))"
    )
    assert in_a_new_process(code).splitlines()[-1] == "0 []"
