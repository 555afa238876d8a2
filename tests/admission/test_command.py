from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from injector.errors import ServingError
from injector.webhook.main import command
from injector.webhook.options import OPTIONS, build_settings, without_effect
from injector.webhook.server import Address, parse_address
from injector.webhook.settings import Resources, Settings

if TYPE_CHECKING:
    from pathlib import Path


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_INJECT_")}
    return subprocess.run(
        [sys.executable, "-m", "injector.webhook", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _flags(*arguments: str, **environment: str) -> dict[str, object]:
    with CliRunner().isolation(env=environment):
        return command.make_context("sealer-injector", list(arguments)).params


def test_help_names_every_flag_and_its_variable() -> None:
    result = _run("--help")
    assert result.returncode == 0
    for option in OPTIONS:
        assert option.opts[0] in result.stdout
        assert str(option.envvar) in "".join(result.stdout.split())


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from injector.webhook.main import command\n"
        "command.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'fastapi', 'uvicorn', 'kubernetes', 'cryptography', 'orjson', 'pydantic'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"


def test_the_environment_overrides_the_flag() -> None:
    arguments = ("--vault-address", "http://flag", "--cpu-limit", "1")
    assert _flags(*arguments)["vault_address"] == "http://flag"
    flags = _flags(*arguments, AGENT_INJECT_VAULT_ADDR="http://variable", AGENT_INJECT_CPU_LIMIT="2")
    assert (flags["vault_address"], flags["cpu_limit"]) == ("http://variable", "2")


def test_a_variable_of_the_existing_injector_without_effect_is_named() -> None:
    names = ("AGENT_INJECT_USE_LEADER_ELECTOR", "AGENT_INJECT_LISTEN", "HOME", "AGENT_INJECT_TLS_CA_CERT_FILE")
    assert without_effect(names) == ("AGENT_INJECT_TLS_CA_CERT_FILE", "AGENT_INJECT_USE_LEADER_ELECTOR")


def test_flags_become_settings() -> None:
    settings = build_settings(
        _flags("--vault-address", "http://v", "--cpu-limit", "", "--memory-request", "1Gi", "--secrets-size-limit", "")
    )
    assert settings.limits == Resources(None, "128Mi")
    assert settings.requests == Resources("250m", "1Gi")
    assert settings.secrets_size_limit is None


# Every flag about the pods, with a value that is not its default, and the setting that it becomes.
SETTING = (
    ("--vault-namespace", "team", "vault_namespace", "team"),
    ("--vault-auth-type", "jwt", "auth_type", "jwt"),
    ("--vault-auth-path", "auth/x", "auth_path", "auth/x"),
    ("--vault-cacert-bytes", "pem", "ca_cert_bytes", "pem"),
    ("--proxy-address", "http://p", "proxy_address", "http://p"),
    ("--agent-flavor", "vault", "flavour", "vault"),
    ("--agent-image", "a:1", "agent_image", "a:1"),
    ("--vault-image", "v:1", "vault_image", "v:1"),
    ("--native-sidecar", "true", "native_sidecar", True),
    ("--token-audience", "vault", "token_audience", "vault"),
    ("--token-expiration", "700", "token_expiration", 700),
    ("--run-as-user", "7", "run_as_user", 7),
    ("--run-as-group", "8", "run_as_group", 8),
    ("--run-as-same-user", "true", "run_as_same_user", True),
    ("--set-security-context", "false", "set_security_context", False),
    ("--secrets-size-limit", "1Mi", "secrets_size_limit", "1Mi"),
    ("--default-template", "JSON", "default_template", "json"),
    ("--template-config-exit-on-retry-failure", "false", "exit_on_retry_failure", False),
    ("--template-static-secret-render-interval", "60", "static_secret_render_interval", "60"),
    ("--template-max-connections-per-host", "4", "max_connections_per_host", 4),
    ("--template-lease-renewal-threshold", "0.5", "lease_renewal_threshold", 0.5),
    ("--auth-min-backoff", "2s", "auth_min_backoff", "2s"),
    ("--auth-max-backoff", "1m", "auth_max_backoff", "1m"),
    ("--disable-idle-connections", "caching", "disable_idle_connections", "caching"),
    ("--disable-keep-alives", "caching", "disable_keep_alives", "caching"),
    ("--revoke-on-shutdown", "true", "revoke_on_shutdown", True),
)


@pytest.mark.parametrize(("flag", "text", "setting", "value"), SETTING)
def test_each_flag_becomes_its_setting(flag: str, text: str, setting: str, value: Any) -> None:
    usual = build_settings(_flags("--vault-address", "http://v"))
    assert getattr(usual, setting) != value
    assert build_settings(_flags("--vault-address", "http://v", flag, text)) == replace(usual, **{setting: value})


def test_without_flags_the_settings_are_those_of_the_code() -> None:
    assert build_settings(_flags("--vault-address", "http://v")) == Settings(vault_address="http://v")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tls-cert-file", "x", "--tls-key-file", "y"], "no Vault address"),
        (["--vault-address", "http://v"], "no certificate to serve with"),
        (["--vault-address", "http://v", "--tls-auto", "x"], "--tls-auto needs --tls-auto-hosts"),
        (["--vault-address", "http://v", "--tls-auto", "x", "--tls-cert-file", "y"], "cannot be combined"),
        (
            ["--vault-address", "http://v", "--tls-cert-file", "no", "--tls-key-file", "no"],
            "cannot use the serving certificate",
        ),
        (["--vault-address", "http://v", "--listen", "x"], 'cannot listen on "x"'),
        (["--cpu-limit", "lots"], "is not a quantity"),
        (["--auth-min-backoff", "5"], '"5" is not a duration such as 5s or 1m30s'),
        (["--template-lease-renewal-threshold", "most"], '"most" is not a number such as 0.9'),
        (["--agent-flavor", "bao"], "bao"),
        (["--token-expiration", "5"], "600"),
    ],
)
def test_flags_that_do_not_fit_are_a_usage_error(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = _run(*arguments, AGENT_INJECT_LISTEN="" if "--listen" in arguments else "127.0.0.1:0", HOME=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", Address("", 8080)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("[::1]:65535", Address("::1", 65535)),
        ("localhost:1", Address("localhost", 1)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "8080", "host:", "host:x", "host:65536", "::1:80", "host:-1", "host:٣"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ServingError):
        parse_address(text)
