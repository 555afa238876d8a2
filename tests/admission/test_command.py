from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from injector.errors import ServingError
from injector.webhook.main import command
from injector.webhook.options import OPTIONS, build_settings, without_effect
from injector.webhook.server import Address, parse_address
from injector.webhook.settings import Resources

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
    names = ("AGENT_INJECT_VAULT_IMAGE", "AGENT_INJECT_LISTEN", "HOME", "AGENT_INJECT_TELEMETRY_PATH")
    assert without_effect(names) == ("AGENT_INJECT_TELEMETRY_PATH", "AGENT_INJECT_VAULT_IMAGE")


def test_flags_become_settings() -> None:
    settings = build_settings(
        _flags("--vault-address", "http://v", "--cpu-limit", "", "--memory-request", "1Gi", "--secrets-size-limit", "")
    )
    assert settings.limits == Resources(None, "128Mi")
    assert settings.requests == Resources("250m", "1Gi")
    assert settings.secrets_size_limit is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no Vault address"),
        (["--vault-address", "http://v"], "no certificate to serve with"),
        (["--vault-address", "http://v", "--tls-auto", "x"], "--tls-auto needs --tls-auto-hosts"),
        (["--vault-address", "http://v", "--tls-auto", "x", "--tls-cert-file", "y"], "cannot be combined"),
        (
            ["--vault-address", "http://v", "--tls-cert-file", "no", "--tls-key-file", "no"],
            "cannot use the certificate",
        ),
        (["--vault-address", "http://v", "--listen", "x"], 'cannot listen on "x"'),
        (["--cpu-limit", "lots"], "is not a quantity"),
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
